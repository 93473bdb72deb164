"""Bounds hold: no network is accepted whose sum can leave the accumulator, however far beyond 64 bits it reaches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import BOUND_MAX, message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import check_snapshot, initial_snapshot
from quantal.neuro.network.verify import EXPONENT_MAX, verify
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, Silent, Table
from quantal.neuro.protocols import Weight
from quantal.neuro.synapses import Dense, Sparse


def one_sum(weights: list[tuple[Weight, int]], lowest: int = -STATE_MAX, highest: int = STATE_MAX) -> CountNetwork:
    """Projections with their exponents, side by side, from units whose messages have a range onto one unit."""
    size = weights[0][0].shape[1]
    source = Population("source", size, Accumulator(np.zeros(size, np.int64), 0, lowest, highest), Graded(0))
    target = Population("sum", 1, Memoryless(np.zeros(1, np.int64)), Graded(0))
    projections = [Projection(f"p{n}", "source", "sum", weight, 1, e) for n, (weight, e) in enumerate(weights)]
    return CountNetwork("one sum", (source, target), tuple(projections))


def row(*values: int) -> Integers:
    return np.array([values], np.int64)


def sparse(matrix: Integers) -> Sparse:
    target, source = np.nonzero(matrix)
    return Sparse(target, source, matrix[target, source], *matrix.shape)


def true_reach(network: CountNetwork) -> int:
    """Largest size that the sum can have, in Python's integers, which have no width."""
    integration = network.populations[0].integration
    ends = [0, 0]
    for projection in network.projections:
        _, _, values = projection.weight.entries()
        for sign in (0, 1):
            range_ = integration.lowest, integration.highest
            own = sum(
                int(weight) * int(range_[sign if weight > 0 else 1 - sign]) * int(count)
                for weight, count in zip(*np.unique(values, return_counts=True), strict=True)
            )
            ends[sign] += (max(own, 0) if sign else min(own, 0)) << projection.exponent
    return max(abs(end) for end in ends)


WRAPPED = {
    "parallel projections": one_sum([(Dense(np.full((1, 2**11), -254)), 16)] * 64),
    "parallel projections, upwards only": one_sum([(Dense(np.full((1, 2**11), 254)), 16)] * 64, lowest=0),
    "parallel projections, downwards only": one_sum([(Dense(np.full((1, 2**11), -254)), 16)] * 64, lowest=0),
    "one row": one_sum([(Dense(np.full((1, 263_173), 255)), 16)]),
    "one sparse row": one_sum([(sparse(np.full((1, 263_173), 255)), 16)]),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_sum_beyond_64_bits_is_refused(name: str) -> None:
    network = WRAPPED[name]
    assert true_reach(network) > 2**63
    with pytest.raises(QuantalError, match=rf"unit 0 can reach more than {BOUND_MAX} in size, expected at most"):
        verify(network)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from([-254, -128, -2, 0, 2, 254]), min_size=3, max_size=3),
            st.integers(0, EXPONENT_MAX),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_accepted_exactly_if_the_true_sum_fits(parts: list, low_bits: int, high_bits: int) -> None:
    weights = [(sparse(row(*values)) if few else Dense(row(*values)), exponent) for values, exponent, few in parts]
    network = one_sum(weights, -(2**low_bits) + 1, 2**high_bits - 1)
    reach = true_reach(network)
    assert max(int(np.abs(bound).max()) for bound in summed_range(network, network.populations[1])) == reach
    if reach <= STATE_MAX:
        verify(network)
    else:
        with pytest.raises(QuantalError, match=rf"can reach -?\d+, expected at most {STATE_MAX} in size"):
            verify(network)


def test_messages_before_the_first_step_are_in_the_range() -> None:
    """With messages from 5 to 7 alone, 2 · 7 of the sum 2 · 7 − 2 · 5 would be outside the interval −4 … 4."""
    zeros = np.zeros(2, np.int64)
    source = Population("source", 2, Memoryless(zeros), Table(np.array([5, 7]), 22, -1))
    target = Population("target", 1, Memoryless(zeros[:1]), Silent())
    network = CountNetwork("n", (source, target), (Projection("p", "source", "target", Dense(np.array([[2, -2]]))),))
    assert message_range(source) == (0, 7)
    assert [end.tolist() for end in summed_range(network, target)] == [[-14], [14]]
    check_snapshot(network, initial_snapshot(network, 1), 1)
