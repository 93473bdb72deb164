"""Networks on which every backend is tested: a hand-written one with every feature, and random ones.

A new kind needs an entry in `MAKE_INTEGRATION`, `MAKE_EMISSION` or `MAKE_WEIGHT`, and a place in `everything_network`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from quantal.neuro.arithmetic import OVERFLOW, STATE_MAX, Integers
from quantal.neuro.draws import DRAW_RANGE
from quantal.neuro.network.bounds import message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING, Recording, Snapshot
from quantal.neuro.network.verify import EXPONENT_MAX
from quantal.neuro.neurons import (
    Accumulator,
    Carry,
    Categorical,
    Cuba,
    Graded,
    Memoryless,
    PoissonCount,
    Rectified,
    SigmaDelta,
    Silent,
    Spike,
    Table,
    TableDraw,
)
from quantal.neuro.neurons.graded import ROUNDINGS
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.protocols import Emission, Integration, Weight
from quantal.neuro.synapses import Convolution, Dense, Sparse

Draw = Callable[[st.SearchStrategy[Any]], Any]

MESSAGE_MAX = 511
"""Makers of emissions keep messages this small, so that a sum over every unit of every population fits in 24 bits."""
UNITS_MAX = 6
POPULATIONS_MAX = 4
PROJECTIONS_MAX = 6


class Case(NamedTuple):
    """Arguments of a run, by the names that every backend's `run` gives them."""

    network: CountNetwork
    drive: dict[str, Integers]
    steps: int
    first_sample: int = 0
    recording: Recording = EVERYTHING
    start: Snapshot | None = None


