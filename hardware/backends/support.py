"""What each backend supports, and why it refuses the rest, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quantal.hardware.backends import BACKENDS
from quantal.hardware.backends.backend import FEATURES, Backend
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.registry import Registry
from quantal.neuro.synapses import WEIGHTS
from quantal.neuro.synapses.plasticity import PLASTICITIES

KINDS: tuple[Registry[Any], ...] = (INTEGRATIONS, EMISSIONS, WEIGHTS, PLASTICITIES)


@dataclass(frozen=True)
class SupportRow:
    """A kind or a feature, and for each backend by name the reason why it refuses it, empty if it does not."""

    category: str
    name: str
    reasons: Mapping[str, str]


def support_rows() -> list[SupportRow]:
    """A row for each registered kind, then one for each feature that some backend lacks."""
    return [*kind_rows(), *feature_rows()]


def kind_rows() -> Iterator[SupportRow]:
    """A row for each registered integration, emission, weight and plasticity."""
    for registry in KINDS:
        for name, kind in registry.items():
            reasons = {each: kind_reason(backend, kind) for each, backend in BACKENDS.items()}
            yield SupportRow(registry.noun, name, reasons)


def feature_rows() -> Iterator[SupportRow]:
    """A row for each of `FEATURES`."""
    for feature in FEATURES:
        yield SupportRow("run", feature, {name: each.limits.get(feature, "") for name, each in BACKENDS.items()})


def kind_reason(backend: Backend, kind: type) -> str:
    """Why a backend refuses a kind; empty if it does not."""
    refusal = backend.refusal_of_kind(kind, "")
    return refusal.what if refusal else ""
