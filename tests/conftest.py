"""What all tests share: processes that keep bytecode, and a garbage collector that skips what never goes away."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def bytecode() -> Iterator[None]:
    """Processes that tests start write bytecode, as those of users do, or each would compile all packages again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


def pytest_collection_finish() -> None:
    """Leave all imported packages out of garbage collection, which would look through them again and again."""
    gc.collect()
    gc.freeze()
