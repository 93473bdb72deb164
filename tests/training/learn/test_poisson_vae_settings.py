from __future__ import annotations

from dataclasses import fields

import pytest

from quantal.neuro.errors import QuantalError
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("latents", 0, "latents: setting out of range\n  expected a whole number from 1 to 65536, got 0"),
        ("latents", 2.0, "latents: setting out of range\n  expected a whole number from 1 to 65536, got 2.0"),
        ("batch", True, "batch: setting out of range\n  expected a whole number from 1 to 100000, got True"),
        ("step", float("nan"), "step: setting out of range\n  expected a number from 0.0001 to 10, got nan"),
        ("drift", 0, "drift: setting out of range\n  expected a number from 1e-06 to 10, got 0"),
        ("seed", "7", "seed: setting out of range\n  expected a whole number from 0 to 4294967295, got 7"),
    ],
)
def test_settings_out_of_range(setting: str, value: object, message: str) -> None:
    with pytest.raises(QuantalError) as caught:
        PoissonVaeSettings(**{setting: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("setting", [each.name for each in fields(PoissonVaeSettings)])
def test_each_setting_has_a_range(setting: str) -> None:
    for value in (-1e9, 1e12, float("inf"), None):
        with pytest.raises(QuantalError, match=f"^{setting}: "):
            PoissonVaeSettings(**{setting: value})


def test_an_integer_is_a_valid_real_number() -> None:
    assert PoissonVaeSettings(step=1).step == 1
