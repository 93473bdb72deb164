from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.errors import QuantalError
from quantal.training.recipes.registry import RECIPES

SMALLER = {
    "poisson-vae": {"latents": 5, "updates": 2},
    "mnist-mlp": {"architecture": "12-10", "epochs": 1, "batch": 20},
    "mnist-mlp-rate": {"architecture": "12-10", "epochs": 1, "batch": 20},
    "mnist-mlp-latency": {"architecture": "12-10", "epochs": 1, "batch": 20},
    "mnist-conv": {"architecture": "2c3s2-10", "epochs": 1, "batch": 20},
    "mnist-rows": {"architecture": "6r-10", "steps": 8, "epochs": 1, "batch": 20},
    "ecg-beats": {"epochs": 1, "batch": 4},
}
MEASURES = {"poisson-vae": {"r2", "zeros", "distance"}}


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """A file that each recipe can read."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rows.npy", rng.standard_normal((60, 9)).astype(np.float32))
    images, labels = rng.integers(0, 256, (60, 8, 8), np.uint8), np.arange(60) % 10
    np.savez(tmp_path / "digits.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    beats = np.zeros(3600)
    beats[180::360] = 500
    np.savez(tmp_path / "ecg.npz", adc=beats, fs=360, gain=100, offset=0)
    others = {"poisson-vae": tmp_path / "rows.npy", "ecg-beats": tmp_path / "ecg.npz"}
    return dict.fromkeys(RECIPES, tmp_path / "digits.npz") | others


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_and_evaluates_a_model(name: str, data: dict[str, Path], tmp_path: Path) -> None:
    recipe, path = RECIPES[name], tmp_path / "model.safetensors"
    samples = recipe.samples(data[name], 16)
    model = recipe.fit(samples, recipe.settings(**SMALLER[name]), path)
    measures = recipe.evaluate(model, samples)
    assert set(measures) == MEASURES.get(name, {"accuracy", "rate", "validation"})
    assert recipe.evaluate(recipe.load_model(path), samples) == measures
    assert (len(samples.train) > 0, len(samples.held_out) > 0, bool(samples.source)) == (True, True, True)


def test_each_spike_coding_has_a_recipe() -> None:
    names = ("mnist-mlp", "mnist-mlp-rate", "mnist-mlp-latency", "mnist-rows")
    assert [RECIPES[name].settings().coding for name in names] == ["current", "rate", "latency", "rows"]


def test_a_poisson_vae_has_parameters_for_circuits(data: dict[str, Path]) -> None:
    recipe = RECIPES["poisson-vae"]
    model = recipe.fit(recipe.samples(data["poisson-vae"], 16), recipe.settings(**SMALLER["poisson-vae"]))
    assert recipe.to_parameters is not None
    assert isinstance(recipe.to_parameters(model), PoissonVae)


def test_an_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(QuantalError) as caught:
        RECIPES["vae"]
    assert str(caught.value) == f"no such recipe\n  expected one of {', '.join(RECIPES)}, got vae"
