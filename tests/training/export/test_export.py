from __future__ import annotations

import numpy as np
import pytest
import torch

from quantal.neuro.circuits import poisson_vae as circuits
from quantal.training.export import to_parameters
from quantal.training.models.poisson_vae import PoissonVAE


@pytest.fixture
def model() -> PoissonVAE:
    torch.manual_seed(0)
    model = PoissonVAE(0.3 * torch.randn(6, 9), 0.4, 0.05, -1.0, (-8.0, 3.5), 3.0, (2, 3))
    with torch.no_grad():
        model.log_drift += torch.randn(9)
        model.log_noise_scale += torch.randn(6)
        model.initial_log_rate += torch.randn(9)
    return model


def test_parameters_keep_their_meaning(model: PoissonVAE) -> None:
    found = to_parameters(model)
    assert (found.log_rate_bounds, found.sample_shape) == ((-8.0, 3.5), (2, 3))
    assert (found.step, found.input_scale) == (pytest.approx(0.4), 3.0)
    for array, shape in [
        (found.dictionary, (6, 9)),
        (found.drift, (9,)),
        (found.noise_scale, (6,)),
        (found.initial_log_rate, (9,)),
    ]:
        assert (array.shape, array.dtype) == (shape, np.float64)


def test_exported_update_equals_the_models(model: PoissonVAE) -> None:
    """The published equation with the exported parameters, against torch."""
    p, rng = to_parameters(model), np.random.default_rng(0)
    raw, counts = rng.standard_normal((5, 6)), rng.poisson(0.5, (5, 9)).astype(float)
    error = (raw / p.input_scale - counts @ p.dictionary.T) / p.noise_scale**2
    expected = np.clip(p.initial_log_rate + p.step * (error @ p.dictionary - p.drift), *p.log_rate_bounds)
    with torch.no_grad():
        single = torch.tensor(raw, dtype=torch.float32), torch.tensor(counts, dtype=torch.float32)
        constant = model.constant_input(single[0])
        found = model.update(model.initial_log_rate, single[1], constant, model.competition())
    assert found.numpy() == pytest.approx(expected, abs=1e-4)


def test_circuits_are_built_from_the_parameters(model: PoissonVAE) -> None:
    graph = circuits.lateral_competition(to_parameters(model))
    with torch.no_grad():
        assert graph.projections[0].weight.to_dense() == pytest.approx(-model.competition().numpy(), abs=1e-4)


def test_parameters_are_copies(model: PoissonVAE) -> None:
    found = to_parameters(model)
    before = found.dictionary.copy()
    with torch.no_grad():
        model.dictionary.zero_()
    assert np.array_equal(found.dictionary, before)
