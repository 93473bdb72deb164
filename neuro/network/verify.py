"""Which networks are legal: shapes, ranges, and the proof that no sum can overflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import STATE_BITS, WEIGHT_MAX, WEIGHT_MIN, Integers
from quantal.neuro.caching import cached_while_alive
from quantal.neuro.dialects import Dialect, delay_max, dialect_named, effective_weights
from quantal.neuro.errors import QuantalError, type_of
from quantal.neuro.network.arguments import Named, require_noun, shape_problems
from quantal.neuro.network.bounds import BOUND_MAX, largest_sum, message_range, projected_range, summed_range
from quantal.neuro.network.count_network import UNITS_MAX, CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.lif_limits import unit_problems
from quantal.neuro.network.plasticity_problems import plasticity_problems
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.protocols import finite, vector, whole
from quantal.neuro.registry import Registry
from quantal.neuro.synapses import WEIGHTS
from quantal.neuro.synapses.delays import delay_problems
from quantal.neuro.synapses.storage import Stored

MESSAGE_MAX = 2 ** (STATE_BITS - 1)
"""Largest absolute message: one more than the largest state, because the u of a `Cuba` may be that large."""

EXPONENT_MAX = 16
"""With a larger exponent no useful weight fits in 24 bits."""


@cached_while_alive
def verify(network: CountNetwork) -> None:
    """Raise a `QuantalError` that names the first illegal part of a network."""
    require_noun(network, CountNetwork)
    if not network.populations:
        raise QuantalError("a network needs a population", where=f"network {network.name}")
    dialect_named(network.dialect)
    for problem in problems(network):
        raise QuantalError(problem, where=f"network {network.name}")


def problems(network: CountNetwork) -> Iterator[str]:
    """Every illegal part of a network, as a sentence; later checks assume that earlier ones found nothing."""
    yield from whole(network.seed, "seed", 0, 2**64 - 1)
    yield from shape_problems(network.sample_shape, "sample_shape")
    parts = {"population": network.populations, "projection": network.projections}
    yield from name_problems({**parts, "input": network.inputs, "read-out": network.readouts})
    yield from duplicate_names(parts)
    for population in network.populations:
        yield from (f"population {population.name}: {text}" for text in population_problems(population))
        own = unit_problems(dialect_named(network.dialect), population)
        yield from (f"population {population.name}: {text}" for text in own)
    for projection in network.projections:
        yield from (f"projection {projection.name}: {text}" for text in projection_problems(network, projection))
    for projection in sorted(network.projections, key=lambda each: each.plasticity is None):
        yield from (f"projection {projection.name}: {text}" for text in plasticity_problems(network, projection))
    sizes = {population.name: population.size for population in network.populations}
    yield from sample_problems(network.inputs, network.readouts, sizes)
    yield from feature_problems(network.inputs)
    for population in network.populations:
        yield from (f"population {population.name}: {text}" for text in overflow_problems(network, population))


def name_problems(parts: Mapping[str, Sequence[Named]]) -> Iterator[str]:
    """Names that are no plain text, which tables, files and paths can't hold."""
    for noun, named in parts.items():
        for position, name in enumerate(part.name for part in named):
            if not (isinstance(name, str) and name and name.isprintable()):  # pyright: ignore
                yield f"the name of {noun} {position} is {name!r}, expected a text of printable characters"


def duplicate_names(parts: Mapping[str, Sequence[Named]]) -> Iterator[str]:
    """Names that two parts of the same sort share."""
    for noun, named in parts.items():
        counts = Counter(part.name for part in named)
        yield from (f"duplicate {noun} name {name!r}" for name, count in counts.items() if count > 1)


def population_problems(population: Population) -> Iterator[str]:
    """What is wrong with one population on its own."""
    yield from whole(population.size, "size", 1, UNITS_MAX)
    unknown = [*kind_problems(population.integration, INTEGRATIONS), *kind_problems(population.emission, EMISSIONS)]
    if unknown:
        yield from unknown
        return
    yield from population.integration.problems(population.size)
    yield from population.emission.problems(population.size)
    for name, value in (("state_scale", population.state_scale), ("message_scale", population.message_scale)):
        if not (value > 0 and np.isfinite(value)):
            yield f"{name} is {value}, expected a finite number above 0"
    yield from message_problems(population)
    for name, value in population.initial.items():
        if name not in population.states:
            yield f"initial state {name!r}, expected one of {population.states}"
            continue
        yield from vector(value, f"initial {name}", population.size, *population.limits[name])


def message_problems(population: Population) -> Iterator[str]:
    """Messages of more than 24 bits."""
    low, high = message_range(population)
    if low < -MESSAGE_MAX or high > MESSAGE_MAX:
        yield f"messages go from {low} to {high}, expected {STATE_BITS} bits"


def kind_problems(part: Any, registry: Registry[Any]) -> Iterator[str]:
    """A part whose kind is not registered."""
    if type(part) not in registry.values():
        noun = registry.noun
        yield f"{noun} is {type_of(part)}, expected one of {', '.join(registry)}, or register_{noun} first"


