"""Pass `scales`: choose what 1 stands for in every state and message.

The scale of a state must be large enough for five things: the state's range fits its bits, biases and thresholds fit
theirs, the worst sum that can arrive takes at most half of the dialect's accumulator (the other half is for external
input), an external input as large as the state's range fits the whole of it, and the largest weight is a legal mantissa
at an exponent from 0 to the dialect's largest. The finest such scale is taken, times a factor below two so that the
largest weight uses the whole mantissa. If the sum needs a scale at which every weight is 0, compilation fails.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from quantal.neuro.compile.options import Options, Report, largest_mantissa, weight_grid
from quantal.neuro.dialects import Dialect, dialect_named, sum_max
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.verify import exponent_max
from quantal.neuro.neurons.limits import largest_size

Scales = dict[str, float]


def choose_scales(graph: Graph, options: Options, report: Report) -> Graph:
    """The same graph with `state_scale` and `message_scale` set everywhere."""
    state_scale, message_scale = scales_in_turn(graph, options, {})
    # In a loop of graded messages one scale must be chosen first; later rounds know the scales of the others.
    for _ in graph.populations:
        before = message_scale
        state_scale, message_scale = scales_in_turn(graph, options, before)
        if message_scale == before:
            break
    for population in graph.populations:
        refuse_vanishing_weights(graph, population, message_scale, options)
    for name, scale in state_scale.items():
        report.add("scales", name, f"1 in the state is {scale:.3g}, 1 in a message is {message_scale[name]:.3g}")
    chosen = (
        replace(p, state_scale=state_scale[p.name], message_scale=message_scale[p.name]) for p in graph.populations
    )
    return replace(graph, populations=tuple(chosen))


def scales_in_turn(graph: Graph, options: Options, known: Scales) -> tuple[Scales, Scales]:
    """Scales of states and of messages, each population's after those of its sources where possible."""
    state_scale: Scales = {}
    message_scale = dict(known)
    waiting = list(graph.populations)
    while waiting:
        population = next((p for p in waiting if arriving_scales_known(graph, p, message_scale)), waiting[0])
        waiting.remove(population)
        finest = finest_scale(graph, population, message_scale, options)
        state_scale[population.name] = scale_of_whole_mantissas(graph, population, finest, message_scale, options)
        message_scale[population.name] = message_scale_of(population, state_scale[population.name], options)
    return state_scale, message_scale


def arriving_scales_known(graph: Graph, population: FloatPopulation, message_scale: Scales) -> bool:
    """Whether the scale of every message that arrives is known."""
    return all(
        known_message_scale(graph, projection.source, message_scale) for projection in graph.arriving(population.name)
    )


def known_message_scale(graph: Graph, source: str, message_scale: Scales) -> float | None:
    """The scale of a message, if it is chosen already or does not depend on that of the state, as for counts."""
    population = graph.population(source)
    # Scales that follow the state's do so in powers of two, so a factor of three shows in any of them.
    scales = [message_scale_of(population, state_scale, Options()) for state_scale in (1.0, 3.0)]
    return message_scale.get(source, scales[0] if scales[0] == scales[1] else None)


def message_scale_of(population: FloatPopulation, state_scale: float, options: Options) -> float:
    """The scale of a message, for a given scale of the state."""
    bits = options.message_bits if population.message_bits is None else population.message_bits
    return population.emission.message_scale(state_scale, message_bound_of(population), bits)


def message_bound_of(population: FloatPopulation) -> float:
    """Largest absolute message of a population."""
    return population.emission.message_bound(population.integration.lowest, population.integration.highest)


def worst_message(graph: Graph, source: str, message_scale: Scales) -> float:
    """Largest absolute message after rounding up to an integer; a population that sends nothing counts as sending 1."""
    bound = message_bound_of(graph.population(source))
    scale = known_message_scale(graph, source, message_scale)
    return bound if scale is None else scale * max(1, math.ceil(bound / scale))


def finest_scale(graph: Graph, population: FloatPopulation, message_scale: Scales, options: Options) -> float:
    """The finest scale at which state, numbers, worst sum and largest weight fit; 1 if all are zero."""
    dialect = dialect_named(options.dialect)
    span = max(-population.integration.lowest, population.integration.highest)
    largest = largest_arriving(graph, population, message_scale)
    for_weights = largest / (largest_mantissa(options.weight_bits) * 2.0 ** exponent_max(dialect))
    for_sums = finest_sum_scale(graph, population, message_scale, dialect)
    for_numbers = max(population.integration.finest_state_scale(), population.emission.finest_state_scale())
    for_samples = span / sum_max(dialect) if population.name in {entry.target for entry in graph.inputs} else 0.0
    for_input = max(for_sums, for_weights, for_samples) / population.integration.sum_scale(1.0)
    return max(span / (2 ** (options.state_bits - 1) - 1), for_input, for_numbers) or 1.0


def finest_sum_scale(graph: Graph, population: FloatPopulation, message_scale: Scales, dialect: Dialect) -> float:
    """The finest scale of the sum at which the worst sum takes half of the accumulator."""
    worst = np.zeros(population.size)
    for projection in graph.arriving(population.name):
        worst = worst + projection.weight.row_sizes() * worst_message(graph, projection.source, message_scale)
    # Rounding can at most double a weight, so with a margin of 1/64 the sum fits for any weights.
    return float(worst.max()) * (65 / 64) / (sum_max(dialect) / 2)


def refuse_vanishing_weights(
    graph: Graph, population: FloatPopulation, message_scale: Scales, options: Options
) -> None:
    """Refuse a graph whose worst sum fits the accumulator only if every weight is rounded to 0."""
    dialect, grid = dialect_named(options.dialect), weight_grid(options.weight_bits)
    largest = largest_arriving(graph, population, message_scale)
    in_sum = finest_sum_scale(graph, population, message_scale, dialect)
    if not 0 < largest <= in_sum * grid / 2:
        return
    arriving = ", ".join(projection.name for projection in graph.arriving(population.name))
    raise QuantalError(
        "the sum of input fits only where every weight is rounded to 0",
        where=f"population {population.name}",
        expected=f"a sum below {sum_max(dialect)}, {dialect.sum_bits} bits in dialect {dialect.name}",
        got=f"{in_sum * sum_max(dialect) / 2 / largest * grid:.0f} over {arriving} with the largest weight at {grid}, "
        "the smallest but 0",
        hint="let fewer connections or smaller messages arrive there, or compile for another dialect",
    )


def scale_of_whole_mantissas(
    graph: Graph, population: FloatPopulation, finest: float, message_scale: Scales, options: Options
) -> float:
    """The scale at or above `finest` at which the largest weight is the largest mantissa."""
    largest = largest_arriving(graph, population, message_scale)
    levels = largest_mantissa(options.weight_bits) * population.integration.sum_scale(1.0)
    if largest < levels * finest:
        return finest
    exponent = int(np.floor(np.log2(largest / (levels * finest))))
    return largest / (levels * 2**exponent)


def largest_arriving(graph: Graph, population: FloatPopulation, message_scale: Scales) -> float:
    """Largest arriving weight for a message of 1, where the scale of the message is known."""
    arriving = graph.arriving(population.name)
    scales = [known_message_scale(graph, projection.source, message_scale) or 0.0 for projection in arriving]
    return max((largest_weight(p) * scale for p, scale in zip(arriving, scales, strict=True)), default=0.0)


def largest_weight(projection: FloatProjection) -> float:
    """Largest absolute weight."""
    return largest_size(projection.weight.values())
