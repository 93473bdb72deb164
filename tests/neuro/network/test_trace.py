"""Snapshots that do not fit are refused, and the error for a missing recording names it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.trace import Recording, Snapshot, initial_snapshot, messages_of
from quantal.neuro.simulate import reference

from support.networks import everything_drive, everything_network

NETWORK = everything_network()
runs = pytest.mark.parametrize("run", [reference.run, engine.run])


def changed(**parts) -> Snapshot:
    """The initial snapshot of two samples with other states or messages of `latent`."""
    start = initial_snapshot(NETWORK, 2)
    states = {**start.states, "latent": parts["states"]} if "states" in parts else start.states
    sent = {**start.sent, "latent": parts["sent"]} if "sent" in parts else start.sent
    return Snapshot(parts.get("step", 0), states, sent)


def filled(value: int, *shape: int) -> np.ndarray:
    return np.full(shape, value, np.int32)


@runs
@pytest.mark.parametrize(
    ("start", "text"),
    [
        (changed(step=-1), "snapshot: step is -1, expected a whole number from 0 to 9223372036854775807"),
        (changed(step=1.0), "snapshot: step is 1.0, expected a whole number from 0 to 9223372036854775807"),
        (changed(step="1"), "snapshot: step is '1', expected a whole number from 0 to 9223372036854775807"),
        (changed(states={"v": np.zeros((2, 5))}), "snapshot, latent.v: not integers\n  expected int32, got float64"),
        (changed(states={}), "snapshot, latent.v: does not fit this network and batch\n  expected (2, 5), got none"),
        (
            changed(states={"v": filled(0, 1, 5)}),
            "snapshot, latent.v: does not fit this network and batch\n  expected (2, 5), got (1, 5)",
        ),
        (
            changed(states={"v": filled(701, 2, 5)}),
            "snapshot, latent.v: out of range\n  expected -900 to 700, got 701 to 701",
        ),
        (
            changed(sent=filled(0, 4, 2, 5)),
            "snapshot, messages of latent: does not fit this network and batch\n  expected (5, 2, 5), got (4, 2, 5)",
        ),
        (
            changed(sent=filled(-1, 5, 2, 5)),
            "snapshot, messages of latent: out of range\n  expected 0 to 31, got -1 to -1",
        ),
    ],
)
def test_a_snapshot_that_does_not_fit_is_refused(run, start: Snapshot, text: str):
    with pytest.raises(QuantalError) as caught:
        run(NETWORK, everything_drive(2, 3), 3, start=start)
    assert str(caught.value) == text


@runs
def test_a_snapshot_of_another_network_is_refused(run):
    other = replace(NETWORK, populations=NETWORK.populations[:1], projections=())
    with pytest.raises(QuantalError, match="does not fit this network"):
        run(NETWORK, everything_drive(2, 3), 3, start=initial_snapshot(other, 2))


def test_initial_snapshot_holds_initial_states_and_silence():
    start = initial_snapshot(NETWORK, 3)
    assert start.step == 0
    assert start.states["readout"]["v"].tolist() == [[8388607, -8388607, 1, -1, 0, 5, -5]] * 3
    assert start.states["error"]["v"].tolist() == [[0, 0, 0]] * 3
    assert start.sent["latent"].shape == (5, 3, 5)
    assert start.sent["residual"].shape == (1, 3, 3)
    assert not any(sent.any() for sent in start.sent.values())


def test_messages_that_were_not_recorded_are_named():
    trace = reference.run(NETWORK, everything_drive(1, 2), 2, Recording(messages=("error",)))
    assert messages_of(trace, "error").shape == (2, 1, 3)
    with pytest.raises(QuantalError, match="messages of latent were not recorded\n  got error"):
        messages_of(trace, "latent")


def test_an_unknown_population_is_named():
    with pytest.raises(QuantalError, match="network everything: no such population"):
        NETWORK.population("nobody")
