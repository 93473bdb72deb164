"""The iterative Poisson VAE (iP-VAE): sparse coding by spiking variational inference, as a network.

A sample x is explained by a linear dictionary, `x ≈ Φ z` with noise `N(0, σ²)`, and Poisson counts
`z ~ Poisson(exp(v))`. The natural gradient of the free energy in the log-rates v, evaluated at the counts that were
drawn, gives the update of Vafaii, Galor and Yates ("Brain-like variational inference", arXiv 2410.19315)::

    v ← clamp(v + η (Φᵀ σ⁻² (x − Φ z) − c))

with a step size η and a constant drift c for each unit. Multiplied out it needs one population that competes
through its own spikes (`lateral_competition`); left as it stands it is predictive coding, with a population of
prediction errors `x − Φ z` that feed back (`predictive_coding`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.circuits.circuit import Circuit
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatAccumulator, FloatGraded, FloatMemoryless, FloatPoissonCount

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PoissonVae:
    """The parameters of a trained iP-VAE.

    Parameters
    ----------
    dictionary
        Φ, `(features, latents)`: a column is what one spike of that latent adds to the reconstruction.
    step
        η, the step size of inference, dimensionless.
    drift
        c, `(latents,)`, above zero: how strongly silence is favoured.
    noise_scale
        σ, `(features,)`: standard deviation of the noise, on the scale of the model's input.
    initial_log_rate
        v before the first step, `(latents,)`, in nats.
    log_rate_bounds
        Lowest and highest log-rate, in nats.
    input_scale
        The model's input is the raw sample divided by this.
    sample_shape
        Shape of one sample, such as that of an image; its product is the number of features.
    """

    dictionary: Floats
    step: float
    drift: Floats
    noise_scale: Floats
    initial_log_rate: Floats
    log_rate_bounds: tuple[float, float]
    input_scale: float
    sample_shape: tuple[int, ...]


MAX_COUNT = 63
"""Largest count that a unit sends in one step."""

RESIDUAL_BOUND = 32.0
"""Prediction errors are clipped at this many standard deviations of the noise."""


def lateral_competition(model: PoissonVae, seed: int = 0) -> Graph:
    """One population whose spikes compete: `v ← v + η Φᵀσ⁻²x − ηΦᵀσ⁻²Φ z − ηc`.

    The term `η Φᵀ σ⁻² x` is external input; the recurrent projection feeds the counts back.
    """
    back = feedback(model)
    return Graph(
        name="poisson-vae-lateral-competition",
        populations=(latent_population(model),),
        projections=(FloatProjection("latent->latent", "latent", "latent", -back @ model.dictionary),),
        inputs=(Input("sample", "latent", back / model.input_scale),),
        readouts=(Readout("reconstruction", "latent", model.dictionary * model.input_scale),),
        seed=seed,
        sample_shape=model.sample_shape,
    )


def predictive_coding(model: PoissonVae, seed: int = 0) -> Graph:
    """Predictive coding: a population of errors `e = x − Φ z`, and `v ← v + η Φᵀσ⁻² e − ηc`.

    The loop takes two steps, one from counts to errors and one back.
    """
    features = len(model.noise_scale)
    bound = RESIDUAL_BOUND * float(model.noise_scale.max())
    errors = FloatPopulation("error", features, FloatMemoryless(np.zeros(features), -bound, bound), FloatGraded())
    return Graph(
        name="poisson-vae-predictive-coding",
        populations=(latent_population(model), errors),
        projections=(
            FloatProjection("latent->error", "latent", "error", -model.dictionary),
            FloatProjection("error->latent", "error", "latent", feedback(model)),
        ),
        inputs=(Input("sample", "error", np.full(features, 1 / model.input_scale)),),
        readouts=(Readout("reconstruction", "latent", model.dictionary * model.input_scale),),
        seed=seed,
        sample_shape=model.sample_shape,
    )


def feedback(model: PoissonVae) -> Floats:
    """`η Φᵀ σ⁻²`, `(latents, features)`: what an error adds to the log-rates."""
    return model.step * (model.dictionary / model.noise_scale[:, np.newaxis] ** 2).T


def latent_population(model: PoissonVae) -> FloatPopulation:
    """Log-rates v without leak, and Poisson counts; the bound on rates makes draws above `MAX_COUNT` very rare."""
    lowest, highest = model.log_rate_bounds
    highest = min(highest, float(np.log(MAX_COUNT / 2)))
    return FloatPopulation(
        "latent",
        model.dictionary.shape[1],
        FloatAccumulator(-model.step * model.drift, lowest, highest),
        FloatPoissonCount(MAX_COUNT),
        initial={"v": np.clip(model.initial_log_rate, lowest, highest)},
    )


LATERAL_COMPETITION = Circuit(
    "iP-VAE: one population of Poisson counts that compete through their own spikes", PoissonVae, lateral_competition
)
PREDICTIVE_CODING = Circuit(
    "iP-VAE: Poisson counts predict the sample, and a population of prediction errors corrects them",
    PoissonVae,
    predictive_coding,
)
