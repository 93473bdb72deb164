"""The judge of the first layer on the chip: what it makes of records that are good, bad or missing."""

from __future__ import annotations

from typing import Any

import pytest

from quantal.bench.targets.inputs import braille_targets, recipe_targets, throughput_target


def record(lost: float, tuned: float = 0.0, share: float = 0.0) -> dict[str, Any]:
    host = {"integer": 0.98, "tuned": 0.99, "host_share": 0.9}
    chip = {"integer": 0.98 - lost, "tuned": 0.99 - tuned, "host_share": share}
    return {"rows": [{"model": f"ecg-beats-{seed}", "host": host, "chip": chip} for seed in range(2)]}


@pytest.mark.parametrize(
    ("given", "holding"),
    [
        (record(0.004, 0.001), [True, True, True]),
        (record(0.006, 0.001), [False, True, True]),
        (record(-0.01, 0.003), [True, False, True]),
        (record(0.0, share=0.01), [True, True, False]),
        ({}, [False, False, False]),
    ],
)
def test_seeds_are_averaged_and_every_loss_has_its_limit(given: dict[str, Any], holding: list[bool]):
    targets = [target for target in recipe_targets(given) if target.name.startswith("ecg-beats")]
    assert [target.holds for target in targets] == holding


def test_throughput_counts_only_where_nothing_stays_on_the_host():
    assert throughput_target({"times_faster": 6.0, "host_share": {"chip": 0.0}}).holds
    assert not throughput_target({"times_faster": 4.9, "host_share": {"chip": 0.0}}).holds
    assert not throughput_target({"times_faster": 6.0}).holds


def test_letters():
    accuracy = {"8 bits": 0.97, "8 bits, input from the host": 0.98}
    lost, share = braille_targets({"varied": {"accuracy": accuracy}, "host_share": {"8 bits": 0.0}})
    assert not lost.holds
    assert share.holds
