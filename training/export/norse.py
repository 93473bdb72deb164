"""Norse models as graphs, spike for spike.

A model is a row of modules: cells, and linear maps between them. Each cell becomes a population that does at
`t + latency` what Norse's does at t, where the latency is the number of cells before it (`neuro.network.latency`
finds it in any graph).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from math import prod
from typing import Any

from torch import nn

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatConvolution
from quantal.neuro.synapses.composing import dense, matrix_of, scaled
from quantal.neuro.synapses.forms import FloatWeight
from quantal.training.export.cells import CELLS, Cell, Shape, check_finite, numbers
from quantal.training.export.linear import LinearMap, linear_map
from quantal.training.export.modules import Layer, Leaf, common_dt, leaves_of, split
from quantal.training.export.populations import population, reach

INPUT_WEIGHTS_MAX = 2**28
"""Gains of samples are a dense matrix; this many take 2 GB."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """A cell with the weights of what arrives there, in units of its potential.

    `arriving` is `(units, features before)`, `recurrent` is `(units, units)` or None, `current` is `(units,)`.
    """

    shape: Shape
    features: int
    cell: Cell
    arriving: FloatWeight
    current: Floats
    recurrent: FloatWeight | None


def from_norse(model: nn.Module, sample_shape: Shape, name: str = "norse", largest_sample: float = 1.0) -> Graph:
    """A trained Norse model as a float network that spikes exactly as it does.

    Each cell becomes a population that is named by its place in the model, such as `1` or `0.hidden`. Dropout does
    nothing, as in a trained model. Linear modules in a row become one weight; after the last cell they become the
    read-out `output`.

    Parameters
    ----------
    model
        `SequentialState`, `torch.nn.Sequential`, or both inside each other, of the cells in
        `training.export.cells.CELLS` and the linear modules in `training.export.modules.LINEAR`, also under `Lift`.
    sample_shape
        Shape of one sample at one step, without batch: `(features,)` or `(channels, height, width)`.
    name
        Of the graph.
    largest_sample
        Largest size of any feature of a sample; the range that u and v never leave follows from it.

    Raises
    ------
    QuantalError
        Names the module and the value that can't be kept.
    """
    layers, rest = split(leaves_of(model))
    sample_shape = tuple(int(size) for size in sample_shape)
    step = common_dt(layers)
    stack = list(stacked(layers, sample_shape))
    populations = [made(layer, weighted, largest_sample) for layer, weighted in zip(layers, stack, strict=True)]
    return Graph(
        name=name,
        populations=tuple(populations),
        projections=(*forward(layers, stack), *recurrent(layers, stack)),
        inputs=(Input("sample", layers[0].leaf.name, gain(layers[0], stack[0])),),
        readouts=readouts(rest, layers[-1], stack[-1]),
        sample_shape=sample_shape,
        # `r` is for those who write the graph as NIR: Norse reads and writes it as 1.
        provenance={"from": f"norse {version('norse')}", "dt_s": repr(step), "r": "1.0"},
    )


def stacked(layers: list[Layer], sample_shape: Shape) -> Iterator[Weighted]:
    """Each layer with its weights; the shape of its units is what the next one gets."""
    shape = sample_shape
    for layer in layers:
        weighted = weigh(layer, shape)
        yield weighted
        shape = weighted.shape


def weigh(layer: Layer, shape: Shape) -> Weighted:
    """A layer for samples of a shape, with everything that arrives there times k."""
    module, place = layer.leaf.module, layer.leaf.place
    before = through(own_weights(module, "input_weights", place), linear_map(layer.run, shape), place)
    cell = CELLS[type(module)](module, place, before.shape)
    back = own_weights(module, "recurrent_weights", place)
    return Weighted(
        before.shape,
        prod(shape),
        cell,
        scaled(cell.decay_v, before.weight),
        cell.decay_v * before.bias,
        None if back is None else scaled(cell.decay_v, back),
    )


def own_weights(module: Any, name: str, place: str) -> Floats | None:
    """Weights that a cell brings itself."""
    weight = getattr(module, name, None)
    if weight is None:
        return None
    check_finite(numbers(weight), name, place)
    return numbers(weight)


def through(weight: Floats | None, before: LinearMap, place: str) -> LinearMap:
    """A linear map, and then the input weights of a cell if it has any."""
    if weight is None:
        return before
    if before.shape != weight.shape[1:]:
        raise QuantalError("input of a wrong shape", where=place, expected=str(weight.shape[1:]), got=str(before.shape))
    return LinearMap(weight.shape[:1], weight @ matrix_of(before.weight), weight @ before.bias)


def made(layer: Layer, weighted: Weighted, largest_sample: float) -> FloatPopulation:
    """The population of a layer."""
    ends = (-largest_sample, largest_sample) if layer.latency == 0 else (0.0, 1.0)
    low, high = reach(weighted.arriving, *ends)
    if weighted.recurrent is not None:
        back = reach(weighted.recurrent, 0.0, 1.0)
        low, high = low + back[0], high + back[1]
    leaf = layer.leaf
    return population(leaf.name, leaf.place, weighted.cell, weighted.current, layer.latency, (low, high))


def gain(layer: Layer, weighted: Weighted) -> Floats | FloatConvolution:
    """What a sample adds to the current of the first layer: a convolution, or a matrix with its zeros."""
    if isinstance(weighted.arriving, FloatConvolution):
        return weighted.arriving
    units, features = len(weighted.current), weighted.features
    if units * features > INPUT_WEIGHTS_MAX:
        raise QuantalError(
            "too many weights from samples",
            where=layer.leaf.place,
            expected=f"at most {INPUT_WEIGHTS_MAX}",
            got=f"{units} × {features}",
        )
    return dense(weighted.arriving)


def forward(layers: list[Layer], stack: list[Weighted]) -> Iterator[FloatProjection]:
    """From each layer to the next."""
    for before, layer, weighted in zip(layers, layers[1:], stack[1:], strict=False):
        yield projection(before, layer, weighted.arriving)


def recurrent(layers: list[Layer], stack: list[Weighted]) -> Iterator[FloatProjection]:
    """From layers to themselves."""
    for layer, weighted in zip(layers, stack, strict=True):
        if weighted.recurrent is not None:
            yield projection(layer, layer, weighted.recurrent)


def projection(source: Layer, target: Layer, weight: FloatWeight) -> FloatProjection:
    """Spikes of one step arrive at the next, in Norse's recurrent cells too."""
    ends = source.leaf.name, target.leaf.name
    return FloatProjection("->".join(ends), *ends, weight)


def readouts(rest: tuple[Leaf, ...], layer: Layer, weighted: Weighted) -> tuple[Readout, ...]:
    """Linear modules after the last cell, as the read-out of its spikes."""
    if not rest:
        return ()
    after = linear_map(rest, weighted.shape)
    if after.bias.any():
        raise QuantalError(
            "a bias after the last cell",
            where=rest[-1].place,
            expected="none: a read-out is linear in the spikes",
            got=f"{after.bias[after.bias != 0][0]:g}",
            hint="train it with bias=False, or end the model with LICell",
        )
    return (Readout("output", layer.leaf.name, dense(after.weight)),)
