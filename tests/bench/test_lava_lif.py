"""`Cuba` and `Spike` equal Lava's fixed-point LIF, integer for integer, unless u would have to wrap twice."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.bench.peers.answers import SCRIPT, answers
from quantal.bench.peers.dialects import runtime_row
from quantal.bench.peers.expected import NEVER, dialect_traces, first_difference, kind_traces
from quantal.bench.peers.on_lava import traces
from quantal.bench.peers.questions import Numbers, far_beyond, lif_numbers, runtime_questions, without
from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.dialects import LAVA


def random_numbers(seed: int, sets: int = 4, units: int = 8) -> Numbers:
    return without(lif_numbers(np.random.default_rng(seed), sets, units), "refractory_steps")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_neurons(seed: int) -> None:
    numbers = random_numbers(seed)
    lava = traces(numbers)
    assert (first_difference(lava, kind_traces(numbers)) == NEVER).all()
    assert (first_difference(lava, dialect_traces(LAVA, numbers)) == NEVER).all()


def neuron(a: list[int], **changes: int) -> Numbers:
    """One neuron whose current decays in one step and whose potential does not decay."""
    registers = {"decay_u": 4096, "decay_v": 0, "threshold_mant": 2**17 - 1, "refractory_steps": 0, **changes}
    return {
        **{name: np.array([value]) for name, value in registers.items() if not name.startswith("bias")},
        **{name: np.array([[changes.get(name, 0)]]) for name in ("bias_mant", "bias_exp")},
        "a": np.array(a)[None, :, None],
    }


@pytest.mark.parametrize(
    ("a", "u"),
    [
        (2**17, 2**23),
        (-(2**17), 2**23),
        (2**17 + 1, 64 - 2**23),
        (1 - 2**17, 64 - 2**23),
        (2**18 - 1, -64),
        (1 - 2**18, 64),
    ],
)
def test_wrapping_at_24_bits(a: int, u: int) -> None:
    numbers = neuron([a])
    assert traces(numbers)["u"].item() == u
    assert kind_traces(numbers)["u"].item() == u


def test_a_current_without_leak_wraps() -> None:
    numbers = neuron([2**17, 2**17, 2**18 - 1, 1 - 2**18], decay_u=1)
    lava, kind = traces(numbers), kind_traces(numbers)
    assert np.array_equal(lava["u"], kind["u"])
    assert np.array_equal(lava["v"], kind["v"])


def test_the_potential_saturates() -> None:
    numbers = neuron([-(2**16)] * 4, bias_mant=-4096, bias_exp=7)
    lava = traces(numbers)
    assert lava["v"].ravel()[-1] == -STATE_MAX
    assert np.array_equal(lava["v"], kind_traces(numbers)["v"])


@pytest.mark.parametrize(("v", "spikes"), [(64 * 5, 0), (64 * 5 + 1, 1)])
def test_a_spike_needs_more_than_the_threshold(v: int, spikes: int) -> None:
    numbers = neuron([0], threshold_mant=5, bias_mant=v)
    assert traces(numbers)["spikes"].item() == spikes
    assert kind_traces(numbers)["spikes"].item() == spikes


def test_u_wraps_only_once_in_lava() -> None:
    numbers = neuron([3 * 2**17 + 1])
    lava = traces(numbers)
    assert lava["u"].item() == 2**23 + 64
    assert dialect_traces(LAVA, numbers)["u"].item() == 2**23 + 64
    assert kind_traces(numbers)["u"].item() == 64 - 2**23


def test_the_dialect_follows_lava_far_beyond_the_limits() -> None:
    numbers = far_beyond(random_numbers(7, sets=20))
    lava = traces(numbers)
    assert (np.abs(lava["u"]) > STATE_MAX + 1).any()
    assert (first_difference(lava, dialect_traces(LAVA, numbers)) == NEVER).all()


def test_in_lavas_own_runtime() -> None:
    questions = runtime_questions(np.random.default_rng(3), runs=3)
    row = runtime_row(answers(sys.executable, SCRIPT[LAVA.name], questions, "runtime"), questions)
    assert (row["runs"], row["equal"]) == (3, 3)
