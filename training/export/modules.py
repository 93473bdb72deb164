"""Which modules a model is made of, in what order: cells, and linear modules between them."""

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

NOTHING: tuple[type, ...] = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity)
"""Modules that do nothing once a model is trained."""

OVER_TIME: tuple[type, ...] = (snn.LIF, snn.LIFRecurrent, snn.LIFRefracRecurrent, snn.LI)
"""Cells that take whole sequences `(steps, batch, …)`; the others take one step `(batch, …)`."""

READOUTS: tuple[type, ...] = (snn.LI, snn.LICell, snn.LILinearCell, snn.LIBoxCell)
"""Cells whose output is a potential, which nothing can follow."""

HINTS: dict[type, str] = {
    nn.BatchNorm1d: "fold it into the weights of the layer before",
    nn.BatchNorm2d: "fold it into the weights of the layer before",
    nn.MaxPool2d: "a maximum is not linear; train with AvgPool2d or with a stride",
}
"""What to do about modules that can't be kept."""


@dataclass(frozen=True)
class Leaf:
    """A module without children, its name in the model, and whether it gets whole sequences `(steps, batch, …)`."""

    module: Any
    name: str
    over_time: bool

    @property
    def place(self) -> str:
        """Where an error is."""
        return f"module {self.name} ({type(self.module).__name__})"


@dataclass(frozen=True, eq=False)
class Layer:
    """A cell, the linear modules before it, and where in the model it stands: place, and number of cells before it."""

    run: tuple[Leaf, ...]
    leaf: Leaf
    latency: int


def leaves_of(model: nn.Module) -> Iterator[Leaf]:
    """Every module that does something, in order."""
    return leaves(model, "", any(type(module) in OVER_TIME for module in model.modules()))


def leaves(module: Any, name: str, over_time: bool) -> Iterator[Leaf]:
    """The modules inside a module, or itself."""
    if type(module) in CONTAINERS:
        yield from CONTAINERS[type(module)](module, name, over_time)
    elif type(module) not in NOTHING:
        yield Leaf(module, name or "model", over_time)


def in_a_row(module: nn.Sequential, name: str, over_time: bool) -> Iterator[Leaf]:
    """A container that applies one module after the other; one that stands there twice is two."""
    # `named_children` would leave out a module that stands there twice.
    for child, inner in zip(vars(module)["_modules"], module, strict=True):
        yield from leaves(inner, f"{name}.{child}".strip("."), over_time)


def lifted(module: Any, name: str, over_time: bool) -> Iterator[Leaf]:
    """`Lift` applies its module to each step of a sequence."""
    yield from leaves(module.lifted_module, name, over_time=False)


CONTAINERS: dict[type, Callable[[Any, str, bool], Iterator[Leaf]]] = {
    snn.SequentialState: in_a_row,
    nn.Sequential: in_a_row,
    snn.Lift: lifted,
}


def split(leaves: Iterable[Leaf]) -> tuple[list[Layer], tuple[Leaf, ...]]:
    """Cells with the linear modules before them, and the linear modules after the last."""
    layers: list[Layer] = []
    run: list[Leaf] = []
    for leaf in leaves:
        if layers and type(layers[-1].leaf.module) in READOUTS:
            raise after_readout(leaf, layers[-1].leaf)
        if type(leaf.module) in CELLS:
            check_time(leaf)
            layers.append(Layer(tuple(run), leaf, len(layers)))
            run = []
        elif type(leaf.module) in LINEAR:
            run.append(leaf)
        else:
            raise unknown(leaf)
    if not layers:
        raise QuantalError("no cell in it", where="model", expected=f"at least one of {known(CELLS)}")
    return layers, tuple(run)


def unknown(leaf: Leaf) -> QuantalError:
    """The error for a module that can't be kept."""
    return QuantalError(
        "a module that can't be kept",
        where=leaf.place,
        expected=f"a leaky cell, {known(LINEAR)} or {known(NOTHING)}",
        got=f"{type(leaf.module).__module__}.{type(leaf.module).__name__}",
        hint=HINTS.get(type(leaf.module), ""),
    )


def after_readout(leaf: Leaf, readout: Leaf) -> QuantalError:
    """The error for a module that follows a read-out."""
    return QuantalError(
        "a module behind a read-out",
        where=leaf.place,
        expected=f"nothing behind {readout.place}, whose output are potentials and no spikes",
        got=type(leaf.module).__name__,
    )


def known(types: Any) -> str:
    """Names of types."""
    return ", ".join(kind.__name__ for kind in types)


def check_time(leaf: Leaf) -> None:
    """Refuse a cell for sequences among those for single steps, or the other way round."""
    if leaf.over_time != (type(leaf.module) in OVER_TIME):
        raise QuantalError(
            "cells for whole sequences and for single steps in one model",
            where=leaf.place,
            expected="one of the two throughout, or Lift around the cells for single steps",
            got=type(leaf.module).__name__,
        )


def common_dt(layers: list[Layer]) -> float:
    """The length of a step in seconds, which all cells must share."""
    first = layers[0].leaf
    for layer in layers:
        if layer.leaf.module.dt != first.module.dt:
            raise QuantalError(
                "cells with steps of different length",
                where=layer.leaf.place,
                expected=f"dt = {first.module.dt:g} as in {first.place}",
                got=f"dt = {layer.leaf.module.dt:g}",
            )
    return float(first.module.dt)
