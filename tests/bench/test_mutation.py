"""Mistakes made on purpose: which there are, whether tests find them, and what the targets make of their record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quantal.bench.experiments.mutants import Mutant, mutants_of
from quantal.bench.experiments.mutation import Part, is_found, summary
from quantal.bench.targets.foundations import mutation_targets, proof_targets

SOURCE = '''"""Docs with 1 number."""
LANES = 64


def clipped(é: int, most: "int | None" = 7) -> int:
    if most < é and not é == 2:
        raise ValueError(f"{1 + 1} at most")
    return min(é << 1, -most)
'''
TESTS = """from code_under_test import clipped


def test_clipped():
    assert clipped(1, 7) == -7
"""
EXPECTED = {
    "7 became 8",
    "most < é became most <= é",
    "most < é and (not é == 2) became most < é or not é == 2",
    "not é == 2 became é == 2",
    "é == 2 became é != 2",
    "2 became 3",
    "min became max",
    "é << 1 became é >> 1",
    "1 became 2",
    "-most became most",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "code_under_test.py").write_text(SOURCE, "utf-8")
    (tmp_path / "test_code.py").write_text(TESTS)
    return tmp_path


def mutants(tree: Path) -> dict[str, Mutant]:
    """Mutants by what became of an expression, without the place."""
    made = mutants_of(tree, "code_under_test.py", frozenset({"LANES"}))
    return {each.key.partition(": ")[2].rpartition(",")[0]: each for each in made}


def test_every_expression_that_computes_something_is_mutated(tree: Path):
    assert {*mutants(tree)} == EXPECTED


def test_only_the_expression_changes_also_after_letters_of_several_bytes(tree: Path):
    assert mutants(tree)["é << 1 became é >> 1"].source == SOURCE.replace("é << 1", "(é >> 1)")


def test_a_mistake_is_found_if_a_test_fails_and_the_tree_is_as_before(tree: Path):
    part, made = Part(("code_under_test.py",), 1.0, ("test_code.py",)), mutants(tree)
    assert is_found(tree, made["min became max"], part, 1.0)
    assert not is_found(tree, made["7 became 8"], part, 1.0)
    assert (tree / "code_under_test.py").read_text("utf-8") == SOURCE


def test_a_summary_counts_by_part_and_names_survivors():
    entries = [{"key": f"kinds: {name}", "line": 3, "found": name != "b"} for name in "abcd"]
    found = summary([*entries, {"key": "Lava: a", "line": 1, "found": True}])
    assert (found["mutants"], found["found"], found["score"]) == (5, 4, 0.8)
    assert found["parts"] == {"Lava": "1 of 1", "kinds": "3 of 4"}
    assert found["survivors"] == [{"line": 3, "mutant": "kinds: b", "argument": ""}]


@pytest.mark.parametrize(
    ("record", "held"),
    [
        ({}, [False, False, False]),
        ({"mutants": 300, "score": 0.98, "survivors": [{"argument": "why"}]}, [True, True, True]),
        ({"mutants": 299, "score": 0.979, "survivors": [{"argument": ""}]}, [False, False, False]),
    ],
)
def test_targets_of_mutation(record: dict[str, Any], held: list[bool]):
    assert [target.holds for target in mutation_targets(record)] == held


def test_targets_of_the_proof():
    good = {"networks": 10_000, "left": 0, "misjudged": 0, "unequal": 0}
    assert all(target.holds for target in proof_targets(good))
    for key in good:
        assert (
            sum(not target.holds for target in proof_targets({**good, key: good[key] + 1 if good[key] == 0 else 9}))
            == 1
        )
