"""Tests of the comparison itself: it must locate planted faults, each of which a real backend once had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro import arithmetic, engine
from quantal.neuro.compare.traces import Agreement, check
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import Trace
from quantal.neuro.neurons import accumulator
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.synapses import Dense

from support.networks import everything_drive, everything_network

STEPS, BATCH = 30, 3
NETWORK, DRIVE = everything_network(), everything_drive(BATCH, STEPS)


def agreements_with(backend: Callable[[CountNetwork, Drive, int], Trace]) -> list[Agreement]:
    return check(NETWORK, DRIVE, STEPS, reference.run, {"faulty": backend})


def unequal(agreements: list[Agreement]) -> list[Agreement]:
    return [agreement for agreement in agreements if not agreement.equal]


def other_network(change: Callable[[CountNetwork], CountNetwork]) -> Callable[[CountNetwork, Drive, int], Trace]:
    """A backend that runs a changed network but reports the one it was given."""

    def run(network: CountNetwork, drive: Drive, steps: int) -> Trace:
        return replace(engine.run(change(network), drive, steps), network=content_hash(network))

    return run


def change_projection(name: str, **changes: object) -> Callable[[CountNetwork], CountNetwork]:
    def change(network: CountNetwork) -> CountNetwork:
        return replace(
            network,
            projections=tuple(replace(p, **changes) if p.name == name else p for p in network.projections),
        )

    return change


def test_a_correct_backend_agrees_in_every_population() -> None:
    agreements = agreements_with(engine.run)
    assert [a.population for a in agreements] == [p.name for p in NETWORK.populations]
    assert not unequal(agreements)
    for agreement in agreements:
        population = NETWORK.population(agreement.population)
        assert agreement.values == (len(population.states) + 1) * STEPS * BATCH * population.size


@pytest.mark.parametrize("projection", NETWORK.projections, ids=lambda p: p.name)
def test_a_delay_off_by_one_is_found_at_its_target(projection) -> None:
    silent = projection.name in ("nothing", "zero")
    faulty = other_network(change_projection(projection.name, delay_steps=projection.delay_steps + 1))
    different = {a.population for a in unequal(agreements_with(faulty))}
    assert (projection.target in different) is not silent


def test_rounding_down_instead_of_toward_zero_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def floored(network: CountNetwork, drive: Drive, steps: int) -> Trace:
        with monkeypatch.context() as patch:
            patch.setattr(accumulator, "leak", lambda state, decay: (state * (4096 - decay)) >> 12)
            return reference.run(network, drive, steps)

    first = unequal(agreements_with(floored))[0]
    assert first.population == "latent"
    assert first.difference is not None
    assert first.difference.variable == "v"
    assert first.difference.expected - first.difference.got == 1


def test_a_missing_saturation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unbounded(network: CountNetwork, drive: Drive, steps: int) -> Trace:
        with monkeypatch.context() as patch:
            patch.setitem(arithmetic.OVERFLOW, "saturate", lambda state, lowest, highest: state)
            return reference.run(network, drive, steps)

    differences = [a.difference for a in unequal(agreements_with(unbounded))]
    ranges = {p.name: (p.integration.lowest, p.integration.highest) for p in NETWORK.populations}
    assert differences
    first = min(differences, key=lambda difference: difference.step)
    assert first.expected in ranges[first.population]


def test_a_swapped_weight_is_found_with_the_input_that_it_changed() -> None:
    matrix = NETWORK.projections[0].weight.matrix.copy()
    assert matrix[2, 0] != matrix[2, 1]
    matrix[2, [0, 1]] = matrix[2, [1, 0]]
    faulty = other_network(change_projection("competition", weight=Dense(matrix)))
    difference = unequal(agreements_with(faulty))[0].difference
    assert (difference.population, difference.variable, difference.unit) == ("latent", "v", 2)
    assert any("over competition" in line for line in difference.inputs)
    assert difference.inputs[0].startswith(f"step {difference.step}: input ")


def test_a_different_draw_is_found_in_the_message_before_the_state() -> None:
    difference = unequal(agreements_with(other_network(lambda network: replace(network, seed=1))))[0].difference
    assert (difference.population, difference.variable) == ("latent", "message")


def test_one_changed_integer_is_found_exactly() -> None:
    def flipped(network: CountNetwork, drive: Drive, steps: int) -> Trace:
        trace = engine.run(network, drive, steps)
        v = trace.states["readout"]["v"].copy()
        v[17, 2, 5] += 1
        return replace(trace, states={**trace.states, "readout": {"v": v}})

    (agreement,) = unequal(agreements_with(flipped))
    difference = agreement.difference
    assert (difference.population, difference.variable) == ("readout", "v")
    assert (difference.step, difference.sample, difference.unit) == (17, 2, 5)
    assert difference.got - difference.expected == 1


def test_traces_of_different_runs_are_not_compared() -> None:
    with pytest.raises(QuantalError, match=r"^reference against engine: traces differ in network\n  expected "):
        agreements_with(lambda network, drive, steps: engine.run(replace(network, seed=1), drive, steps))
    with pytest.raises(QuantalError, match=r"^latent, reference against engine: traces differ in shape\n"):
        agreements_with(lambda network, drive, steps: engine.run(network, {"latent": np.zeros((3, 5), int)}, steps - 1))