def everything_network(seed: int = 3) -> CountNetwork:
    """Every kind, both ends of every range, delays 1 to 5, recurrent and parallel projections, unconnected units."""
    rng, spiking, windows, tables = (np.random.default_rng(place) for place in (seed, [seed, 1], [seed, 2], [seed, 3]))
    populations = (
        Population(
            "latent",
            5,
            Accumulator(whole_numbers(rng, 5, 40), decay=300, lowest=-900, highest=700),
            poisson_count(shift=4, first_row=-40, rows=90, max_count=31),
            initial={"v": whole_numbers(rng, 5, 500)},
        ),
        Population(
            "error",
            3,
            Memoryless(whole_numbers(rng, 3, 100), lowest=-2000, highest=1500),
            Graded(shift=2, dead_zone=30),
        ),
        Population(
            "expectation",
            4,
            Accumulator(whole_numbers(rng, 4, 3), decay=4096, lowest=-255, highest=256, overflow="wrap"),
            Graded(),
            initial={"v": np.array([-255, 256, 0, -1])},
        ),
        Population(
            "category",
            6,
            Memoryless(whole_numbers(rng, 6, STATE_MAX), overflow="wrap"),
            poisson_count(shift=17, first_row=-64, rows=128, max_count=3),
        ),
        Population("pacemaker", 1, Accumulator(np.array([77]), lowest=-3, highest=1000, overflow="wrap"), Graded(1)),
        Population(
            "readout",
            7,
            Accumulator(whole_numbers(rng, 7, STATE_MAX), decay=1),
            Silent(),
            initial={"v": np.array([STATE_MAX, -STATE_MAX, 1, -1, 0, 5, -5])},
        ),
        Population(
            "layer",
            6,
            Cuba(
                whole_numbers(spiking, 6, 900),
                spiking.integers(0, 8, 6),
                spiking.integers(0, 4096, 6),
                spiking.integers(0, 4097, 6),
            ),
            Spike(spiking.integers(0, 3000, 6), refractory_steps=2),
            initial={"u": whole_numbers(spiking, 6, STATE_MAX), "v": whole_numbers(spiking, 6, STATE_MAX)},
        ),
        Population(
            "recurrent layer",
            4,
            Cuba(
                whole_numbers(spiking, 4, 90),
                spiking.integers(0, 8, 4),
                np.full(4, 4096),
                np.full(4, 200),
                decay_offset=0,
            ),
            Spike(np.full(4, 300), reset="subtract"),
            initial={"refractory_left": np.array([0, 1, 2, 63])},
        ),
        Population("leaky", 3, Cuba(*(np.array([0, 5, 7]),) * 4), Silent()),
        Population(
            "expected level",
            4,
            Accumulator(whole_numbers(tables, 4, 30), decay=500, lowest=-500, highest=400),
            Table(tables.integers(-60, 60, 20), shift=5, first_row=-14),
        ),
        Population(
            "level",
            4,
            Accumulator(whole_numbers(tables, 4, 30), decay=500, lowest=-500, highest=400),
            table_draw(tables, shift=6, first_row=-6, rows=9, columns=40, lowest=-20),
        ),
        Population(
            "coefficient",
            5,
            Carry(whole_numbers(tables, 5, 40), bits=5, lowest=-700, highest=800),
            Rectified(threshold=90, shift=2),
            initial={"v": whole_numbers(tables, 5, 600), "rest": np.array([0, 31, 1, 30, 7])},
        ),
        Population(
            "change",
            3,
            Accumulator(np.array([9, -9, 0]), decay=200, lowest=-600, highest=500),
            SigmaDelta(shift=2, threshold=8),
            initial={"sent_value": np.array([-150, 125, 3])},
        ),
        Population(
            "choice",
            5,
            Carry(np.array([70, -70, 3, 0, 9]), bits=4, lowest=-300, highest=300),
            Categorical(np.array([0, 0, 1, 40, 1000, 7, 9]), shift=6, first_row=-4, count=7),
        ),
        Population("residual", 3, Memoryless(np.zeros(3, np.int64), overflow="wrap"), Silent()),
    )
    projections = (
        Projection("competition", "latent", "latent", dense(rng, 5, 5)),
        Projection("slow competition", "latent", "latent", sparse(rng, 5, 5, 6), delay_steps=5),
        Projection("prediction", "latent", "error", dense(rng, 3, 5), delay_steps=3, exponent=2),
        Projection("correction", "error", "latent", dense(rng, 5, 3), delay_steps=2),
        Projection("error decay", "error", "error", sparse(rng, 3, 3, 4), delay_steps=4, exponent=1),
        Projection("from pacemaker", "pacemaker", "error", Dense(np.array([[255], [0], [3]]))),
        Projection("pace", "pacemaker", "expectation", Sparse(np.array([2]), np.array([0]), np.array([-255]), 4, 1)),
        Projection("expected", "expectation", "category", dense(rng, 6, 4), delay_steps=5, exponent=4),
        Projection("counted", "category", "expectation", Dense(-rng.integers(0, 256, (4, 6)))),
        Projection("read counts", "category", "readout", sparse(rng, 7, 6, 20), exponent=12),
        Projection("read errors", "error", "readout", sparse(rng, 7, 3, 5), delay_steps=4, exponent=3),
        Projection("spikes", "layer", "recurrent layer", dense(spiking, 4, 6), delay_steps=2, exponent=3),
        Projection("recurrence", "recurrent layer", "recurrent layer", dense(spiking, 4, 4), delay_steps=2, exponent=2),
        Projection("counts in", "category", "layer", sparse(spiking, 6, 6, 9), exponent=9),
        Projection("read spikes", "recurrent layer", "leaky", dense(spiking, 3, 4), exponent=11),
        Projection("neighbours", "category", "layer", neighbours(windows), delay_steps=2, exponent=7),
        Projection("strides", "layer", "recurrent layer", strides(windows), delay_steps=3, exponent=3),
        Projection("levels", "level", "level", dense(tables, 4, 4)),
        Projection("levels expected", "level", "expected level", dense(tables, 4, 4), delay_steps=2),
        Projection("surprise", "expected level", "error", sparse(tables, 3, 4, 7), delay_steps=3),
        Projection("sparse code", "coefficient", "coefficient", dense(tables, 5, 5)),
        Projection("changes", "coefficient", "change", sparse(tables, 3, 5, 9), delay_steps=2),
        Projection("chosen", "choice", "coefficient", dense(tables, 5, 5), delay_steps=2, exponent=1),
        Projection("votes", "change", "choice", dense(tables, 5, 3)),
        Projection("nothing", "latent", "readout", sparse(rng, 7, 5, 0)),
        Projection("zero", "latent", "residual", Dense(np.zeros((3, 5), np.int64))),
        Projection("errors again", "error", "residual", sparse(rng, 3, 3, 9), exponent=5),
    )
    return CountNetwork("everything", populations, projections, seed=2**64 - 1 - seed)


def everything_drive(batch: int, steps: int, seed: int = 5) -> dict[str, Integers]:
    """Input for `everything_network`: constant for some populations, changing for others, none for the rest."""
    rng = np.random.default_rng(seed)
    currents = np.random.default_rng([seed, 1]).integers(-(2**19), 2**19, (steps, batch, 6))
    return {
        "latent": rng.integers(-60, 90, (batch, 5)),
        "error": rng.integers(-800, 800, (steps, batch, 3)),
        "category": rng.integers(-(2**22), 2**22, (steps, batch, 6)),
        "residual": rng.integers(-(2**21), 2**21, (batch, 3)),
        "layer": currents,
        "level": np.random.default_rng([seed, 2]).integers(-90, 90, (steps, batch, 4)),
    }


