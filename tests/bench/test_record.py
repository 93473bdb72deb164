"""Records of long measurements, and targets that have none."""

from __future__ import annotations

import json

from quantal.bench.record import RecordedValue
from quantal.bench.targets.target import Target, at_most


def test_a_value_is_recorded_and_measured_again(tmp_path, monkeypatch):
    monkeypatch.setattr("quantal.bench.record.FOLDER", tmp_path / "bench" / "results")
    (tmp_path / "pyproject.toml").touch()
    values = iter([4.0, 5.0])
    recorded = RecordedValue("long", "python -m long", 7, lambda: next(values))
    assert recorded.value(rerun=False) is None
    assert recorded.value(rerun=True) == 4.0
    assert recorded.value(rerun=False) == 4.0
    entry = json.loads((tmp_path / "bench" / "results" / "long.json").read_text())
    assert set(entry) == {"value", "command", "seed", "versions", "machine", "date"}


def test_a_target_without_a_value_is_not_met():
    assert at_most("long", None, 1.0, "x", "recorded") == Target("long", None, "<= 1", False, "recorded", "x")
