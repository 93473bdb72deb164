from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.training.models.poisson_vae import PoissonVAE, quality

FEATURES, LATENTS = 6, 9


@pytest.fixture
def model() -> PoissonVAE:
    """A model in which no parameter has a value that would hide its effect."""
    torch.manual_seed(0)
    dictionary = 0.3 * torch.randn(FEATURES, LATENTS)
    model = PoissonVAE(dictionary, 0.4, 0.05, -1.0, (-2.5, 1.5), 3.0, (2, 3))
    with torch.no_grad():
        model.log_drift += torch.randn(LATENTS)
        model.log_noise_scale += 0.3 * torch.randn(FEATURES)
        model.initial_log_rate += torch.randn(LATENTS)
    return model


def arrays(model: PoissonVAE) -> dict[str, NDArray[np.float64]]:
    return {name: value.double().numpy() for name, value in model.state_dict().items()}


def test_one_step_equals_the_equation(model: PoissonVAE) -> None:
    p, rng = arrays(model), np.random.default_rng(1)
    raw, log_rates = 5 * rng.standard_normal((40, FEATURES)), rng.uniform(-2, 1, (40, LATENTS))
    counts = rng.poisson(np.exp(log_rates)).astype(float)
    error = raw / p["input_scale"] - counts @ p["dictionary"].T
    gradient = (error / np.exp(p["log_noise_scale"]) ** 2) @ p["dictionary"] - np.exp(p["log_drift"])
    expected = np.clip(log_rates + np.exp(p["log_step"]) * gradient, -2.5, 1.5)
    assert {-2.5, 1.5} < set(expected.ravel())
    with torch.no_grad():
        constant = model.constant_input(torch.tensor(raw, dtype=torch.float32))
        single = (torch.tensor(each, dtype=torch.float32) for each in (log_rates, counts))
        found = model.update(*single, constant, model.competition())
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


def test_competition_is_symmetric_with_a_positive_diagonal(model: PoissonVAE) -> None:
    competition = model.competition().detach()
    assert torch.allclose(competition, competition.T, atol=1e-7)
    assert (competition.diagonal() > 0).all()


def test_inference_is_reproduced_by_its_seed(model: PoissonVAE) -> None:
    raw = torch.randn(20, FEATURES)
    first, same, other = (model.infer(raw, 30, seed) for seed in (1, 1, 2))
    assert torch.equal(first.counts, same.counts)
    assert torch.equal(first.log_rates, same.log_rates)
    assert not torch.equal(first.counts, other.counts)


def test_counts_are_poisson_with_the_rates_of_their_step(model: PoissonVAE) -> None:
    """The mean of 180,000 counts lies within five standard errors, a false alarm in 1.7 million."""
    state = model.infer(torch.zeros(20_000, FEATURES), 0)
    assert torch.equal(state.log_rates, model.initial_log_rate.detach().expand(20_000, -1))
    excess = (state.counts - state.log_rates.exp()).sum() / state.log_rates.exp().sum().sqrt()
    assert abs(float(excess)) < 5
    assert float(state.counts.var(dim=0).sum() / state.log_rates[0].exp().sum()) == pytest.approx(1, abs=0.05)


def test_reconstruction_is_in_raw_units(model: PoissonVAE) -> None:
    p, raw = arrays(model), torch.randn(4, FEATURES)
    counts = model.infer(raw, 5, seed=3).counts.double().numpy()
    assert model(raw, 5, seed=3).detach().numpy() == pytest.approx(counts @ p["dictionary"].T * 3, abs=1e-5)


def test_quality_is_the_mean_over_samples(model: PoissonVAE) -> None:
    raw = np.random.default_rng(0).standard_normal((70, FEATURES)).astype(np.float32)
    counts = model.infer(torch.from_numpy(raw), 20, seed=0).counts
    residual = raw - model.decode(counts).detach().numpy()
    r2 = 1 - (residual**2).sum(1) / ((raw - raw.mean(1, keepdims=True)) ** 2).sum(1)
    found = quality(model, raw, 20)
    assert found.r2 == pytest.approx(r2.mean(), rel=1e-5)
    assert found.zeros == pytest.approx(float((counts == 0).float().mean()))
    assert found.distance == pytest.approx(np.hypot(1 - found.r2, 1 - found.zeros))


def test_quality_does_not_depend_on_the_number_of_cores(model: PoissonVAE) -> None:
    raw, threads = np.random.default_rng(0).standard_normal((350, FEATURES)).astype(np.float32), torch.get_num_threads()
    found = []
    for cores in (1, 3):
        torch.set_num_threads(cores)
        found.append(quality(model, raw, 20))
        assert torch.get_num_threads() == cores
    torch.set_num_threads(threads)
    assert found[0] == found[1]


def test_chunks_and_seeds_draw_independently(model: PoissonVAE) -> None:
    once = np.repeat(np.random.default_rng(0).standard_normal((1, FEATURES)).astype(np.float32), 100, axis=0)
    first, other_seed = quality(model, once, 20).r2, quality(model, once, 20, seed=1).r2
    second = 2 * quality(model, np.concatenate([once, once]), 20).r2 - first
    assert len({round(first, 4), round(second, 4), round(other_seed, 4)}) == 3


def test_quality_needs_samples(model: PoissonVAE) -> None:
    with pytest.raises(QuantalError, match="no samples to evaluate the model on"):
        quality(model, np.zeros((0, FEATURES), np.float32))
