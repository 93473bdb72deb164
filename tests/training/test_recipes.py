from __future__ import annotations

import numpy as np
import pytest

from neuro.circuits.poisson_vae import PoissonVae
from neuro.errors import QuantalError
from training.recipes import RECIPES, recipe_named
from training.samples import Samples


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_goes_from_samples_to_parameters(name: str) -> None:
    rows = np.random.default_rng(0).standard_normal((60, 9)).astype(np.float32)
    recipe = recipe_named(name)
    model = recipe.fit(Samples(rows[:50], rows[50:], (3, 3), "noise"), recipe.settings(latents=5, updates=2))
    assert 0 <= recipe.quality(model, rows[50:], 5).zeros <= 1
    assert isinstance(recipe.to_parameters(model), PoissonVae)


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(QuantalError) as caught:
        recipe_named("vae")
    assert str(caught.value) == "vae: no such recipe\n  expected poisson-vae"
