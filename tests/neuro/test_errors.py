"""The text of an error: three lines at most, empty parts left out."""

from __future__ import annotations

import pytest

from quantal.neuro.errors import QuantalError


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({}, "broken"),
        ({"where": "here"}, "here: broken"),
        ({"expected": "1"}, "broken\n  expected 1"),
        ({"got": "2"}, "broken\n  got 2"),
        (
            {"where": "here", "expected": "1", "got": "2", "hint": "mend it"},
            "here: broken\n  expected 1, got 2\n  mend it",
        ),
    ],
)
def test_text(parts: dict[str, str], text: str):
    assert str(QuantalError("broken", **parts)) == text
