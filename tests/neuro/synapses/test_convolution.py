"""Convolutions against torch, against their own matrix, and their kernel against `apply`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.engine.kernels.convolution import apply_floats, packed
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.files import content_hash, load_network, save_network
from quantal.neuro.neurons import Graded, Memoryless, Silent
from quantal.neuro.synapses import Convolution, FloatConvolution, windows
from quantal.neuro.synapses.pooling import average_pool, sum_pool

Draw = st.DrawFn
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For sums this small, threads cost more time than they save."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@st.composite
def convolutions(draw: Draw) -> Convolution:
    """Kernels of every size that fits the image with its padding."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups, group_inputs, group_outputs = draw(st.tuples(*[st.integers(1, 3)] * 3))
    padding, dilation = draw(st.tuples(*[st.integers(0, 3)] * 2)), draw(pairs)
    height, width = draw(st.tuples(*[st.integers(1, 9)] * 2))
    kernel = tuple(
        draw(st.integers(1, min(5, (size + 2 * border - 1) // step + 1)))
        for size, border, step in zip((height, width), padding, dilation, strict=True)
    )
    weight = rng.integers(-128, 127, (groups * group_outputs, group_inputs, *kernel), endpoint=True) * 2
    weight *= rng.random(weight.shape) < draw(st.sampled_from([0.5, 1]))
    return Convolution(weight, (groups * group_inputs, height, width), draw(pairs), padding, dilation, groups)


def messages(conv: Convolution, batch: int, share: float, largest: int = 300) -> Integers:
    rng = np.random.default_rng(batch)
    sent = rng.integers(-largest, largest, (batch, conv.shape[1]), endpoint=True)
    return sent * (rng.random(sent.shape) < share)


def in_torch(conv: Convolution | FloatConvolution, message: Any) -> np.ndarray:
    images = torch.tensor(message, dtype=torch.float64).reshape(-1, *conv.input_shape)
    weight = torch.tensor(conv.weight, dtype=torch.float64)
    moves = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation, "groups": conv.groups}
    return torch.nn.functional.conv2d(images, weight, **moves).flatten(1).numpy()


def matrix(conv: Convolution) -> Integers:
    return conv.apply(np.eye(conv.shape[1], dtype=np.int64)).T


@settings(max_examples=200, deadline=None)
@given(convolutions(), st.sampled_from([0.1, 1]))
def test_apply_is_what_torch_computes(conv: Convolution, share: float):
    message = messages(conv, 3, share)
    a = conv.apply(message)
    assert conv.problems() == []
    assert a.dtype == np.int64
    assert a.shape == (3, conv.shape[0]) == (3, np.prod(conv.output_shape))
    assert np.array_equal(a, in_torch(conv, message))


@settings(max_examples=300, deadline=None)
@given(convolutions(), st.sampled_from([0, 0.1, 1]), st.integers(0, 6))
def test_kernel_adds_what_apply_gives(conv: Convolution, share: float, exponent: int):
    (message,) = messages(conv, 1, share)
    a = np.full(conv.shape[0], 1000, np.int32)
    KERNELS[Convolution].compiled(message.astype(np.int32), exponent, *packed(conv), a)
    assert np.array_equal(a, 1000 + (conv.apply(message[np.newaxis])[0] << exponent))


@pytest.mark.parametrize("outputs", [1, 2, 7, 16, 33])
def test_kernel_with_any_number_of_channels(outputs: int):
    weight = np.random.default_rng(0).integers(-255, 0, (outputs, 3, 3, 4), endpoint=True)
    conv = Convolution(weight, (3, 20, 21), (1, 2), (2, 1), (1, 2))
    (message,) = messages(conv, 1, 0.2)
    a = np.zeros(conv.shape[0], np.int32)
    KERNELS[Convolution].compiled(message.astype(np.int32), 0, *packed(conv), a)
    assert np.array_equal(a, in_torch(conv, message)[0])


@pytest.mark.parametrize("size", [1, 31, 32, -31, -32, 1000])
@pytest.mark.parametrize("graded", [False, True])
def test_sums_on_both_sides_of_16_bits(size: int, graded: bool):
    """With 1024 as the sum of weights, messages of 31 fit in 16 bits and those of 32 don't."""
    conv = Convolution(np.full((4, 1, 4, 4), 64), (1, 9, 9))
    message = np.full(81, size)
    message[40] = 1 if graded else size
    a = np.zeros(conv.shape[0], np.int32)
    KERNELS[Convolution].compiled(message.astype(np.int32), 0, *packed(conv), a)
    assert np.array_equal(a, conv.apply(message[np.newaxis])[0])
    assert np.abs(a).max() == 1024 * abs(size)


@settings(max_examples=200, deadline=None)
@given(convolutions(), st.sampled_from([0, 0.1, 1]))
def test_floats_are_summed_as_torch_sums_them(conv: Convolution, share: float):
    """Multiples of 1/4, so that no sum is rounded, in any order of summation."""
    fields = {field.name: getattr(conv, field.name) for field in dataclasses.fields(conv)}
    whole = FloatConvolution(**fields | {"weight": conv.weight / 4})
    message = messages(conv, 3, share) / 4
    assert np.array_equal(whole.apply(message), in_torch(whole, message))


@settings(max_examples=100, deadline=None)
@given(convolutions(), st.sampled_from([0, 0.1, 1]), st.integers(0, 2**32 - 1))
def test_compiled_float_sums_are_those_of_apply_to_the_last_bit(conv: Convolution, share: float, seed: int):
    rng = np.random.default_rng(seed)
    fields = {field.name: getattr(conv, field.name) for field in dataclasses.fields(conv)}
    rounding = FloatConvolution(**fields | {"weight": rng.normal(size=conv.weight.shape)})
    message = rng.normal(size=(3, conv.shape[1])) * (rng.random((3, conv.shape[1])) < share)
    assert np.array_equal(apply_floats(rounding, message), rounding.apply(message))


@settings(deadline=None)
@given(convolutions())
def test_entries_are_every_connection_that_is_not_zero(conv: Convolution):
    target, source, weight = conv.entries()
    rebuilt = np.zeros(conv.shape, np.int64)
    rebuilt[target, source] = weight
    assert np.array_equal(rebuilt, matrix(conv))
    assert (weight != 0).all()
    assert len({*zip(target.tolist(), source.tolist(), strict=True)}) == len(weight)


@settings(deadline=None)
@given(convolutions(), st.integers(-300, 0), st.integers(0, 300))
def test_reach_is_attained_at_borders_too(conv: Convolution, low: int, high: int):
    lowest, highest = conv.reach(low, high)
    rows = matrix(conv)
    assert np.array_equal(highest, np.where(rows > 0, rows * high, rows * low).sum(axis=1))
    assert np.array_equal(lowest, np.where(rows > 0, rows * low, rows * high).sum(axis=1))


def test_large_batches_are_processed_in_parts(monkeypatch: pytest.MonkeyPatch):
    conv = Convolution(np.arange(18).reshape(1, 2, 3, 3), (2, 6, 6))
    message = messages(conv, 7, 1)
    whole = conv.apply(message)
    monkeypatch.setattr(windows, "PATCHES_AT_ONCE", 2 * 16 * 18)
    assert np.array_equal(conv.apply(message), whole)


def test_a_connection_by_hand():
    """The kernel is not flipped: its rightmost weight applies to the rightmost unit of a window."""
    conv = Convolution(np.array([[[[10, 20]]]]), (1, 1, 3), stride=(1, 2), padding=(0, 1))
    assert conv.apply(np.array([[1, 2, 3]])).tolist() == [[20, 10 * 2 + 20 * 3]]


LEGAL = Convolution(np.ones((4, 2, 3, 3), np.int64), (4, 5, 6), groups=2)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"weight": np.ones((4, 2, 3, 3))},
            "weight is float64 (4, 2, 3, 3), expected whole numbers "
            "(output channels, input channels / groups, height, width)",
        ),
        (
            {"weight": np.ones((4, 2, 3), np.int64)},
            "weight is int16 (4, 2, 3), expected whole numbers "
            "(output channels, input channels / groups, height, width)",
        ),
        (
            {"weight": np.ones((4, 2, 3, 0), np.int64)},
            "weight is int16 (4, 2, 3, 0), expected whole numbers "
            "(output channels, input channels / groups, height, width)",
        ),
        (
            {"input_shape": (4, 5)},
            "input_shape is (4, 5), expected whole numbers of 1 or more (channels, height, width)",
        ),
        ({"stride": (0, 1)}, "stride is (0, 1), expected whole numbers of 1 or more (rows, columns)"),
        ({"stride": 2}, "stride is 2, expected whole numbers of 1 or more (rows, columns)"),
        ({"padding": (1, -1)}, "padding is (1, -1), expected whole numbers of 0 or more (rows, columns)"),
        ({"padding": "same"}, "padding is 'same', expected whole numbers of 0 or more (rows, columns)"),
        ({"dilation": (1.0, 1)}, "dilation is (1.0, 1), expected whole numbers of 1 or more (rows, columns)"),
        ({"groups": 3}, "groups is 3, expected a divisor of 4 input and 4 output channels"),
        ({"groups": 0}, "groups is 0, expected a divisor of 4 input and 4 output channels"),
        ({"groups": 1}, "weight has 2 input channels, expected 4 / 1 (groups)"),
        ({"input_shape": (4, 2, 6)}, "the kernel spans 3 rows, expected at most the 2 of the image and its padding"),
        ({"dilation": (1, 3)}, "the kernel spans 7 columns, expected at most the 6 of the image and its padding"),
    ],
)
def test_problems_are_named(changes: dict[str, Any], problem: str):
    assert LEGAL.problems() == []
    assert replace(LEGAL, **changes).problems() == [problem]


