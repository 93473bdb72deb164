"""A message that is the same at every step is multiplied by its weights once, with the result of the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.packed_run import pack_run
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.trace import EVERYTHING, Recording, Snapshot, start_snapshot
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, PoissonCount, Spike
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.synapses import Dense

from support.networks import Case
from support.traces import assert_same, assert_same_record

BATCH, STEPS = 3, 12
PICTURES = {"picture": np.random.default_rng(1).integers(-60, 60, (BATCH, 4))}


def full(units: int, number: int) -> Integers:
    return np.full(units, number, np.int64)


def weight(seed: int, *shape: int) -> Dense:
    return Dense(np.random.default_rng(seed).integers(-20, 20, shape) * 2)


def network() -> CountNetwork:
    """An input and an undriven population that send one message, to two populations and by several delays."""
    populations = (
        Population("layer", 5, Cuba(full(5, 0), full(5, 0), full(5, 900), full(5, 70)), Spike(full(5, 40))),
        Population(
            "picture",
            4,
            Memoryless(np.array([1, -2, 0, 3]), -200, 200),
            Graded(1),
            initial={"v": np.array([5, 6, 7, 8])},
        ),
        Population("bias", 2, Memoryless(np.array([30, -9]), -99, 99), Graded()),
        Population("readout", 3, Accumulator(np.zeros(3, np.int64), decay=30), Graded(4)),
    )
    projections = (
        Projection("fast", "picture", "layer", weight(1, 5, 4), 1, 1),
        Projection("slow", "picture", "layer", weight(2, 5, 4), 4),
        Projection("lateral", "layer", "layer", weight(3, 5, 5), 2),
        Projection("offset", "bias", "readout", weight(4, 3, 2), 7),
        Projection("scores", "layer", "readout", weight(5, 3, 5)),
    )
    inputs = (Input("pixels", "picture", np.eye(4)),)
    return CountNetwork("constant", populations, projections, inputs)


def constant_messages(net: CountNetwork, drive: dict[str, Integers]) -> list[str]:
    """Populations whose messages the engine takes as constant."""
    packed = pack_run(net, drive, range(BATCH), start_snapshot(net, None, BATCH), EVERYTHING).populations
    return [p.name for p, flag in zip(net.populations, packed.constant_message, strict=True) if flag]


def with_noise() -> dict[str, Integers]:
    """The same pictures, and a drive of another population that changes."""
    return {**PICTURES, "layer": np.random.default_rng(2).integers(-90, 90, (STEPS, BATCH, 5))}


def end_of_other_pictures() -> Snapshot:
    """The end of a run on other pictures, whose messages are still in transit."""
    end = reference.run(network(), {"picture": -2 * PICTURES["picture"]}, 9).end
    assert end is not None
    return end


CASES = {
    "one picture": Case(network(), {"picture": PICTURES["picture"][:1]}, STEPS),
    "pictures": Case(network(), PICTURES, STEPS),
    "fewer steps than the delay": Case(network(), PICTURES, 3),
    "another drive changes": Case(network(), with_noise(), STEPS),
    "resumed with other messages in transit": Case(network(), PICTURES, STEPS, start=end_of_other_pictures()),
    "only the last layer recorded": Case(network(), PICTURES, STEPS, recording=Recording((), ("readout",))),
}


@pytest.mark.parametrize("name", CASES)
def test_constant_messages_give_the_integers_of_the_reference(name: str):
    case = CASES[name]
    assert constant_messages(case.network, case.drive) == ["picture", "bias"]
    assert_same(engine.run(**case._asdict()), reference.run(**case._asdict()))


def test_inference_sums_constant_messages_once_too():
    samples, recording = PICTURES["picture"].astype(np.float64), Recording((), ("readout",))
    got = engine.infer(network(), samples, STEPS, recording)
    assert_same_record(got, reference.run(network(), encode(network(), samples), STEPS, recording))


@pytest.mark.parametrize(
    "changes",
    [
        {"emission": PoissonCount(np.array([[9000, 30000]]), 23, 0)},
        {"emission": Spike(full(4, 0), refractory_steps=2)},
        {"integration": Accumulator(full(4, 0), decay=9, lowest=-200, highest=200)},
    ],
    ids=["drawn", "refractory", "with memory"],
)
def test_messages_of_other_populations_change(changes: dict[str, object]):
    net = network()
    populations = [replace(p, **changes, initial={}) if p.name == "picture" else p for p in net.populations]
    net = replace(net, populations=tuple(populations))
    assert constant_messages(net, PICTURES) == ["bias"]
    assert_same(engine.run(net, PICTURES, STEPS), reference.run(net, PICTURES, STEPS))


def test_messages_change_with_the_drive_and_with_what_arrives():
    moving = {"picture": np.tile(PICTURES["picture"], (STEPS, 1, 1)) * np.arange(STEPS)[:, np.newaxis, np.newaxis]}
    assert constant_messages(network(), moving) == ["bias"]
    feedback = replace(
        network(), projections=(*network().projections, Projection("back", "layer", "bias", weight(6, 2, 5)))
    )
    assert constant_messages(feedback, PICTURES) == ["picture"]
    for net, drive in ((network(), moving), (feedback, PICTURES)):
        assert_same(engine.run(net, drive, STEPS), reference.run(net, drive, STEPS))
