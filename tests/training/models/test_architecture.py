"""Every choice among the settings, which need no torch, is implemented in torch."""

from __future__ import annotations

from dataclasses import fields

import pytest

from quantal.training.data.spike_coding import CODINGS
from quantal.training.learn.classifier_settings import ClassifierSettings
from quantal.training.models.architecture import WORDS, parse_architecture
from quantal.training.models.spiking_classifier import LAYERS, READOUTS, RESETS


def test_each_kind_of_layer_has_a_builder() -> None:
    assert [*WORDS] == [*LAYERS]


@pytest.mark.parametrize(("name", "implemented"), [("coding", CODINGS), ("readout", READOUTS), ("reset", RESETS)])
def test_each_choice_is_implemented(name: str, implemented: dict[str, object]) -> None:
    (setting,) = (each for each in fields(ClassifierSettings) if each.name == name)
    assert setting.metadata["allowed"].known == (*implemented,)


def test_an_architecture_is_read_word_by_word() -> None:
    assert parse_architecture("16c5s2-8c3-p2-128r-10") == [
        ("convolution", [16, 5, 2]),
        ("convolution", [8, 3, None]),
        ("pool", [2]),
        ("recurrent", [128]),
        ("dense", [10]),
    ]
