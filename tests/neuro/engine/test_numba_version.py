"""The engine uses parts of Numba that may change in any release, so the newest allowed version is the tested one."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numba
import pytest

ROOT = Path(__file__).parents[3]
Version = tuple[int, int]

PRIVATE = {
    "numba.core.caching": ("CompileResultCacheImpl", "FunctionCache"),
    "numba.core.cgutils": ("alloca_once_value", "get_or_insert_function", "if_unlikely", "raw_memcpy", "unpack_tuple"),
    "numba.core.datamodel.models": ("PrimitiveModel",),
    "numba.core.sigutils": ("normalize_signature",),
    "numba.core.typing.templates": ("signature",),
    "numba.np.arrayobj": ("make_array",),
}
"""The private interface of Numba that the engine uses, besides some attributes of compiled functions."""


def minor(text: str) -> Version:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def bounds() -> tuple[Version, Version]:
    """The first Numba version that pyproject.toml allows, and the first later one that it does not."""
    found = re.search(r'"numba>=([\d.]+),<([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert found, "pyproject.toml bounds Numba from both sides"
    return minor(found[1]), minor(found[2])


def test_the_installed_numba_is_inside_the_bounds() -> None:
    first, ceiling = bounds()
    assert first <= minor(numba.__version__) < ceiling


def test_the_ceiling_is_the_minor_version_after_the_locked_one() -> None:
    locked = re.search(r'name = "numba"\nversion = "([\d.]+)"', (ROOT / "uv.lock").read_text("utf-8"))
    assert locked
    major, minor_version = minor(locked[1])
    assert bounds()[1] == (major, minor_version + 1)


@pytest.mark.parametrize("module", PRIVATE)
def test_the_private_interface_is_there(module: str) -> None:
    assert [name for name in PRIVATE[module] if not hasattr(importlib.import_module(module), name)] == []
