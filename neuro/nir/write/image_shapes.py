"""Which populations of a graph are pictures in NIR, whose nodes have shapes where populations have sizes.

NIR can flatten a picture, and has nothing that makes a picture of a row. So a population is a picture if everything
that arrives there comes as one: through a convolution of a picture, or unit by unit from one. What else a convolution
starts from is a row, and the convolution is then written as the matrix that it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import singledispatch

from quantal.neuro.network.graph import Graph
from quantal.neuro.nir.primitives.primitive import Shape
from quantal.neuro.nir.write.links import Link
from quantal.neuro.protocols import FloatWeight
from quantal.neuro.synapses import FloatConvolution, FloatDiagonal


def shapes_out(graph: Graph, links: list[Link], sample: str) -> dict[str, Shape]:
    """Shape of the sample and of every population, for nodes that have to fit each other."""
    rows: dict[str, Shape] = {}
    while True:
        shapes = spread(graph, links, {sample: sample_shape(graph), **rows})
        wrong = {link.target for link in links if misfits(link, shapes)}
        if not wrong:
            return shapes
        rows |= {name: (graph.population(name).size,) for name in wrong}


def sample_shape(graph: Graph) -> Shape:
    """Shape of the sample; where it isn't known, that of a convolution, or one axis."""
    features = graph.inputs[0].gain.shape[-1] if graph.inputs else 0
    if graph.sample_shape and math.prod(graph.sample_shape) == features:
        return graph.sample_shape
    seen = [entry.gain.input_shape for entry in graph.inputs if isinstance(entry.gain, FloatConvolution)]
    return seen[0] if seen else (features,)


def spread(graph: Graph, links: list[Link], known: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes carried along links from those that are known; where none arrives, what starts there tells."""
    shapes = dict(known)
    unknown = {population.name: population.size for population in graph.populations if population.name not in shapes}
    while unknown:
        told = [link for link in links if link.target in unknown and brings_picture(link, shapes)]
        found = {link.target: arriving(link, shapes) for link in told} or starting_shapes(links, unknown)
        found = found or {name: (size,) for name, size in unknown.items()}
        shapes |= found
        unknown = {name: size for name, size in unknown.items() if name not in shapes}
    return shapes


def starting_shapes(links: list[Link], unknown: Mapping[str, int]) -> dict[str, Shape]:
    """Shapes of populations at which convolutions start."""
    weights = [(link.source, link.weight) for link in links if link.source in unknown]
    return {name: weight.input_shape for name, weight in weights if isinstance(weight, FloatConvolution)}


def brings_picture(link: Link, shapes: Mapping[str, Shape]) -> bool:
    """Whether a link is known to bring a picture."""
    return link.source in shapes and len(arriving(link, shapes)) > 1


def misfits(link: Link, shapes: Mapping[str, Shape]) -> bool:
    """Whether a population is a picture, and a link brings something else."""
    return len(shapes[link.target]) > 1 and arriving(link, shapes) != shapes[link.target]


def arriving(link: Link, shapes: Mapping[str, Shape]) -> Shape:
    """The shape in which a link comes from where it starts."""
    return leaving(link.weight, shapes[link.source])


@singledispatch
def leaving(weight: FloatWeight, source: Shape) -> Shape:
    """The shape that the node of a weight makes of another: a matrix makes a row."""
    return weight.shape[:1]


@leaving.register
def _(weight: FloatDiagonal, source: Shape) -> Shape:
    return source


@leaving.register
def _(weight: FloatConvolution, source: Shape) -> Shape:
    """The picture that a convolution makes of one, or of a signal, or the row that its matrix makes."""
    if not fits(weight, source):
        return weight.shape[:1]
    channels, height, width = weight.output_shape
    return (channels, height, width) if len(source) == 3 else (channels, width)


def fits(weight: FloatConvolution, source: Shape) -> bool:
    """Whether a convolution takes what has this shape: a picture, or a signal `(channels, length)` of height 1."""
    channels, height, width = weight.input_shape
    along = weight.weight.shape[2], weight.stride[0], weight.padding[0], weight.dilation[0]
    return source == weight.input_shape or (source == (channels, width) and height == 1 and along == (1, 1, 0, 1))
