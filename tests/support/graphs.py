"""Float networks that the tests compile: random ones, and random trained models of a circuit."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.compile import Options
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatMemoryless, FloatPoissonCount, FloatSilent
from quantal.neuro.protocols import FloatEmission

Draw = st.DrawFn
scales = st.integers(-3, 3).map(lambda power: 10.0**power)
ends = st.one_of(st.just(0.0), st.floats(0.01, 6))

options = st.builds(
    Options,
    weight_bits=st.integers(4, 8),
    weight_slices=st.integers(1, 2),
    state_bits=st.integers(10, 24),
    message_bits=st.integers(2, 16),
)


@st.composite
def random_graphs(draw: Draw) -> Graph:
    """Up to three populations of any kinds, connected at random, also in loops, over six powers of ten."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    populations = tuple(random_population(draw, rng, f"p{index}") for index in range(draw(st.integers(1, 3))))
    pairs = draw(st.lists(st.tuples(*[st.sampled_from(populations)] * 2), max_size=4))
    projections = tuple(random_projection(draw, rng, f"{index}", *pair) for index, pair in enumerate(pairs))
    end = draw(st.sampled_from(populations))
    inputs = (Input("x", end.name, draw(scales) * rng.normal(size=(end.size, 3))),)
    return Graph("random", populations, projections, inputs, (Readout("y", end.name, rng.normal(size=(3, end.size))),))


def random_population(draw: Draw, rng: np.random.Generator, name: str) -> FloatPopulation:
    size = draw(st.integers(1, 5))
    counts = draw(st.booleans())
    scale = 1.0 if counts else draw(scales)
    low, high = -scale * draw(ends), scale * draw(ends)
    emission: FloatEmission = FloatPoissonCount(draw(st.integers(1, 255)))
    if not counts:
        emission = draw(st.sampled_from([FloatGraded(), FloatGraded(0.1 * high), FloatSilent()]))
    bias, initial = rng.uniform(low, high, size), rng.uniform(low, high, size)
    if draw(st.booleans()):
        return FloatPopulation(name, size, FloatMemoryless(bias, low, high), emission)
    decay = draw(st.floats(0, 1))
    return FloatPopulation(name, size, FloatAccumulator(bias, low, high, decay), emission, initial={"v": initial})


def random_projection(
    draw: Draw, rng: np.random.Generator, name: str, source: FloatPopulation, target: FloatPopulation
) -> FloatProjection:
    connected = rng.random((target.size, source.size)) < draw(st.sampled_from([0, 0.5, 1]))
    weight = draw(scales) * connected * rng.normal(size=connected.shape) ** draw(st.sampled_from([1, 5]))
    form = draw(st.sampled_from([np.asarray, csr_array]))
    return FloatProjection(name, source.name, target.name, form(weight), draw(st.integers(1, 4)))


@st.composite
def random_models(draw: Draw) -> PoissonVae:
    """Trained models of any size and scale."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    features, latents = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    return PoissonVae(
        dictionary=rng.normal(size=(features, latents)),
        step=draw(st.floats(1e-3, 0.5)),
        drift=rng.uniform(0.01, 2, latents),
        noise_scale=rng.uniform(0.2, 3, features),
        initial_log_rate=rng.normal(size=latents),
        log_rate_bounds=(-draw(st.floats(0.5, 8)), draw(st.floats(0, 8))),
        input_scale=draw(st.floats(0.1, 255)),
        sample_shape=(1, features),
    )
