"""Mutants: copies of a source file with one small mistake each, of the sort that programmers make."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "any": "all",
    "all": "any",
    "lowest": "highest",
    "highest": "lowest",
}
"""Names that are easily confused."""
UNTOUCHED = (ast.Raise, ast.JoinedStr, ast.Assert, ast.Import, ast.ImportFrom, ast.Lambda)
"""Statements of errors and their texts, which have tests of their own."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in a line of a file; `key` identifies it as long as its function stays as it is."""

    key: str
    file: str
    line: int
    source: str


def mutants_of(root: Path, file: str, speed_only: frozenset[str]) -> Iterator[Mutant]:
    """Every mutant of a source file, except of statements that assign a name in `speed_only`, which no result shows."""
    source, times = (root / file).read_text("utf-8"), Counter[str]()
    for node, function in expressions(ast.parse(source), "<module>", speed_only):
        for other in mistakes(node):
            after = ast.unparse(other)
            key = f"{file}, {function}: {ast.unparse(node)} became {after}"
            times[key] += 1
            yield Mutant(f"{key}, place {times[key]}", file, node.lineno, spliced(source, node, f"({after})"))


def expressions(node: ast.AST, function: str, speed_only: frozenset[str]) -> Iterator[tuple[ast.expr, str]]:
    """Every expression that computes something, with the name of its function."""
    if isinstance(node, UNTOUCHED) or (isinstance(node, ast.FunctionDef) and node.name == "__repr__"):
        return
    if isinstance(node, ast.Assign) and {each.id for each in node.targets if isinstance(each, ast.Name)} & speed_only:
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = node.name
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "keywords" if is_class(node) else ""):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr) and not isinstance(child, ast.Slice):
                yield child, function
            if isinstance(child, ast.AST):
                yield from expressions(child, function, speed_only)


def is_class(node: ast.AST) -> bool:
    """Whether a node defines a class."""
    return isinstance(node, ast.ClassDef)


def mistakes(node: ast.expr) -> Iterator[ast.expr]:
    """What might have been written in place of an expression."""
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(operator)]()], [right])
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.BoolOp(ast.And(), values):
            yield ast.BoolOp(ast.Or(), values)
        case ast.BoolOp(ast.Or(), values):
            yield ast.BoolOp(ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Name(name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Attribute(value, name) if name in NAMES:
            yield ast.Attribute(value, NAMES[name])
        case _:
            return


def spliced(source: str, node: ast.expr, text: str) -> str:
    """The source with other text in place of a node, whose columns count bytes."""
    lines = source.encode().splitlines(keepends=True)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    return b"".join([*lines[:first], head + text.encode() + tail, *lines[last + 1 :]]).decode()