def test_a_float_convolution_requires_floats():
    (problem,) = FloatConvolution(LEGAL.weight, LEGAL.input_shape, groups=2).problems()
    assert problem.startswith("weight is int16 (4, 2, 3, 3), expected float64 (")


def image_network(conv: Convolution) -> CountNetwork:
    targets, sources = conv.shape
    source = Population("image", sources, Memoryless(np.zeros(sources, np.int64), -63, 63), Graded())
    target = Population("features", targets, Memoryless(np.zeros(targets, np.int64)), Silent())
    return CountNetwork("images", (source, target), (Projection("filter", "image", "features", conv, exponent=2),))


@settings(max_examples=20, deadline=None)
@given(conv=convolutions())
def test_it_comes_back_from_a_file(tmp_path_factory: pytest.TempPathFactory, conv: Convolution):
    path: Path = tmp_path_factory.mktemp("files") / "network.safetensors"
    one = np.sign(conv.weight) * 2
    network = image_network(replace(conv, weight=one))
    save_network(network, path)
    back = load_network(path)
    weight = back.projections[0].weight
    assert content_hash(back) == content_hash(network)
    assert isinstance(weight, Convolution)
    assert vars(weight) | {"weight": None} == vars(conv) | {"weight": None}
    assert np.array_equal(weight.weight, one)


pools = (
    st.tuples(st.integers(1, 4), st.integers(4, 9), st.integers(4, 9)),
    pairs,
    pairs,
    st.tuples(*[st.integers(0, 1)] * 2),
)


@given(*pools)
def test_pooling_is_that_of_torch(shape: tuple[int, int, int], size: Any, stride: Any, padding: Any):
    size = size[0] + 1, size[1] + 1
    summed, average = sum_pool(shape, size, stride, padding), average_pool(shape, size, stride, padding)
    image = np.random.default_rng(0).integers(-9, 9, (2, *shape))
    expected = torch.nn.functional.avg_pool2d(torch.tensor(image).double(), size, stride, padding).flatten(1).numpy()
    assert summed.problems() == average.problems() == []
    np.testing.assert_allclose(average.apply(image.reshape(2, -1).astype(float)), expected, atol=1e-12)
    np.testing.assert_allclose(summed.apply(image.reshape(2, -1)), expected * size[0] * size[1], atol=1e-12)