@st.composite
def random_networks(draw: Draw) -> Case:
    """Small legal networks with a drive: hypothesis draws the structure and the seed of their numbers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = [f"population {number}" for number in range(draw(st.integers(1, POPULATIONS_MAX)))]
    populations = tuple(random_population(draw, rng, name) for name in names)
    ends = draw(st.lists(st.tuples(*[st.sampled_from(populations)] * 2), max_size=PROJECTIONS_MAX))
    projections = tuple(random_projection(draw, rng, f"projection {number}", *pair) for number, pair in enumerate(ends))
    network = CountNetwork("random", populations, projections, seed=draw(st.integers(0, 2**64 - 1)))
    batch, steps = draw(st.integers(1, 3)), draw(st.integers(0, 12))
    driven = draw(st.lists(st.sampled_from(populations), min_size=1, unique=True))
    drive = {population.name: random_drive(draw, rng, network, population, batch, steps) for population in driven}
    return Case(network, drive, steps, draw(st.sampled_from([0, 1, 1000, 2**40])))


def random_population(draw: Draw, rng: np.random.Generator, name: str) -> Population:
    """A population of any integration and any emission, sometimes with an initial state."""
    size = draw(st.integers(1, UNITS_MAX))
    integration = draw(st.sampled_from([*MAKE_INTEGRATION.values()]))(draw, rng, size)
    emission = draw(st.sampled_from([*MAKE_EMISSION.values()]))(draw, rng, integration, size)
    population = Population(name, size, integration, emission)
    started = draw(st.lists(st.sampled_from(population.states), unique=True))
    initial = {state: rng.integers(*population.limits[state], size, endpoint=True) for state in started}
    return replace(population, initial=initial)


def random_projection(
    draw: Draw, rng: np.random.Generator, name: str, source: Population, target: Population
) -> Projection:
    """A projection whose sums stay within its share of half of the 24 bits; the other half is left to the drive."""
    weight = draw(st.sampled_from([*MAKE_WEIGHT.values()]))(draw, rng, target.size, source.size)
    reach = max(1, *(int(np.abs(end).max()) for end in weight.reach(*message_range(source))))
    room = STATE_MAX // 2 // PROJECTIONS_MAX // reach
    largest = min(room.bit_length() - 1, EXPONENT_MAX)
    return Projection(
        name, source.name, target.name, weight, draw(st.integers(1, 5)), draw(st.integers(0, max(0, largest)))
    )


def random_drive(
    draw: Draw, rng: np.random.Generator, network: CountNetwork, population: Population, batch: int, steps: int
) -> Integers:
    """External input of any size that a population has room for, constant or changing."""
    low, high = summed_range(network, population)
    size = 2 ** draw(st.integers(0, 23))
    shape = draw(st.sampled_from([(batch, population.size), (steps, batch, population.size)]))
    return np.clip(rng.integers(-size, size, shape, endpoint=True), -STATE_MAX - low, STATE_MAX - high)


def random_range(draw: Draw) -> tuple[int, int]:
    """Ends of a state's range, from narrow to as wide as possible."""
    ends = st.one_of(st.integers(0, 20), st.integers(0, STATE_MAX), st.just(STATE_MAX))
    return -draw(ends), draw(ends)


def random_accumulator(draw: Draw, rng: np.random.Generator, size: int) -> Accumulator:
    lowest, highest = random_range(draw)
    decay = draw(st.sampled_from([0, 1, 300, 2048, 4095, 4096]))
    return Accumulator(random_bias(draw, rng, size), decay, lowest, highest, draw(st.sampled_from([*OVERFLOW])))


def random_carry(draw: Draw, rng: np.random.Generator, size: int) -> Carry:
    lowest, highest = random_range(draw)
    return Carry(random_bias(draw, rng, size), draw(st.sampled_from([1, 2, 6, 23])), lowest, highest)


def random_memoryless(draw: Draw, rng: np.random.Generator, size: int) -> Memoryless:
    lowest, highest = random_range(draw)
    return Memoryless(random_bias(draw, rng, size), lowest, highest, draw(st.sampled_from([*OVERFLOW])))


