"""The modules of a model in the order in which they are applied: cells, and linear modules between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import norse.torch as snn
from torch import nn

from quantal.neuro.errors import QuantalError
from quantal.training.export.cells import CELLS

LINEAR: tuple[type, ...] = (nn.Linear, nn.Conv2d, nn.AvgPool2d, nn.Flatten)
"""Modules that map linearly, up to a bias."""

INACTIVE: tuple[type, ...] = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity)
"""Modules that have no effect once a model is trained."""

OVER_TIME: tuple[type, ...] = (snn.LIF, snn.LIFRecurrent, snn.LIFRefracRecurrent, snn.LI)
"""Cells that take whole sequences `(steps, batch, …)`; the others take one step `(batch, …)`."""

READOUTS: tuple[type, ...] = (snn.LI, snn.LICell, snn.LILinearCell, snn.LIBoxCell)
"""Cells whose output is a potential; no module can follow them."""

HINTS: dict[type, str] = {
    nn.BatchNorm1d: "fold it into the weights of the layer before",
    nn.BatchNorm2d: "fold it into the weights of the layer before",
    nn.MaxPool2d: "a maximum is not linear; train with AvgPool2d or with a stride",
}
"""What to do instead of modules that can't be exported."""


@dataclass(frozen=True)
class Leaf:
    """A module without children, its name in the model, and whether it gets whole sequences `(steps, batch, …)`."""

    module: Any
    name: str
    over_time: bool

    @property
    def place(self) -> str:
        """The module as errors name it."""
        return f"module {self.name} ({type(self.module).__name__})"


@dataclass(frozen=True, eq=False)
class Stage:
    """A cell and the linear modules before it.

    Parameters
    ----------
    linear
        The linear modules, in the order in which they are applied.
    cell
        The cell that they feed.
    latency
        Number of cells before this one.
    """

    linear: tuple[Leaf, ...]
    cell: Leaf
    latency: int


def flattened(model: nn.Module) -> Iterator[Leaf]:
    """Every module that has an effect, in order."""
    return leaves(model, "", any(type(module) in OVER_TIME for module in model.modules()))


def leaves(module: Any, name: str, over_time: bool) -> Iterator[Leaf]:
    """The modules inside a module, or the module itself."""
    if type(module) in CONTAINERS:
        yield from CONTAINERS[type(module)](module, name, over_time)
    elif type(module) not in INACTIVE:
        yield Leaf(module, name or "model", over_time)


def inside_sequential(module: nn.Sequential, name: str, over_time: bool) -> Iterator[Leaf]:
    """A container that applies its modules in sequence; a module that occurs twice counts as two."""
    # `named_children` would list a module that occurs twice only once.
    for child, inner in zip(vars(module)["_modules"], module, strict=True):
        yield from leaves(inner, f"{name}.{child}".strip("."), over_time)


def inside_lift(module: Any, name: str, over_time: bool) -> Iterator[Leaf]:
    """`Lift` applies its module to each step of a sequence."""
    yield from leaves(module.lifted_module, name, over_time=False)


CONTAINERS: dict[type, Callable[[Any, str, bool], Iterator[Leaf]]] = {
    snn.SequentialState: inside_sequential,
    nn.Sequential: inside_sequential,
    snn.Lift: inside_lift,
}


def stages_of(leaves: Iterable[Leaf]) -> tuple[list[Stage], tuple[Leaf, ...]]:
    """Cells with the linear modules before them, and the linear modules after the last cell."""
    stages: list[Stage] = []
    linear: list[Leaf] = []
    for leaf in leaves:
        if stages and type(stages[-1].cell.module) in READOUTS:
            raise after_readout(leaf, stages[-1].cell)
        if type(leaf.module) in CELLS:
            check_time(leaf)
            stages.append(Stage(tuple(linear), leaf, len(stages)))
            linear = []
        elif type(leaf.module) in LINEAR:
            linear.append(leaf)
        else:
            raise unknown(leaf)
    if not stages:
        raise QuantalError("contains no Norse cell", where="model", expected=f"at least one of {names_of(CELLS)}")
    return stages, tuple(linear)


def unknown(leaf: Leaf) -> QuantalError:
    """The error for a module that can't be exported."""
    return QuantalError(
        "this module can't be exported",
        where=leaf.place,
        expected=f"a leaky cell, {names_of(LINEAR)} or {names_of(INACTIVE)}",
        got=f"{type(leaf.module).__module__}.{type(leaf.module).__name__}",
        hint=HINTS.get(type(leaf.module), ""),
    )


def after_readout(leaf: Leaf, readout: Leaf) -> QuantalError:
    """The error for a module that follows a read-out."""
    return QuantalError(
        "a module follows a read-out",
        where=leaf.place,
        expected=f"nothing after {readout.place}, whose output is a potential instead of spikes",
        got=type(leaf.module).__name__,
    )


def names_of(types: Any) -> str:
    """Names of types."""
    return ", ".join(kind.__name__ for kind in types)


def check_time(leaf: Leaf) -> None:
    """Refuse a mixture of cells for sequences and cells for single steps."""
    if leaf.over_time != (type(leaf.module) in OVER_TIME):
        raise QuantalError(
            "the model mixes cells for whole sequences and for single steps",
            where=leaf.place,
            expected="one of the two throughout, or Lift around the cells for single steps",
            got=type(leaf.module).__name__,
        )


def common_dt(stages: list[Stage]) -> float:
    """The time step in seconds, which must be the same for all cells."""
    first = stages[0].cell
    for stage in stages:
        if stage.cell.module.dt != first.module.dt:
            raise QuantalError(
                "cells have different time steps",
                where=stage.cell.place,
                expected=f"dt = {first.module.dt:g} as in {first.place}",
                got=f"dt = {stage.cell.module.dt:g}",
            )
    return float(first.module.dt)
