from __future__ import annotations

from dataclasses import fields

import pytest

from quantal.neuro.errors import QuantalError
from quantal.training.learn.classifier_settings import ClassifierSettings


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("steps", 0, "steps: setting out of range\n  expected a whole number from 1 to 10000, got 0"),
        ("decay", 1.5, "decay: setting out of range\n  expected a number from 0.001 to 1, got 1.5"),
        ("coding", "phase", "coding: setting out of range\n  expected current or rate or latency or rows, got phase"),
        ("readout", "vote", "readout: setting out of range\n  expected potential or spikes, got vote"),
        ("reset", "none", "reset: setting out of range\n  expected zero or subtract, got none"),
        ("architecture", "8c3", "8c3: the last layer isn't dense\n  expected a number of classes at the end"),
    ],
)
def test_settings_out_of_range(setting: str, value: object, message: str) -> None:
    with pytest.raises(QuantalError) as caught:
        ClassifierSettings(**{setting: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("setting", [each.name for each in fields(ClassifierSettings) if each.name != "architecture"])
def test_each_setting_has_a_range(setting: str) -> None:
    for value in (-1e9, 1e12, float("inf"), None, "other"):
        with pytest.raises(QuantalError, match=f"^{setting}: "):
            ClassifierSettings(**{setting: value})
