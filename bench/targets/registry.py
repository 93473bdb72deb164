"""The tables of `quantal bench` by name; each is one file in this folder, loaded when it is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quantal.bench.targets.target import Target
from quantal.neuro.registry import Registry
from quantal.neuro.simulate.progress import Part

TABLES: Registry[Callable[[bool, Part], Iterator[Target]]] = Registry(
    "bench",
    {
        "main": "quantal.bench.targets.main:measure",
        "norse": "quantal.bench.targets.norse:measure",
        "foundations": "quantal.bench.targets.foundations:measure",
    },
)
"""Table to `measure(rerun, part)`, which yields its targets; `rerun` repeats measurements that have a record."""
