"""Norse models as graphs, spike for spike.

A model is a sequence of cells with linear maps between them. Each cell becomes a population that does at `t + latency`
what the cell does at t, where the latency is the number of cells before it (`neuro.network.latency` finds it in any
graph).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from math import prod
from typing import Any

import numpy as np
from torch import nn

from quantal.neuro.compile.importing.layers import Layer, input_gain, population, projections
from quantal.neuro.compile.importing.ranges import state_ranges
from quantal.neuro.compile.importing.time_constants import memory_notes, noted
from quantal.neuro.compile.importing.weighted_sums import LinearMap, WeightedSum, mapped, signal, total
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Input, Readout
from quantal.neuro.network.graph import FloatPopulation, Graph, SampleRange
from quantal.neuro.protocols import Floats
from quantal.neuro.synapses import FloatDense
from quantal.training.export.cells import CELLS, Shape, check_finite, numbers
from quantal.training.export.latency import held_until, started_early
from quantal.training.export.linear_modules import after_modules
from quantal.training.export.module_tree import Leaf, Stage, common_dt, flattened, stages_of

SAMPLE = ""
"""The name of the source of samples, which no module has."""


def from_norse(
    model: nn.Module,
    sample_shape: Shape,
    name: str = "norse",
    largest_sample: float = 1.0,
    sample_range: SampleRange | None = None,
) -> Graph:
    """A trained Norse model as a float network that spikes exactly as it does.

    Each cell becomes a population named by its place in the model, such as `1` or `0.hidden`. Dropout has no effect, as
    in evaluation. Linear modules between two cells become one weight; those after the last cell become the read-out
    `output`.

    Parameters
    ----------
    model
        `SequentialState` or `torch.nn.Sequential`, which may be nested, of the cells in
        `training.export.cells.CELLS` and the linear modules in `training.export.module_tree.LINEAR`, also under `Lift`.
    sample_shape
        Shape of one sample at one step, without batch: `(features,)` or `(channels, height, width)`.
    name
        Name of the graph.
    largest_sample
        Largest magnitude of any feature of a sample; the proven range of u and v follows from it.
    sample_range
        What the features of a sample can be, if that is known better; by default anything up to `largest_sample` in
        size.

    Raises
    ------
    QuantalError
        If a module or a value can't be exported; it names both.
    """
    stages, rest = stages_of(flattened(model))
    sample_shape = tuple(int(size) for size in sample_shape)
    step = common_dt(stages)
    samples = sample_range or SampleRange(-largest_sample, largest_sample)
    shaped = list(layers_of(stages, sample_shape))
    layers = {entry.layer.name: entry.layer for entry in shaped}
    return Graph(
        name=name,
        populations=tuple(populations(stages, shaped, samples)),
        projections=tuple(entry for layer in layers.values() for entry in projections(layer, layers, arrow)),
        inputs=(sample_input(shaped[0].layer, prod(sample_shape), stages[0].cell.place),),
        readouts=readouts(rest, shaped[-1].layer, shaped[-1].shape),
        sample_shape=sample_shape,
        # `r` is for export to NIR: Norse reads and writes it as 1.
        provenance={"from": f"norse {version('norse')}", "dt_s": repr(step), "r": "1.0"}
        | noted(note for stage in stages for note in time_constant_notes(stage.cell)),
        sample_range=samples,
    )


def time_constant_notes(cell: Leaf) -> Iterator[str]:
    """Notes on a cell that forgets everything in a time step, or next to nothing."""
    parameters: Any = getattr(cell.module.p, "lif", cell.module.p)
    for name in ("tau_syn_inv", "tau_mem_inv"):
        if hasattr(parameters, name):
            share = np.ravel(numbers(cell.module.dt * getattr(parameters, name)))
            yield from memory_notes(f"{cell.place}: 1 / {name}", share)


@dataclass(frozen=True, eq=False)
class ShapedLayer:
    """A layer, the shape of its units, and where v starts in the model, `(units,)`."""

    layer: Layer
    shape: Shape
    rest: Floats


def layers_of(stages: list[Stage], sample_shape: Shape) -> Iterator[ShapedLayer]:
    """Each stage as a layer, whose shape is the input shape of the next."""
    source, shape = SAMPLE, sample_shape
    for stage in stages:
        shaped = layer_of(stage, source, shape)
        yield shaped
        source, shape = shaped.layer.name, shaped.shape


def layer_of(stage: Stage, source: str, shape: Shape) -> ShapedLayer:
    """A stage as a layer, with input of the given shape from a source."""
    module, name, place = stage.cell.module, stage.cell.name, stage.cell.place
    before, shape = after_modules(stage.linear, shape, signal(source, prod(shape)))
    before, shape = after_input_weights(stage.cell, before, shape)
    units = CELLS[type(module)](module, place, shape)
    feedback = cell_weights(stage.cell, "recurrent_weights")
    if feedback is not None:
        back = mapped(without_constant(feedback), name, signal(name, units.size))
        before = total([before, back], units.size)
    layer = Layer(name, started_early(units, before.constant, stage.latency, place), before)
    return ShapedLayer(layer, shape, units.initial_v)


def after_input_weights(cell: Leaf, before: WeightedSum, shape: Shape) -> tuple[WeightedSum, Shape]:
    """Apply a cell's own input weights, if it has any, to a weighted sum; returns the sum and its new shape."""
    weight = cell_weights(cell, "input_weights")
    if weight is None:
        return before, shape
    if shape != weight.shape[1:]:
        raise QuantalError(
            "the input has the wrong shape", where=cell.place, expected=str(weight.shape[1:]), got=str(shape)
        )
    return mapped(without_constant(weight), cell.name, before), weight.shape[:1]