def projection_problems(network: CountNetwork, projection: Projection) -> Iterator[str]:
    """What is wrong with one projection, given the populations."""
    sizes = {population.name: population.size for population in network.populations}
    for end in (projection.source, projection.target):
        if end not in sizes:
            yield f"no population {end!r}, expected one of {', '.join(sizes)}"
            return
    unknown = [*kind_problems(projection.weight, WEIGHTS)]
    if unknown:
        yield from unknown
        return
    yield from projection.weight.problems()
    expected = (sizes[projection.target], sizes[projection.source])
    if projection.weight.shape != expected:
        yield f"weight is {projection.weight.shape}, expected {expected} (target units, source units)"
    yield from delay_problems(projection.delay_steps, projection.weight, delay_max(dialect_named(network.dialect)))
    yield from whole(projection.exponent, "exponent", 0, exponent_max(dialect_named(network.dialect)))
    yield from weight_problems(projection.weight.values())
    yield from dialect_problems(dialect_named(network.dialect), projection.weight.values(), projection.exponent)


def exponent_max(dialect: Dialect) -> int:
    """Largest exponent that a projection may have in a dialect."""
    return min(EXPONENT_MAX, dialect.exponents[1])


def weight_problems(values: Stored) -> Iterator[str]:
    """Weights outside the chip's 8 bits: even from −256 to 254 for mixed signs, else 0 to 255 or −255 to 0."""
    if not values.size:
        return
    low, high = int(values.min()), int(values.max())
    mixed = low < 0 < high
    if low < (WEIGHT_MIN if mixed else -255) or high > (WEIGHT_MAX if mixed else 255):
        expected = f"{WEIGHT_MIN} to {WEIGHT_MAX}" if mixed else "0 to 255 or -255 to 0"
        yield f"weights go from {low} to {high}, expected {expected}"
    elif mixed and (values & 1).any():
        yield f"weight {values[values & 1 == 1][0]} is odd, expected even weights where signs are mixed"


def dialect_problems(dialect: Dialect, values: Stored, exponent: int) -> Iterator[str]:
    """The first weight that has another effect in the network's dialect."""
    distinct = distinct_weights(values)
    expected, effective = distinct << exponent, effective_weights(dialect, distinct, exponent)
    wrong = np.flatnonzero(effective != expected)
    if wrong.size:
        first = values[np.isin(values, distinct[wrong])][0]
        place = np.searchsorted(distinct, first)
        yield (
            f"weight {first} at exponent {exponent} adds {effective[place]} in dialect {dialect.name}, expected "
            f"{expected[place]}"
        )


def distinct_weights(values: Stored) -> Integers:
    """Every weight that occurs, once and ascending; they are at most 512, however many connections there are."""
    low = int(values.min(initial=0))
    return np.flatnonzero(np.bincount(values.astype(np.int64) - low)) + low


def sample_problems(inputs: Sequence[Input], readouts: Sequence[Readout], sizes: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with inputs and read-outs, given the sizes of the populations."""
    for entry in inputs:
        yield from (f"input {entry.name}: {text}" for text in gain_problems(entry, sizes))
    for entry in readouts:
        yield from (f"read-out {entry.name}: {text}" for text in readout_problems(entry, sizes))


def gain_problems(entry: Input, sizes: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with one input."""
    if entry.target not in sizes:
        yield f"no population {entry.target!r}, expected one of {', '.join(sizes)}"
    elif wrong := entry.gain.problems():
        yield wrong[0]
    elif entry.gain.shape[0] != sizes[entry.target]:
        yield f"gain is {entry.gain.shape}, expected ({sizes[entry.target]}, features)"
    else:
        yield from finite(entry.gain.values(), "gain")


def readout_problems(entry: Readout, sizes: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with one read-out."""
    weight: Any = entry.weight
    if entry.source not in sizes:
        yield f"no population {entry.source!r}, expected one of {', '.join(sizes)}"
    elif not isinstance(weight, np.ndarray):
        yield f"weight is {type_of(weight)}, expected a NumPy array"
    elif weight.ndim not in (1, 2) or weight.shape[-1] != sizes[entry.source]:
        yield f"weight is {weight.shape}, expected (features, {sizes[entry.source]})"
    else:
        yield from finite(weight, "weight")


def feature_problems(inputs: Sequence[Input]) -> Iterator[str]:
    """Inputs whose numbers of features differ."""
    features = [entry.gain.shape[-1] for entry in inputs]
    for entry, count in zip(inputs, features, strict=True):
        if count != features[0]:
            yield f"input {entry.name}: takes {count} features, expected {features[0]} as input {inputs[0].name}"


def overflow_problems(network: CountNetwork, population: Population) -> Iterator[str]:
    """Sums that could overflow the dialect's accumulator."""
    largest = largest_sum(network)
    for end, reach in enumerate(summed_range(network, population)):
        unit = int(np.argmax(np.abs(reach)))
        if abs(int(reach[unit])) > largest:
            parts = {p.name: int(projected_range(network, p)[end][unit]) for p in network.arriving(population.name)}
            heaviest = max(parts, key=lambda name: abs(parts[name]))
            yield (
                f"the sum of unit {unit} can reach {bound_text(reach[unit])}, expected at most {largest} in size, "
                f"{dialect_named(network.dialect).sum_bits} bits in dialect {network.dialect}; projection {heaviest} "
                f"adds {bound_text(parts[heaviest])} of it; lower the weights or exponents of what arrives there, or "
                "the range of its sources, or compile its graph for this dialect"
            )


def bound_text(bound: int) -> str:
    """A bound as text; one that is clamped is larger than any number that could be given."""
    return str(int(bound)) if abs(bound) < BOUND_MAX else f"more than {BOUND_MAX} in size"
