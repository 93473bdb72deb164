"""Lava 0.10 on current Python: it was written for 3.10 and runs up to 3.13 once one module may load."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any
from unittest import mock

from quantal.neuro.errors import QuantalError, add


def load_lava() -> None:
    """Import Lava, or raise a `QuantalError` that says how to install it. Call before any other import of Lava."""
    try:
        with mock.patch("dataclasses.dataclass", hashable):
            importlib.import_module("lava.magma.compiler.var_model")
    except ImportError as error:
        raise QuantalError(
            "Lava can't be imported",
            where="package lava-nc",
            expected="version 0.10.0",
            got=str(error),
            hint=add("lava"),
        ) from error


def hashable(cls: type | None = None, /, **options: Any) -> Any:
    """`dataclass` as Python 3.10 had it: a dataclass with a hash of its own may be a field's default.

    From 3.11 on, an unhashable default is refused as mutable, and Lava's variable models have such defaults.
    """
    return dataclass(cls, **{"unsafe_hash": True, **options})
