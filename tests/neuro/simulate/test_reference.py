"""The reference simulator against runs worked out by hand, and against itself when a run is resumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording, Trace, initial_snapshot
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, PoissonCount, Silent
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.simulate.reference import run
from quantal.neuro.synapses import Dense

from support.networks import Case, everything_drive, everything_network, random_networks
from support.traces import assert_same, assert_same_record, assert_same_snapshot


def one(*values: int) -> np.ndarray:
    """An array of one sample and one unit over time."""
    return np.array(values)[:, np.newaxis, np.newaxis]


def zeros(size: int) -> np.ndarray:
    return np.zeros(size, np.int64)


def relay(delay: int, exponent: int = 0) -> CountNetwork:
    """What arrives at `a` is passed on to `b`, three times as large."""
    return CountNetwork(
        "relay",
        (
            Population("a", 1, Memoryless(zeros(1), -1000, 1000), Graded()),
            Population("b", 1, Memoryless(zeros(1), -1000, 1000), Silent()),
        ),
        (Projection("a->b", "a", "b", Dense(np.array([[3]])), delay, exponent),),
    )


@pytest.mark.parametrize("delay", [1, 2, 5, 62])
def test_a_message_arrives_after_its_delay_and_no_sooner(delay: int):
    trace = run(relay(delay), {"a": one(7, -2, *[0] * 70)}, 72)
    expected = zeros(72)
    expected[delay : delay + 2] = 21, -6
    assert trace.states["b"]["v"].ravel().tolist() == expected.tolist()


def test_an_exponent_shifts_the_sum():
    assert run(relay(1, exponent=4), {"a": one(1, 0)}, 2).states["b"]["v"].ravel().tolist() == [0, 48]


def test_a_population_that_inhibits_itself():
    """u: 10, then 10 + 8 − 2·5, then 8 + 8 − 2·4 …, and the message is half of it."""
    competing = CountNetwork(
        "self",
        (Population("p", 1, Accumulator(zeros(1), 0, -1000, 1000), Graded(1), initial={"v": np.array([2])}),),
        (Projection("p->p", "p", "p", Dense(np.array([[-2]]))),),
    )
    trace = run(competing, {"p": np.array([[8]])}, 4)
    assert trace.states["p"]["v"].ravel().tolist() == [10, 8, 8, 8]
    assert trace.messages["p"].ravel().tolist() == [5, 4, 4, 4]


def test_two_populations_in_a_loop_of_two_delays():
    """a sends its state to b with the shortest delay, and b sends the negative back after three steps."""
    loop = CountNetwork(
        "loop",
        (
            Population("a", 1, Accumulator(zeros(1), 0, -1000, 1000), Graded()),
            Population("b", 1, Memoryless(zeros(1), -1000, 1000), Graded()),
        ),
        (
            Projection("forward", "a", "b", Dense(np.array([[1]]))),
            Projection("back", "b", "a", Dense(np.array([[-1]])), delay_steps=3),
        ),
    )
    trace = run(loop, {"a": one(1, 0, 0, 0, 0, 0, 0)}, 7)
    assert trace.messages["a"].ravel().tolist() == [1, 1, 1, 1, 0, -1, -2]
    assert trace.messages["b"].ravel().tolist() == [0, 1, 1, 1, 1, 0, -1]


def test_parallel_projections_add_up():
    twice = Projection("again", "a", "b", Dense(np.array([[5]])), delay_steps=2)
    both = replace(relay(1), projections=(*relay(1).projections, twice))
    assert run(both, {"a": one(1, 0, 0)}, 3).states["b"]["v"].ravel().tolist() == [0, 3, 5]


def test_a_drive_without_a_time_axis_is_constant():
    constant, repeated = np.array([[4], [-1]]), np.array([[[4], [-1]]] * 3)
    assert_same(run(relay(2), {"a": constant}, 3), run(relay(2), {"a": repeated}, 3))


def test_the_first_state_is_the_initial_one_after_a_step():
    network = CountNetwork(
        "u", (Population("p", 1, Accumulator(zeros(1), decay=2048), Silent(), {"v": np.array([9])}),)
    )
    assert run(network, {"p": np.array([[1]])}, 2).states["p"]["v"].ravel().tolist() == [5, 3]


@settings(max_examples=20, deadline=None)
@given(
    st.permutations(range(len(everything_network().populations))),
    st.permutations(range(len(everything_network().projections))),
)
def test_the_order_of_parts_never_matters(populations: list[int], projections: list[int]):
    network = everything_network()
    shuffled = replace(
        network,
        populations=tuple(network.populations[index] for index in populations),
        projections=tuple(network.projections[index] for index in projections),
    )
    drive = everything_drive(2, 9)
    assert_same_record(run(shuffled, drive, 9), run(network, drive, 9))


def from_step(drive: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
    return {name: value if value.ndim == 2 else value[step:] for name, value in drive.items()}


def until_step(drive: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
    return {name: value if value.ndim == 2 else value[:step] for name, value in drive.items()}


def joined(first: Trace, second: Trace) -> Trace:
    """Two runs, one after the other, as one."""
    return replace(
        first,
        messages={name: np.concatenate([value, second.messages[name]]) for name, value in first.messages.items()},
        states={
            name: {key: np.concatenate([value, second.states[name][key]]) for key, value in states.items()}
            for name, states in first.states.items()
        },
        end=second.end,
    )


@settings(max_examples=60, deadline=None)
@given(random_networks(), st.integers(0, 12))
def test_a_resumed_run_equals_the_whole_run(case: Case, cut: int):
    cut = min(cut, case.steps)
    first = run(case.network, until_step(case.drive, cut), cut, first_sample=case.first_sample)
    second = run(
        case.network, from_step(case.drive, cut), case.steps - cut, first_sample=case.first_sample, start=first.end
    )
    assert second.first_step == cut
    assert_same(joined(first, second), run(case.network, case.drive, case.steps, first_sample=case.first_sample))


@pytest.mark.parametrize("cut", [0, 1, 4, 17, 20])
def test_resuming_a_network_of_every_kind(cut: int):
    network, drive = everything_network(), everything_drive(3, 20)
    first = run(network, until_step(drive, cut), cut)
    second = run(network, from_step(drive, cut), 20 - cut, start=first.end)
    assert_same(joined(first, second), run(network, drive, 20))


@pytest.mark.parametrize("first_sample", [0, 3, 2**63 - 2, 2**64 - 4])
def test_a_single_sample_runs_as_in_its_batch(first_sample: int):
    network, drive = everything_network(), everything_drive(4, 12)
    whole = run(network, drive, 12, first_sample=first_sample)
    for sample in range(4):
        own = {name: value[..., sample : sample + 1, :] for name, value in drive.items()}
        single = run(network, own, 12, first_sample=first_sample + sample)
        for name, messages in whole.messages.items():
            np.testing.assert_array_equal(single.messages[name], messages[:, sample : sample + 1])


def test_samples_past_64_bits_are_refused():
    with pytest.raises(QuantalError, match="first_sample"):
        run(everything_network(), everything_drive(4, 1), 1, first_sample=2**64 - 3)


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_the_seed_changes_the_draws_of_a_network(seed: int):
    network, drive = everything_network(), everything_drive(2, 12)
    other = run(replace(network, seed=seed), drive, 12)
    assert (other.messages["latent"] != run(network, drive, 12).messages["latent"]).any()


def test_no_steps_leave_the_start():
    network = everything_network()
    trace = run(network, everything_drive(2, 0), 0)
    assert trace.messages["latent"].shape == (0, 2, 5)
    assert trace.states["readout"]["v"].shape == (0, 2, 7)
    assert_same_snapshot(trace.end, initial_snapshot(network, 2))


def test_only_the_recording_is_in_the_trace():
    network, drive = everything_network(), everything_drive(1, 5)
    part = run(network, drive, 5, Recording(messages=("error",), states=("latent", "readout")))
    whole = run(network, drive, 5)
    assert set(part.messages) == {"error"}
    assert set(part.states) == {"latent", "readout"}
    np.testing.assert_array_equal(part.messages["error"], whole.messages["error"])
    np.testing.assert_array_equal(part.states["readout"]["v"], whole.states["readout"]["v"])
    assert_same_snapshot(part.end, whole.end)


def test_a_run_changes_neither_its_start_nor_its_drive():
    network, drive = everything_network(), everything_drive(2, 6)
    before = initial_snapshot(network, 2)
    copies = {name: value.copy() for name, value in drive.items()}
    run(network, drive, 6, start=before)
    assert_same_snapshot(before, initial_snapshot(network, 2))
    assert all(np.array_equal(drive[name], value) for name, value in copies.items())


@pytest.mark.parametrize("shift", [0, 12])
def test_counts_have_the_mean_and_variance_of_a_poisson_distribution(shift: int):
    """Two-sided z-tests at level 1e-6 each, whatever the seed.

    Every unit draws at log-rate 0.7, so that there are n = 40 000 independent counts. A threshold is off by at most
    half of 1/65536, which shifts the mean of 20 thresholds by at most 20/131072, a fifth of the standard error; the
    test allows for all of it.
    """
    n, rate = 40_000, float(np.exp(0.7))
    emission = PoissonCount(cumulative_table(np.array([0.7]), 20), shift, 0)
    network = CountNetwork("counts", (Population("p", 200, Memoryless(zeros(200)), emission),), seed=11)
    counts = run(network, {"p": np.zeros((20, 200), np.int64)}, 10).messages["p"].ravel()
    level_1e_6 = 4.8916
    shift_max = 20 / 131072
    assert counts.size == n
    assert abs(counts.mean() - rate) <= level_1e_6 * np.sqrt(rate / n) + shift_max
    # The variance of a squared Poisson deviation is rate + 2 rate²; an error of a threshold changes a square by at most
    # 20².
    variance = np.square(counts - rate).mean()
    assert abs(variance - rate) <= level_1e_6 * np.sqrt((rate + 2 * rate**2) / n) + 20 * shift_max
