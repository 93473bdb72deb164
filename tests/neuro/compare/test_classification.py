"""Classes and accuracy of a run, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantal.neuro.compare.classification import (
    Accuracy,
    accuracy_of,
    class_scores,
    output_population,
    score_recording,
)
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.trace import Recording, Trace
from quantal.neuro.neurons import Accumulator, Graded, Silent
from quantal.neuro.protocols import Emission
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.synapses import Dense

STEPS = 3


def network(emission: Emission, readouts: tuple[Readout, ...] = ()) -> CountNetwork:
    """What arrives at two units reaches two others a step later, which add it up."""
    summing = Accumulator(np.zeros(2, np.int64), lowest=-1000, highest=1000)
    populations = (
        Population("first", 2, replace(summing, decay=4096), Graded()),
        Population("last", 2, summing, emission),
    )
    wire = Projection("wire", "first", "last", Dense(2 * np.eye(2, dtype=np.int64)))
    return CountNetwork("two", populations, (wire,), (Input("x", "first", np.ones(2)),), readouts)


def trace(made: CountNetwork, samples: list[list[float]]) -> Trace:
    return reference.run(made, encode(made, np.array(samples)), STEPS, score_recording(made))


SAMPLES = [[5.0, 4.0], [1.0, 3.0], [-1.0, -2.0]]


def test_the_last_potential_of_an_output_that_sends_nothing():
    made = network(Silent())
    assert score_recording(made) == Recording((), (("last", "v"),))
    assert class_scores(made, trace(made, SAMPLES)).tolist() == [[20, 16], [4, 12], [-4, -8]]


def test_messages_count_from_the_step_that_a_sample_can_affect():
    """A unit that sends its potential, which starts at 100, has sent 100 before a sample arrives."""
    made = network(Graded())
    start = replace(made.population("last"), initial={"v": np.array([0, 100])})
    made = replace(made, populations=(made.populations[0], start))
    assert score_recording(made) == Recording(("last",), ())
    assert class_scores(made, trace(made, SAMPLES[:1])).tolist() == [[10 + 20, 108 + 116]]


def test_a_read_out_weights_messages():
    made = network(Graded(), (Readout("y", "last", np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])),))
    assert output_population(made) == "last"
    assert class_scores(made, trace(made, SAMPLES[:1])).tolist() == [[30, 24, 36]]


def test_accuracy_is_the_share_of_the_largest_scores():
    made = network(Silent())
    found = accuracy_of(made, trace(made, SAMPLES), np.array([0, 0, 0]))
    assert (found.accuracy, found.samples) == (2 / 3, 3)


@pytest.mark.parametrize(
    ("right", "samples", "interval"),
    [(8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (9876, 10000, (0.98524, 0.98958))],
)
def test_wilson_interval(right: int, samples: int, interval: tuple[float, float]):
    found = Accuracy.of(right, samples)
    assert (found.lowest, found.highest) == pytest.approx(interval, abs=5e-5)
    assert found.lowest <= found.accuracy <= found.highest


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([0, 1], "labels don't fit the samples\n  expected 3 labels, one for each sample, got 2 labels"),
        ([0, 1, 2], "labels don't fit the network's classes\n  expected 0 to 1, got 0 to 2"),
        ([-1, 1, 0], "labels don't fit the network's classes\n  expected 0 to 1, got -1 to 1"),
    ],
)
def test_labels_of_other_samples_or_classes_are_refused(labels: list[int], text: str):
    made = network(Silent())
    with pytest.raises(QuantalError) as caught:
        accuracy_of(made, trace(made, SAMPLES), np.array(labels))
    assert str(caught.value) == f"labels: {text}"


def test_a_network_with_several_outputs_is_refused():
    made = network(Silent())
    with pytest.raises(QuantalError, match=r"can't tell which population gives the class\n.*got first, last"):
        output_population(replace(made, projections=()))
