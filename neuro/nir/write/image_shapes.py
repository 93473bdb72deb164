"""Which populations of a graph are images in NIR, whose nodes have shapes where populations have sizes.

NIR can flatten an image, but can't reshape a vector to an image. So a population is an image if everything that
arrives there is an image: the output of a convolution, or of unit-by-unit connections from an image. Any other source
of a convolution is a vector, and the convolution is then written as its matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import singledispatch

from quantal.neuro.network.graph import Graph
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.write.paths import WeightedPath
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDiagonal


def node_shapes(graph: Graph, paths: list[WeightedPath], sample: str) -> dict[str, Shape]:
    """Shape of the sample and of every population, such that all nodes fit together."""
    vectors: dict[str, Shape] = {}
    while True:
        shapes = propagated(graph, paths, {sample: sample_shape(graph), **vectors})
        wrong = {path.target for path in paths if misfits(path, shapes)}
        if not wrong:
            return shapes
        vectors |= {name: (graph.population(name).size,) for name in wrong}


def sample_shape(graph: Graph) -> Shape:
    """Shape of the sample; if it isn't known, the input shape of a convolution, or else one axis."""
    features = graph.inputs[0].gain.shape[-1] if graph.inputs else 0
    if graph.sample_shape and math.prod(graph.sample_shape) == features:
        return graph.sample_shape
    seen = [entry.gain.input_shape for entry in graph.inputs if isinstance(entry.gain, FloatConvolution)]
    return seen[0] if seen else (features,)


def propagated(graph: Graph, paths: list[WeightedPath], known: Mapping[str, Shape]) -> dict[str, Shape]:
    """Propagate known shapes along paths; where none arrives, the paths that start there decide."""
    shapes = dict(known)
    unknown = {population.name: population.size for population in graph.populations if population.name not in shapes}
    while unknown:
        bringing = [path for path in paths if path.target in unknown and brings_image(path, shapes)]
        found = {path.target: arriving(path, shapes) for path in bringing} or starting_shapes(paths, unknown)
        found = found or {name: (size,) for name, size in unknown.items()}
        shapes |= found
        unknown = {name: size for name, size in unknown.items() if name not in shapes}
    return shapes


def starting_shapes(paths: list[WeightedPath], unknown: Mapping[str, int]) -> dict[str, Shape]:
    """Shapes of populations from which convolutions start."""
    weights = [(path.source, path.weight) for path in paths if path.source in unknown]
    return {name: weight.input_shape for name, weight in weights if isinstance(weight, FloatConvolution)}


def brings_image(path: WeightedPath, shapes: Mapping[str, Shape]) -> bool:
    """Whether an image is known to arrive by a path."""
    return path.source in shapes and len(arriving(path, shapes)) > 1


def misfits(path: WeightedPath, shapes: Mapping[str, Shape]) -> bool:
    """Whether a population is an image, and another shape arrives by a path."""
    return len(shapes[path.target]) > 1 and arriving(path, shapes) != shapes[path.target]


def arriving(path: WeightedPath, shapes: Mapping[str, Shape]) -> Shape:
    """The shape that arrives at the end of a path."""
    return outgoing_shape(path.weight, shapes[path.source])


@singledispatch
def outgoing_shape(weight: FloatWeight, source: Shape) -> Shape:
    """Outgoing shape of the node of a weight; that of a matrix is a vector."""
    return weight.shape[:1]


@outgoing_shape.register
def _(weight: FloatDiagonal, source: Shape) -> Shape:
    return source


@outgoing_shape.register
def _(weight: FloatConvolution, source: Shape) -> Shape:
    """An image or signal, like the one that arrives; a vector if anything else arrives."""
    if not fits(weight, source):
        return weight.shape[:1]
    channels, height, width = weight.output_shape
    return (channels, height, width) if len(source) == 3 else (channels, width)


def fits(weight: FloatConvolution, source: Shape) -> bool:
    """Whether a convolution takes this shape: an image, or a signal `(channels, length)` of height 1."""
    channels, height, width = weight.input_shape
    along = weight.weight.shape[2], weight.stride[0], weight.padding[0], weight.dilation[0]
    return source == weight.input_shape or (source == (channels, width) and height == 1 and along == (1, 1, 0, 1))
