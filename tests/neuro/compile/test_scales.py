"""Scales that keep every exponent legal."""

from __future__ import annotations

import numpy as np

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.verify import EXPONENT_MAX
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatMemoryless, FloatPoissonCount


def test_scales_in_a_loop_depend_on_each_other() -> None:
    """The scale of the counts is chosen before that of the errors, which huge weights make coarse."""
    graph = Graph(
        "coarse",
        (
            FloatPopulation("counts", 1, FloatAccumulator(np.zeros(1), 0.0, 0.0), FloatPoissonCount(1)),
            FloatPopulation("errors", 1, FloatMemoryless(np.array([0.00612903]), 0.0, 0.01171875), FloatGraded()),
        ),
        (
            FloatProjection("back", "errors", "counts", np.array([[1.13380317]])),
            FloatProjection("again", "errors", "errors", np.array([[0.0]])),
            FloatProjection("predict", "counts", "errors", np.array([[-181316.62909378]])),
        ),
    )
    network, _ = compile_graph(graph, Options(weight_bits=4, state_bits=10, message_bits=2))
    assert max(projection.exponent for projection in network.projections) <= EXPONENT_MAX
