"""Samples to external input, messages to estimates, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import Accumulator, Graded
from quantal.neuro.simulate.drive import check_drive, decode, encode
from quantal.neuro.synapses import Dense, FloatConvolution

GAINS = np.array([[1.0, 0.0, 2.0], [0.5, -4.0, 0.0]])


def network(*inputs: Input) -> CountNetwork:
    """Two units that take at most ±1000 · 2 from each other, so 8386607 are left for the drive."""
    integration = Accumulator(np.zeros(2, np.int64), lowest=-1000, highest=1000)
    return CountNetwork(
        "small",
        (Population("p", 2, integration, Graded()), Population("q", 3, Accumulator(np.zeros(3, np.int64)), Graded())),
        (Projection("swap", "p", "p", Dense(np.array([[0, 2], [2, 0]]))),),
        inputs,
        (Readout("first", "p", np.array([[1.0, 2.0], [0.5, 0.0], [3.0, -1.0]])), Readout("second", "q", np.eye(3))),
    )


PLAIN = network(Input("x", "p", GAINS))


def refusal(call: Any, *arguments: Any) -> str:
    with pytest.raises(QuantalError) as caught:
        call(*arguments)
    return str(caught.value)


def test_a_matrix_of_gains_multiplies_and_rounds():
    assert encode(PLAIN, np.array([[1.0, 0.3, 0.2], [-3.0, 0, 0]]))["p"].tolist() == [[1, -1], [-3, -2]]


def test_a_vector_of_gains_takes_one_feature_per_unit():
    drive = encode(network(Input("x", "q", np.array([1.0, 10.0, 100.0]))), np.array([[0.5, 0.26, -1.0]]))
    assert drive["q"].tolist() == [[0, 3, -100]]
    assert drive["q"].dtype == np.int64


def image_gains() -> FloatConvolution:
    """The two sums over 2 × 2 pixels of an image of 1 × 2 × 3."""
    return FloatConvolution(np.array([[[[1.0, 2.5], [-3.0, 0.25]]]]), (1, 2, 3))


def test_a_convolution_of_gains_is_its_matrix():
    gains, rng = image_gains(), np.random.default_rng(0)
    matrix = np.zeros((2, 6))
    target, source, weight = gains.entries()
    matrix[target, source] = weight
    for samples in (rng.normal(0, 50, (4, 6)), rng.normal(0, 50, (3, 4, 6))):
        expected = encode(network(Input("x", "p", matrix)), samples)["p"]
        assert np.array_equal(encode(network(Input("x", "p", gains)), samples)["p"], expected)


@pytest.mark.parametrize(
    ("gain", "problem"),
    [
        (replace(image_gains(), input_shape=(1, 2, 2)), "gain is (1, 4), expected (2, features)"),
        (
            replace(image_gains(), weight=np.full((1, 1, 2, 2), np.nan)),
            "gain[0, 0, 0, 0] is nan, expected a finite number",
        ),
        (replace(image_gains(), stride=(0, 1)), "stride is (0, 1)"),
    ],
)
def test_illegal_gains_are_refused(gain: Any, problem: str):
    assert f"input x: {problem}" in refusal(verify, network(Input("x", "p", gain)))


def test_inputs_of_one_population_add_up():
    both = network(Input("x", "p", GAINS), Input("y", "p", 2 * GAINS), Input("z", "q", np.ones(3)))
    drive = encode(both, np.array([[1.0, 2.0, 3.0]]))
    assert drive["p"].tolist() == [[21, -23]]
    assert drive["q"].tolist() == [[1, 2, 3]]


def test_samples_over_time_keep_their_axis():
    samples = np.arange(24.0).reshape(4, 2, 3)
    drive = encode(PLAIN, samples)["p"]
    assert drive.shape == (4, 2, 2)
    assert np.array_equal(drive[3], encode(PLAIN, samples[3])["p"])


def test_single_precision_and_strided_samples_give_the_same():
    samples = np.arange(12.0).reshape(3, 4).T
    assert np.array_equal(encode(PLAIN, samples)["p"], encode(PLAIN, samples.copy().astype(np.float32))["p"])


def test_decode_is_the_readout_matrix():
    messages = np.array([[[1, 0]], [[0, 2]]])
    assert decode(PLAIN, messages).tolist() == [[[1.0, 0.5, 3.0]], [[4.0, 0.0, -2.0]]]
    assert decode(PLAIN, np.array([[1, 2, 3]]), readout=1).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("shape", [(3,), (1, 4), (2, 1, 4), (1, 1, 1, 3), (0, 3), (5, 0, 3)])
def test_samples_of_another_shape(shape: tuple[int, ...]):
    text = refusal(encode, PLAIN, np.zeros(shape))
    assert text == f"samples for network small: wrong shape\n  expected (batch, 3) or (steps, batch, 3), got {shape}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_named_by_their_place(value: float):
    samples = np.zeros((4, 2, 3))
    samples[2, 1, 0] = value
    assert (
        refusal(encode, PLAIN, samples) == f"samples for network small: not a finite number at (2, 1, 0)\n  got {value}"
    )


def test_a_network_without_inputs():
    assert "the network takes no samples" in refusal(encode, network(), np.zeros((1, 3)))


@pytest.mark.parametrize("far", [1e7, -1e7, 1e19, -1e19, 1e200, -1e200])
def test_samples_too_large_for_24_bits_are_refused(far: float):
    drive = encode(PLAIN, np.array([[0, 0, 0], [far, 0, 0]]))
    assert np.sign(drive["p"][1, 0]) == np.sign(far)
    text = refusal(check_drive, PLAIN, drive, 1)
    assert text.startswith(
        "drive of p: the sum of unit 0 could leave 24 bits, at (1, 0)\n  expected -8386607 to 8386607, got "
    )


@pytest.mark.parametrize("value", [STATE_MAX - 2000, -STATE_MAX + 2000])
def test_a_drive_may_use_all_room_that_is_left(value: int):
    check_drive(PLAIN, {"p": np.array([[0, value]])}, 1)
    assert "unit 1" in refusal(check_drive, PLAIN, {"p": np.array([[0, value + np.sign(value)]])}, 1)


@pytest.mark.parametrize("sign", [1, -1])
def test_each_unit_has_room_of_its_own(sign: int):
    """The first unit receives nothing from others, the second much."""
    uneven = replace(
        PLAIN, projections=(Projection("one way", "p", "p", Dense(np.array([[0, 0], [254, -256]])), exponent=4),)
    )
    largest = sign * STATE_MAX
    check_drive(uneven, {"p": np.array([[largest, 0]])}, 1)
    assert "unit 1 could leave 24 bits" in refusal(check_drive, uneven, {"p": np.array([[0, largest]])}, 1)


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1])
def test_no_drive_is_so_large_that_it_slips_through(value: int):
    assert "could leave 24 bits" in refusal(check_drive, PLAIN, {"p": np.array([[0, value]])}, 1)


def test_a_drive_that_grows_too_large_later_is_named_by_its_step():
    value = np.zeros((5, 2, 2), np.int64)
    value[4, 1, 0] = 2**23
    assert "at (4, 1, 0)" in refusal(check_drive, PLAIN, {"p": value}, 5)


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 2), (1, 2), (5, 1, 2)])
def test_a_drive_of_another_shape(shape: tuple[int, ...]):
    drive = {"q": np.zeros((2, 3), np.int64), "p": np.zeros(shape, np.int64)}
    assert refusal(check_drive, PLAIN, drive, 5) == (
        f"drive of p: wrong shape or type\n  expected int64 (2, 2) or (5, 2, 2), got int64 {shape}"
    )


@pytest.mark.parametrize("kind", [np.float64, np.int32])
def test_a_drive_of_another_type(kind: type):
    assert f"got {np.dtype(kind)} (1, 2)" in refusal(check_drive, PLAIN, {"p": np.zeros((1, 2), kind)}, 1)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0, 2), (2,), ()])
def test_a_drive_without_samples(shape: tuple[int, ...]):
    text = refusal(check_drive, PLAIN, {"p": np.zeros(shape, np.int64)}, 3)
    assert text == f"drive of p: no samples\n  expected (batch, units) or (steps, batch, units), got {shape}"


def test_a_drive_of_an_unknown_population():
    text = refusal(check_drive, PLAIN, {"r": np.zeros((1, 2), np.int64)}, 1)
    assert text == "network small: no such population\n  expected one of p, q, got r"


def test_no_drive_at_all():
    assert "no drive given" in refusal(check_drive, PLAIN, {}, 1)


def test_negative_steps():
    assert (
        refusal(check_drive, PLAIN, {"p": np.zeros((1, 2), np.int64)}, -1) == "run: negative number of steps\n  got -1"
    )
