"""Every experiment can be imported, including those that take too long to run here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from quantal.bench.record import ROOT

NEED_ANOTHER_ENVIRONMENT = {"on_brian2_loihi", "on_nengo_loihi"}
"""Scripts that run in the environments of `bench.peers.answers`."""

FILES = sorted(path for path in (ROOT / "bench").rglob("*.py") if path.stem not in NEED_ANOTHER_ENVIRONMENT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_module_can_be_imported(path: Path):
    import_module(".".join(["quantal", *path.relative_to(ROOT).with_suffix("").parts]))