def cell_weights(cell: Leaf, name: str) -> Floats | None:
    """Weights that are parameters of a cell itself."""
    weight: Any = getattr(cell.module, name, None)
    if weight is None:
        return None
    check_finite(numbers(weight), name, cell.place)
    return numbers(weight)


def without_constant(weight: Floats) -> LinearMap:
    """`y = weight x`."""
    return LinearMap(FloatDense(weight), np.zeros(len(weight)))


def populations(stages: list[Stage], shaped: list[ShapedLayer], samples: SampleRange) -> Iterator[FloatPopulation]:
    """The population of each layer, which is silent until its first input can arrive."""
    outside = samples.lowest, samples.highest
    ranges = state_ranges({entry.layer.name: entry.layer for entry in shaped}, outside, {})
    for stage, entry in zip(stages, shaped, strict=True):
        unheld = population(entry.layer, *ranges[entry.layer.name])
        yield held_until(unheld, entry.rest, stage.latency, stage.cell.place)


def sample_input(layer: Layer, features: int, place: str) -> Input:
    """The input of samples to the current of the first layer."""
    gain = layer.input.weights[SAMPLE, 0].by_row(np.multiply, layer.units.gain)
    return Input("sample", layer.name, input_gain(gain, slice(0, features), features, place))


def arrow(source: str, steps: int, target: str) -> str:
    """The name of a projection."""
    return f"{source}->{target}"


def readouts(rest: tuple[Leaf, ...], layer: Layer, shape: Shape) -> tuple[Readout, ...]:
    """Linear modules after the last cell, as the read-out of its spikes."""
    if not rest:
        return ()
    after, _ = after_modules(rest, shape, signal(layer.name, layer.units.size))
    if after.constant.any():
        raise QuantalError(
            "a linear module after the last cell has a bias",
            where=rest[-1].place,
            expected="none: a read-out is linear in the spikes",
            got=f"{after.constant[after.constant != 0][0]:g}",
            hint="train it with bias=False, or end the model with LICell",
        )
    return (Readout("output", layer.name, after.weights[layer.name, 0].to_dense()),)
