"""Pass `scales`: choose what 1 stands for in every state and message.

A state's unit must be large enough for five things: the state's range fits its bits, biases and thresholds fit theirs,
the worst sum that can arrive takes at most half of the dialect's accumulator (the other half is for external input), an
external input as large as the state's range fits the whole of it, and the largest weight is a legal mantissa at an
exponent from 0 to the dialect's largest. The smallest such unit is taken, stretched by less than two so that the
largest weight uses the whole mantissa. Where the sum asks for a unit in which no weight is left, there is none.
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

Units = dict[str, float]


def choose_scales(graph: Graph, options: Options, report: Report) -> Graph:
    """The same graph with `state_scale` and `message_scale` set everywhere."""
    state_scale, message_scale = chosen_in_turn(graph, options, {})
    # Round a loop of graded messages somebody has to go first; the next rounds know what the others chose.
    for _ in graph.populations:
        before = message_scale
        state_scale, message_scale = chosen_in_turn(graph, options, before)
        if message_scale == before:
            break
    for population in graph.populations:
        check_weights_left(graph, population, message_scale, options)
    for name, unit in state_scale.items():
        report.add("scales", name, f"1 in the state is {unit:.3g}, 1 in a message is {message_scale[name]:.3g}")
    chosen = (
        replace(p, state_scale=state_scale[p.name], message_scale=message_scale[p.name]) for p in graph.populations
    )
    return replace(graph, populations=tuple(chosen))


def chosen_in_turn(graph: Graph, options: Options, known: Units) -> tuple[Units, Units]:
    """Units of states and of messages, each population's after those of what arrives there, as far as that goes."""
    state_scale: Units = {}
    message_scale = dict(known)
    waiting = list(graph.populations)
    while waiting:
        population = next((p for p in waiting if ready(graph, p, message_scale)), waiting[0])
        waiting.remove(population)
        smallest = smallest_unit(graph, population, message_scale, options)
        state_scale[population.name] = stretched(graph, population, smallest, message_scale, options)
        message_scale[population.name] = unit_of_message(population, state_scale[population.name], options)
    return state_scale, message_scale


def ready(graph: Graph, population: FloatPopulation, message_scale: Units) -> bool:
    """Whether the unit of everything that arrives is known."""
    return all(known_unit(graph, projection.source, message_scale) for projection in graph.arriving(population.name))


def known_unit(graph: Graph, source: str, message_scale: Units) -> float | None:
    """A count's unit is 1 whatever its state's unit; other messages wait for their population's turn."""
    population = graph.population(source)
    # Units that follow the state's do so in powers of two, so a factor of three shows in any of them.
    units = [unit_of_message(population, state_scale, Options()) for state_scale in (1.0, 3.0)]
    return message_scale.get(source, units[0] if units[0] == units[1] else None)


def unit_of_message(population: FloatPopulation, state_scale: float, options: Options) -> float:
    """What a message of 1 stands for, for a given unit of the state."""
    return population.emission.message_scale(state_scale, bound_of_message(population), options.message_bits)


def bound_of_message(population: FloatPopulation) -> float:
    """Largest size of a population's message."""
    return population.emission.message_bound(population.integration.lowest, population.integration.highest)


def worst_message(graph: Graph, source: str, message_scale: Units) -> float:
    """Size of the largest message once it is whole; one that sends nothing counts as sending 1."""
    bound = bound_of_message(graph.population(source))
    unit = known_unit(graph, source, message_scale)
    return bound if unit is None else unit * max(1, math.ceil(bound / unit))


def smallest_unit(graph: Graph, population: FloatPopulation, message_scale: Units, options: Options) -> float:
    """The finest unit at which state, numbers, worst sum and largest weight fit; 1 where all are zero."""
    dialect = dialect_named(options.dialect)
    span = max(-population.integration.lowest, population.integration.highest)
    largest = largest_arriving(graph, population, message_scale)
    for_weights = largest / (largest_mantissa(options.weight_bits) * 2.0 ** exponent_max(dialect))
    for_sums = finest_sum(graph, population, message_scale, dialect)
    for_numbers = max(population.integration.finest_state_scale(), population.emission.finest_state_scale())
    for_samples = span / sum_max(dialect) if population.name in {entry.target for entry in graph.inputs} else 0.0
    for_input = max(for_sums, for_weights, for_samples) / population.integration.sum_scale(1.0)
    return max(span / (2 ** (options.state_bits - 1) - 1), for_input, for_numbers) or 1.0


def finest_sum(graph: Graph, population: FloatPopulation, message_scale: Units, dialect: Dialect) -> float:
    """The finest unit of the input at which the worst sum takes half of the accumulator."""
    worst = np.zeros(population.size)
    for projection in graph.arriving(population.name):
        worst = worst + projection.weight.row_sizes() * worst_message(graph, projection.source, message_scale)
    # Rounding can at most double a weight, so with 1/64 to spare the sum fits whatever the weights are.
    return float(worst.max()) * (65 / 64) / (sum_max(dialect) / 2)


def check_weights_left(graph: Graph, population: FloatPopulation, message_scale: Units, options: Options) -> None:
    """Refuse a unit that keeps the worst sum in the accumulator and rounds every weight to 0."""
    dialect, grid = dialect_named(options.dialect), weight_grid(options.weight_bits)
    largest = largest_arriving(graph, population, message_scale)
    in_sum = finest_sum(graph, population, message_scale, dialect)
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


def stretched(
    graph: Graph, population: FloatPopulation, smallest: float, message_scale: Units, options: Options
) -> float:
    """The unit at or above `smallest` at which the largest weight is the largest mantissa."""
    largest = largest_arriving(graph, population, message_scale)
    levels = largest_mantissa(options.weight_bits) * population.integration.sum_scale(1.0)
    if largest < levels * smallest:
        return smallest
    exponent = int(np.floor(np.log2(largest / (levels * smallest))))
    return largest / (levels * 2**exponent)


def largest_arriving(graph: Graph, population: FloatPopulation, message_scale: Units) -> float:
    """Largest weight of what arrives, for a message of 1, as far as its unit is known."""
    arriving = graph.arriving(population.name)
    units = [known_unit(graph, projection.source, message_scale) or 0.0 for projection in arriving]
    return max((largest_weight(p) * unit for p, unit in zip(arriving, units, strict=True)), default=0.0)


def largest_weight(projection: FloatProjection) -> float:
    """Size of the largest weight."""
    return largest_size(projection.weight.values())