def random_cuba(draw: Draw, rng: np.random.Generator, size: int) -> Cuba:
    offset = draw(st.sampled_from([0, 1]))
    decays = st.sampled_from([0, 1, 300, 4095])
    return Cuba(
        whole_numbers(rng, size, draw(st.sampled_from([0, 30, 4095]))),
        rng.integers(0, 7, size, endpoint=True),
        rng.integers(0, draw(decays), size, endpoint=True),
        rng.integers(0, draw(decays) + 1, size, endpoint=True),
        offset,
    )


def random_bias(draw: Draw, rng: np.random.Generator, size: int) -> Integers:
    return whole_numbers(rng, size, draw(st.sampled_from([0, 3, 200, STATE_MAX])))


def random_poisson_count(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> PoissonCount:
    """A table over the range of the state or a part of it."""
    shift, first_row, rows = random_rows(draw, integration)
    return poisson_count(shift, first_row, rows, draw(st.sampled_from([1, 2, 31, 255])))


def random_graded(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Graded:
    widest = max(-integration.lowest, integration.highest)
    smallest = max(0, (widest // MESSAGE_MAX).bit_length())
    rounding = draw(st.sampled_from(ROUNDINGS))
    return Graded(draw(st.integers(smallest, 23)), draw(st.sampled_from([0, 0, 1, 7, STATE_MAX])), rounding)


def random_rectified(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Rectified:
    smallest = max(0, (integration.highest // MESSAGE_MAX).bit_length())
    return Rectified(draw(st.sampled_from([0, 1, 300, STATE_MAX])), draw(st.integers(smallest, 23)))


def random_sigma_delta(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> SigmaDelta:
    smallest = max(0, ((integration.highest - integration.lowest) // MESSAGE_MAX).bit_length())
    return SigmaDelta(draw(st.integers(min(smallest, 23), 23)), draw(st.sampled_from([0, 0, 1, 7, STATE_MAX])))


def random_categorical(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Categorical:
    """Any weights, also none, over the range of the state or a part of it."""
    shift, first_row, rows = random_rows(draw, integration)
    largest = draw(st.sampled_from([0, 1, 100, (2**31 - 1) // UNITS_MAX]))
    weights = rng.integers(0, largest, rows, endpoint=True) * rng.integers(0, 2, rows)
    return Categorical(weights, shift, first_row, draw(st.sampled_from([1, 2, 9, 40])))


def random_spike(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Spike:
    thresholds = rng.integers(0, draw(st.sampled_from([0, 5, 1000, 2**17 - 1])), size, endpoint=True)
    refractory_steps = draw(st.sampled_from([0, 0, 1, 5, 63]))
    return Spike(thresholds, draw(st.sampled_from(["zero", "subtract"])), refractory_steps)


def random_table(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Table:
    """Any values, over the range of the state or a part of it."""
    shift, first_row, rows = random_rows(draw, integration)
    return Table(whole_numbers(rng, rows, draw(st.sampled_from([0, 1, 30, MESSAGE_MAX]))), shift, first_row)


def random_table_draw(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> TableDraw:
    """Any thresholds, over the range of the state or a part of it, with messages of any sign."""
    shift, first_row, rows = random_rows(draw, integration)
    columns = draw(st.sampled_from([1, 14, 32, 33, 255]))
    return table_draw(rng, shift, first_row, rows, columns, draw(st.integers(-256, 256)))


def random_rows(draw: Draw, integration: Integration) -> tuple[int, int, int]:
    """Shift, first row and number of rows of a table over the range of the state or a part of it."""
    width = (integration.highest - integration.lowest).bit_length()
    shift = draw(st.integers(max(0, width - 7), min(width, 23)))
    return shift, (integration.lowest >> shift) + draw(st.integers(-1, 2)), draw(st.integers(1, 100))


def random_silent(draw: Draw, rng: np.random.Generator, integration: Integration, size: int) -> Silent:
    return Silent()


def random_dense(draw: Draw, rng: np.random.Generator, targets: int, sources: int) -> Dense:
    return Dense(random_weights(draw, rng, (targets, sources)))


def random_sparse(draw: Draw, rng: np.random.Generator, targets: int, sources: int) -> Sparse:
    connections = draw(st.integers(0, targets * sources))
    pairs = rng.permutation(targets * sources)[:connections]
    return Sparse(pairs // sources, pairs % sources, random_weights(draw, rng, (connections,)), targets, sources)


def random_convolution(draw: Draw, rng: np.random.Generator, targets: int, sources: int) -> Convolution:
    """Windows of any kind between any two images with these numbers of units."""
    inputs, outputs = draw(st.sampled_from(image_shapes(sources))), draw(st.sampled_from(image_shapes(targets)))
    moves = [draw(st.sampled_from(moves_between(*sizes))) for sizes in zip(inputs[1:], outputs[1:], strict=True)]
    kernel, stride, padding, dilation = zip(*moves, strict=True)
    groups = draw(st.sampled_from([part for part in range(1, 7) if not inputs[0] % part and not outputs[0] % part]))
    weight = random_weights(draw, rng, (outputs[0], inputs[0] // groups, *kernel))
    return Convolution(weight, inputs, stride, padding, dilation, groups)


def image_shapes(units: int) -> list[tuple[int, int, int]]:
    """Every shape `(channels, height, width)` with this number of units."""
    divisors = [size for size in range(1, units + 1) if units % size == 0]
    return [(units // area, height, area // height) for area in divisors for height in divisors if area % height == 0]


def moves_between(inputs: int, outputs: int) -> list[tuple[int, int, int, int]]:
    """Kernel sizes, strides, paddings and dilations that turn this number of inputs into this number of outputs."""
    every = product(range(1, 2 * UNITS_MAX), range(1, 4), range(4), range(1, 4))
    return [
        (kernel, stride, border, dilation)
        for kernel, stride, border, dilation in every
        if (inputs + 2 * border - (kernel - 1) * dilation - 1) // stride + 1 == outputs
    ]


def random_weights(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> Integers:
    """Even weights of both signs, or any of one sign; −256 is legal only beside positive weights."""
    lowest, highest, stride = draw(st.sampled_from([(-127, 127, 2), (-4, 4, 2), (0, 255, 1), (-255, 0, 1)]))
    return rng.integers(lowest, highest, shape, endpoint=True) * stride


MAKE_INTEGRATION: dict[type, Callable[[Draw, np.random.Generator, int], Integration]] = {
    Accumulator: random_accumulator,
    Memoryless: random_memoryless,
    Cuba: random_cuba,
    Carry: random_carry,
}
MAKE_EMISSION: dict[type, Callable[[Draw, np.random.Generator, Integration, int], Emission]] = {
    PoissonCount: random_poisson_count,
    Graded: random_graded,
    Silent: random_silent,
    Spike: random_spike,
    Table: random_table,
    TableDraw: random_table_draw,
    Rectified: random_rectified,
    SigmaDelta: random_sigma_delta,
    Categorical: random_categorical,
}
MAKE_WEIGHT: dict[type, Callable[[Draw, np.random.Generator, int, int], Weight]] = {
    Dense: random_dense,
    Sparse: random_sparse,
    Convolution: random_convolution,
}


def poisson_count(shift: int, first_row: int, rows: int, max_count: int) -> PoissonCount:
    """Counts that are almost always 0 in the first row and about 12 in the last."""
    return PoissonCount(cumulative_table(np.linspace(-6, 2.5, rows), max_count), shift, first_row)


def table_draw(rng: np.random.Generator, shift: int, first_row: int, rows: int, columns: int, lowest: int) -> TableDraw:
    """Rows of any thresholds, which may hold both ends and the same number twice."""
    thresholds = rng.choice([0, DRAW_RANGE, *rng.integers(0, DRAW_RANGE, 60)], (rows, columns))
    return TableDraw(np.sort(thresholds, axis=1), shift, first_row, lowest)


def dense(rng: np.random.Generator, targets: int, sources: int) -> Dense:
    return Dense(rng.integers(-20, 20, (targets, sources)) * 2)


def sparse(rng: np.random.Generator, targets: int, sources: int, connections: int) -> Sparse:
    pairs = rng.permutation(targets * sources)[:connections]
    weights = rng.integers(-128, 128, connections) * 2
    return Sparse(pairs // sources, pairs % sources, weights, targets, sources)


def neighbours(rng: np.random.Generator) -> Convolution:
    """Two rows of three units, each connected to its neighbours in both rows."""
    return Convolution(rng.integers(-60, 60, (2, 2, 1, 3)) * 2, (2, 1, 3), padding=(0, 1))


def strides(rng: np.random.Generator) -> Convolution:
    """Two separate channels of three units; windows of two with a stride of two, the first of which starts outside."""
    return Convolution(rng.integers(0, 256, (2, 1, 1, 2)), (2, 1, 3), (1, 2), (0, 1), groups=2)


def whole_numbers(rng: np.random.Generator, size: int, largest: int) -> Integers:
    return rng.integers(-largest, largest, size, endpoint=True)
