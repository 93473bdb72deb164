"""Convolutions run as Lava's own `Conv` wherever it computes the same, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.hardware import lava
from quantal.hardware.lava import process_selection, projection
from quantal.hardware.lava.conv import PyConvModelFixed
from quantal.hardware.lava.process_selection import Requirement, SelectedProcess
from quantal.hardware.lava.run_request import RunRequest
from quantal.hardware.lava.stepping import SteppedModel
from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING
from quantal.neuro.neurons import Graded, Memoryless, Silent
from quantal.neuro.simulate import reference
from quantal.neuro.synapses import Convolution

from support.networks import random_convolution
from support.traces import assert_same_record

STEPS = 6


def convolved(conv: Convolution, **changes: Any) -> CountNetwork:
    """An image that reaches a read-out through a convolution."""
    targets, sources = conv.shape
    image = Memoryless(np.zeros(sources, np.int64), lowest=-99, highest=99)
    return CountNetwork(
        "convolved",
        (
            Population("image", sources, image, Graded()),
            Population("readout", targets, Memoryless(np.zeros(targets, np.int64)), Silent()),
        ),
        (Projection("windows", "image", "readout", conv, **changes),),
    )


def image_of(network: CountNetwork, batch: int = 1) -> dict[str, Integers]:
    size = network.population("image").size
    return {"image": np.random.default_rng(1).integers(-99, 99, (STEPS, batch, size), endpoint=True)}


def runs_as(network: CountNetwork, batch: int = 1) -> SelectedProcess:
    request = RunRequest(network, image_of(network, batch), STEPS, EVERYTHING, 0, "process")
    return process_selection.select_projection_process(network.projections[0], request)


UNEVEN = Convolution(
    np.random.default_rng(2).integers(-128, 128, (6, 2, 2, 3)) * 2, (4, 7, 9), (2, 1), (1, 2), (3, 2), groups=2
)
"""All sizes differ between rows and columns, so that no two axes can be confused."""


def test_a_convolution_runs_as_lava_s_and_equals_the_reference():
    network = convolved(UNEVEN)
    assert runs_as(network) == SelectedProcess("Conv", ())
    drive = image_of(network)
    expected = reference.run(network, drive, STEPS)
    assert expected.states["readout"]["v"].any()
    assert_same_record(lava.run_process(network, drive, STEPS), expected)


@pytest.mark.parametrize(
    ("batch", "changes", "process", "unmet"),
    [
        (2, {}, "BatchedSparse", process_selection.ONE_IMAGE),
        (1, {"exponent": 1}, "Sparse", process_selection.NO_EXPONENT),
        (1, {"delay_steps": 2}, "DelaySparse", process_selection.ONE_STEP_DELAY),
    ],
    ids=["batch", "exponent", "delay"],
)
def test_what_lava_s_conv_lacks_runs_as_a_matrix_and_equals_the_reference(
    batch: int, changes: Any, process: str, unmet: Requirement
):
    network = convolved(UNEVEN, **changes)
    selected = runs_as(network, batch)
    assert selected.process == process
    assert selected.rejected[0] == ("Conv", unmet)
    drive = image_of(network, batch)
    assert_same_record(lava.run_process(network, drive, STEPS), reference.run(network, drive, STEPS))


@pytest.mark.parametrize(
    ("conv", "unmet"),
    [
        (Convolution(np.ones((1, 1, 1, 1), np.int64), (1, 1, 128)), process_selection.SMALL_WINDOWS),
        (Convolution(np.ones((1, 1, 1, 1), np.int64), (1, 2, 1), padding=(63, 0)), process_selection.SMALL_WINDOWS),
        (Convolution(np.ones((1, 1, 1, 1), np.int64), (1, 2, 1), stride=(1, 128)), process_selection.SMALL_WINDOWS),
        (Convolution(np.ones((128, 1, 1, 1), np.int64), (1, 1, 1)), process_selection.SMALL_WINDOWS),
        (Convolution(np.ones((65, 64, 1, 1), np.int64), (64, 1, 1)), process_selection.FEW_CHANNEL_PAIRS),
    ],
    ids=["columns", "padding", "stride", "channels", "pairs"],
)
def test_a_large_convolution_runs_as_a_matrix(conv: Convolution, unmet: Requirement):
    assert runs_as(convolved(conv)).rejected[0] == ("Conv", unmet)


@pytest.mark.parametrize(
    "conv",
    [
        Convolution(np.full((1, 1, 1, 2), 255), (1, 1, 127)),
        Convolution(np.full((1, 1, 1, 1), 255), (1, 1, 1), padding=(63, 0), stride=(1, 127), dilation=(127, 1)),
        Convolution(np.full((127, 1, 1, 1), 255), (127, 1, 1), groups=127),
        Convolution(np.full((1, 127, 1, 1), 255), (127, 1, 1)),
        Convolution(np.full((1, 1, 64, 1), 255), (1, 127, 1), dilation=(2, 1)),
    ],
    ids=["columns", "padding", "groups", "channels", "span"],
)
def test_the_largest_that_lava_takes_equal_the_reference(conv: Convolution):
    network = convolved(conv)
    assert runs_as(network).process == "Conv"
    check(network.projections[0], np.random.default_rng(0))


@settings(max_examples=100, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_random_convolutions_on_lava_s_model(data: st.DataObject, seed: int):
    rng = np.random.default_rng(seed)
    targets, sources = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    conv = random_convolution(data.draw, rng, targets, sources)
    check(Projection("windows", "image", "readout", conv), rng)


def check(windows: Projection, rng: np.random.Generator) -> None:
    """Compare Lava's model with the convolution of the reference, with sums up to the limits of 24 bits."""
    conv = windows.weight
    assert isinstance(conv, Convolution)
    largest = STATE_MAX // max(1, int(np.abs(replace(conv, weight=np.abs(conv.weight)).reach(0, 1)[1]).max()))
    messages = rng.choice(
        [-largest, largest, 0, *rng.integers(-largest, largest, 3, endpoint=True)], (4, conv.shape[1])
    )
    stepped = SteppedModel(projection.conv_process(windows, ANY_REQUEST), PyConvModelFixed)
    sums = [stepped.step(message.reshape(conv.input_shape).transpose(2, 1, 0)) for message in messages]
    assert not sums[0].any()
    got = np.array([a.transpose(2, 1, 0).ravel() for a in sums[1:]])
    assert np.array_equal(got, conv.apply(messages[:-1]))


ANY_REQUEST = RunRequest(convolved(UNEVEN), image_of(convolved(UNEVEN)), STEPS, EVERYTHING, 0, "process")
