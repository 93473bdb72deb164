"""Layers of spiking units run as Lava's own LIF where it computes the same, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from traces import assert_same_record

from hardware import lava
from hardware.lava import lif
from hardware.lava.job import Job
from neuro import reference
from neuro.arithmetic import Integers
from neuro.kinds import Cuba, Dense, Graded, Spike
from neuro.network import CountNetwork, Population, Projection
from neuro.trace import EVERYTHING

STEPS = 40


def layered(**changes: Any) -> CountNetwork:
    """Two layers and a way back; `changes` are of the first layer's kinds."""
    rng = np.random.default_rng(7)

    def layer(name: str, size: int, **other: Any) -> Population:
        cuba = Cuba(
            rng.integers(-90, 90, size), rng.integers(0, 5, size), *(np.full(size, value) for value in (900, 300))
        )
        spike = Spike(np.full(size, 700))
        initial = {"u": rng.integers(-(2**22), 2**22, size), "v": rng.integers(-(2**22), 2**22, size)}
        mine = {key: value for key, value in other.items() if hasattr(cuba, key)}
        yours = {key: value for key, value in other.items() if hasattr(spike, key)}
        return Population(name, size, replace(cuba, **mine), replace(spike, **yours), initial)

    return CountNetwork(
        "layers",
        (layer("first", 6, **changes), layer("second", 4)),
        (
            Projection("up", "first", "second", Dense(rng.integers(-100, 120, (4, 6)) * 2), exponent=3),
            Projection("back", "second", "first", Dense(rng.integers(-100, 120, (6, 4)) * 2), 3, exponent=2),
        ),
    )


def drive_of(batch: int = 1, size: int = 2**12) -> dict[str, Integers]:
    return {"first": np.random.default_rng(1).integers(-size // 2, size, (STEPS, batch, 6))}


def own(network: CountNetwork, drive: dict[str, Integers]) -> list[bool]:
    job = Job(network, drive, STEPS, EVERYTHING, 0, "process")
    return [lif.is_lif(population, job) for population in network.populations]


def test_both_layers_are_lava_s_and_equal():
    network, drive = layered(), drive_of()
    assert own(network, drive) == [True, True]
    expected = reference.run(network, drive, STEPS)
    assert expected.messages["second"].any()
    assert_same_record(lava.run_process(network, drive, STEPS), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"decay_offset": 0},
        {"decay_v": np.array([300] * 5 + [301])},
        {"decay_v": np.full(6, 4096)},
        {"threshold_mant": np.array([700] * 5 + [701])},
        {"reset": "subtract"},
        {"refractory_steps": 2},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_lava_s_has_not_is_ours_and_equal(changes: dict[str, Any]):
    network, drive = layered(**changes), drive_of()
    assert own(network, drive) == [False, True]
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


def test_input_that_carries_u_round_twice_is_ours_and_equal():
    network, drive = layered(), drive_of(size=2**18)
    assert own(network, drive) == [False, True]
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


def test_many_samples_are_ours():
    assert own(layered(), drive_of(batch=2)) == [False, False]


def test_other_emissions_are_ours():
    network = layered()
    graded = replace(network.populations[0], emission=Graded(20))
    assert own(replace(network, populations=(graded, network.populations[1])), drive_of()) == [False, True]
