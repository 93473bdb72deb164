"""Import Lava 0.10, which was written for Python 3.10; from 3.11 to 3.13 one of its modules needs a patch to load."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any
from unittest import mock

from quantal.neuro.errors import QuantalError, install_command


def load_lava() -> None:
    """Import Lava, or raise a `QuantalError` that says how to install it. Call this before any other import of Lava."""
    try:
        with mock.patch("dataclasses.dataclass", hashable):
            importlib.import_module("lava.magma.compiler.var_model")
    except ImportError as error:
        raise QuantalError(
            "Lava can't be imported",
            where="package lava-nc",
            expected="version 0.10.0",
            got=str(error),
            hint=install_command("lava"),
        ) from error


def hashable(cls: type | None = None, /, **options: Any) -> Any:
    """`dataclass`, but every dataclass is hashable, so that its instances may be default values of fields.

    Python 3.11 and later refuse an unhashable default as mutable, and Lava's variable models have such defaults.
    """
    return dataclass(cls, **{"unsafe_hash": True, **options})
