"""Results are remembered for as long as a network lives, and not longer."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from quantal.neuro import engine
from quantal.neuro.caching import cached_while_alive
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.simulate import reference

from support.cases import delayed_drive, delayed_network


class Key:
    """Anything that can be collected."""


def test_results_are_computed_once_for_each_object_and_argument():
    calls: list[int] = []

    @cached_while_alive
    def count(key: Key, number: int) -> int:
        calls.append(number)
        return number + 1

    one, other = Key(), Key()
    assert [count(one, 1), count(one, 1), count(one, 2), count(other, 1)] == [2, 2, 3, 2]
    assert calls == [1, 2, 1]


def test_an_argument_without_weak_references_is_not_cached():
    calls: list[tuple[int, ...]] = []
    cached_while_alive(calls.append)((1,))
    assert calls == [(1,)]


def test_a_network_that_ran_is_collected():
    network = delayed_network()
    reference.run(network, delayed_drive(1, 3), 3)
    engine.run(network, delayed_drive(1, 3), 3)
    references = [weakref.ref(part) for part in (network, network.projections[0], network.projections[0].weight)]
    del network
    gc.collect()
    assert [reference() for reference in references] == [None] * 3


def test_two_equal_networks_are_told_apart():
    first, second = delayed_network(), delayed_network()
    assert isinstance(first, CountNetwork)
    assert np.array_equal(*(engine.run(each, delayed_drive(1, 3), 3).messages["layer"] for each in (first, second)))
