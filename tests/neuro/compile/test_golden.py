"""The result of every pass for three small graphs, as text that is compared line by line with files beside this one.

After an intended change, `UPDATE_GOLDEN=1 pytest tests/neuro/compile/test_golden.py` writes the files again; read the
differences before you commit them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quantal.neuro.circuits.poisson_vae import PoissonVae, lateral_competition, predictive_coding
from quantal.neuro.compile import PASSES, Options, run_passes
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.text import text
from quantal.neuro.neurons import FloatCuba, FloatSilent, FloatSpike

GOLDEN = Path(__file__).parent / "golden"


def vae() -> PoissonVae:
    """Three latents for four pixels, with parameters that are exact binary fractions."""
    return PoissonVae(
        dictionary=np.array([[0.5, -0.25, 0.0], [0.125, 0.75, -0.5], [-0.25, 0.25, 1.0], [0.0, 0.5, 0.25]]),
        step=0.5,
        noise_scale=np.array([1.0, 0.5, 1.0, 2.0]),
        drift=np.array([0.5, 0.25, 0.125]),
        initial_log_rate=np.array([-1.5, -1.25, -1.0]),
        log_rate_bounds=(-8.0, 4.0),
        input_scale=2.0,
        sample_shape=(2, 2),
    )


def spiking() -> Graph:
    """A layer of spiking units, recurrently connected, and a read-out."""
    ones = np.ones(2)
    layer = FloatPopulation("layer", 2, FloatCuba(0.125 * ones, ones, 0.25 * ones, -8.0, 8.0), FloatSpike(ones))
    readout = FloatPopulation(
        "read-out", 1, FloatCuba(np.zeros(1), np.ones(1), np.full(1, 0.5), -4.0, 4.0), FloatSilent()
    )
    return Graph(
        "spiking",
        (layer, readout),
        (
            FloatProjection("recurrence", "layer", "layer", np.array([[0.0, -0.5], [0.75, 0.0]]), 2),
            FloatProjection("read", "layer", "read-out", np.array([[0.5, -1.0]])),
        ),
        (Input("sample", "layer", np.array([1.0, 0.5])),),
    )


GRAPHS: dict[str, Callable[[], Graph]] = {
    "lateral-competition": lambda: lateral_competition(vae()),
    "predictive-coding": lambda: predictive_coding(vae()),
    "spiking": spiking,
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("slices", [1, 2])
def test_the_results_of_all_passes_are_unchanged(name: str, slices: int) -> None:
    options = Options(weight_slices=slices)
    texts = [f"graph:\n{text(GRAPHS[name]())}"]
    texts += [f"after {last}:\n{text(run_passes(GRAPHS[name](), options, last)[0])}" for last in PASSES]
    written = "\n".join(texts)
    path = GOLDEN / f"{name}-{slices}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written)
    assert written.splitlines() == path.read_text().splitlines()
