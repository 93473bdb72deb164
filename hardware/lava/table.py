"""Which process of Lava computes what a population or a projection does, and where one does not, why.

The tables read from top to bottom: the first row of the right kinds whose conditions all hold is taken. Every condition
says what Lava does where it does not hold, and the tests show that on Lava's own models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import STATE_BITS
from quantal.neuro.network.bounds import summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, Silent, Spike
from quantal.neuro.neurons.cuba import INPUT_SHIFT
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.synapses import Convolution
from quantal.neuro.synapses.windows import padded_size

Part: TypeAlias = "Population | Projection"

SparseMatrix: TypeAlias = Any
"""A `csr_matrix` of 32-bit integers, `(target units, source units)`; SciPy is untyped."""

SECOND_WRAP = 2 ** (STATE_BITS - INPUT_SHIFT)
"""Input of this size, six bits up, could carry u round a second time."""

WINDOW_MAX = 127
"""Lava's `Conv` keeps and multiplies the numbers of its windows in 8 bits, sign included."""

FULL_SHARE = 0.5
"""Matrices fuller than this are stored whole."""

DELAYED_ENTRIES_MAX = 2**17
"""Lava's delayed models build their matrix anew at each step, once for each step of delay: beyond this many entries
that takes longer than the rest of the step."""

CHANNEL_PAIRS_MAX = 2**12
"""Lava's `Conv` convolves each pair of an input and an output channel by itself: beyond this many a step of small
pictures takes over a tenth of a second."""


@dataclass(frozen=True)
class Requirement:
    """What a process of Lava needs of a part of a network.

    Parameters
    ----------
    needs
        The condition in words.
    otherwise
        What Lava's process does where it does not hold.
    holds
        Whether it holds for a part of a run.
    about
        `integers` where the process would compute something else or nothing, `time` where it would only take longer.
    """

    needs: str
    otherwise: str
    holds: Callable[[Any, RunRequest], bool]
    about: str = "integers"


@dataclass(frozen=True)
class Candidate:
    """A process that may stand for certain kinds: `(integration, emission)`, or `(weight,)`; `object` is any."""

    kinds: tuple[type, ...]
    process: str
    conditions: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The process that a part runs as, and for each that was passed over its name and what spoke against it."""

    process: str
    rejected: tuple[tuple[str, Requirement], ...]


def never(part: Part, request: RunRequest) -> bool:
    """A condition that no network meets."""
    return False


def resets_to_zero(population: Any, request: RunRequest) -> bool:
    """Whether v is 0 after a spike."""
    return population.emission.reset == "zero"


def never_refractory(population: Any, request: RunRequest) -> bool:
    """Whether no unit is refractory, at the start or later."""
    waiting = population.initial.get("refractory_left", np.zeros(1))
    return population.emission.refractory_steps == 0 and not waiting.any()


def no_second_wrap(population: Population, request: RunRequest) -> bool:
    """Whether no message and nothing of this drive can carry u round twice in one step."""
    low, high = summed_range(request.network, population)
    drive = request.drive.get(population.name, np.zeros(1, np.int64))
    return int(max(-low.min(), high.max())) + int(np.abs(drive).max(initial=0)) < SECOND_WRAP


def one_sample(part: Part, request: RunRequest) -> bool:
    """Whether a single sample runs."""
    return request.batch == 1


def no_exponent(projection: Projection, request: RunRequest) -> bool:
    """Whether weights count as they are."""
    return projection.exponent == 0


def one_step(projection: Projection, request: RunRequest) -> bool:
    """Whether messages arrive at the next step."""
    return projection.delay_steps == 1


def small_windows(projection: Any, request: RunRequest) -> bool:
    """Whether all numbers of a convolution, and the picture with its padding, fit in 8 bits."""
    conv: Convolution = projection.weight
    numbers = (*padded_size(conv), *conv.stride, *conv.dilation, conv.input_shape[0], len(conv.weight))
    return max(numbers) <= WINDOW_MAX


def few_channels(projection: Any, request: RunRequest) -> bool:
    """Whether few pairs of channels are to be convolved."""
    outputs, inputs = projection.weight.weight.shape[:2]
    return outputs * inputs <= CHANNEL_PAIRS_MAX


def mostly_full(projection: Projection, request: RunRequest) -> bool:
    """Whether most units are connected."""
    matrix = sparse_matrix(projection)
    return matrix.nnz > FULL_SHARE * np.prod(matrix.shape)


def few_delayed(projection: Projection, request: RunRequest) -> bool:
    """Whether few connections wait for few steps."""
    return (projection.delay_steps - 1) * sparse_matrix(projection).nnz <= DELAYED_ENTRIES_MAX


@lru_cache(maxsize=1)
def sparse_matrix(projection: Projection) -> SparseMatrix:
    """The connections of a projection, `(target units, source units)`."""
    target, source, weight = projection.weight.entries()
    return csr_matrix((weight.astype(np.int32), (target, source)), projection.weight.shape)


ZERO_RESET = Requirement("reset to zero", "v is set to 0 after every spike", resets_to_zero)
NOT_REFRACTORY = Requirement("no refractory steps", "a unit may spike at every step", never_refractory)
NO_SECOND_WRAP = Requirement(
    "input below 2^18 at every step", "u goes round once, and beyond that leaves its 24 bits", no_second_wrap
)
FIXED_POINT = Requirement("a model in fixed point", "there is one in floating point only", never)
NOTHING_IN_TRANSIT = Requirement(
    "that nothing is under way when u and v are set back",
    "what a sample sent last arrives in the first steps of the next one, and u and v start from 0, not from the "
    "initial state",
    never,
)
POTENTIAL_KEPT = Requirement("that v is kept", "v is 0 again once it is sent, and there is no bias", never)
SATURATES = Requirement("ends of the range", "the sum grows beyond 24 bits, and there is no leak and no bias", never)
ONE_PICTURE = Requirement("one sample", "a picture has three axes, and none for samples", one_sample)
ONE_VECTOR = Requirement("one sample", "ports take a vector, and none for each sample", one_sample)
NO_EXPONENT = Requirement("exponent 0", "weight_exp is taken and never used", no_exponent)
NO_DELAY = Requirement("a delay of one step", "a sum is held back for one step, no longer", one_step)
SMALL_WINDOWS = Requirement(
    f"at most {WINDOW_MAX} channels, rows and columns with padding, and steps of stride and dilation",
    "the numbers of the windows are 8 bits wide and go round",
    small_windows,
)
FEW_CHANNELS = Requirement(
    f"at most {CHANNEL_PAIRS_MAX} pairs of channels", "each pair is convolved by itself", few_channels, about="time"
)
MOSTLY_FULL = Requirement(
    "more than half of all units connected", "zeros are multiplied too", mostly_full, about="time"
)
FEW_DELAYED = Requirement(
    f"at most {DELAYED_ENTRIES_MAX} connections times steps of delay beyond the first",
    "the matrix is built anew at each step",
    few_delayed,
    about="time",
)
NOTHING = Requirement("nothing", "", one_sample)
"""What a row without conditions needs."""

POPULATIONS = (
    Candidate((Cuba, Spike), "LIF", (ZERO_RESET, NOT_REFRACTORY, NO_SECOND_WRAP)),
    Candidate((Cuba, Spike), "LIFRefractory", (FIXED_POINT,)),
    Candidate((Cuba, Spike), "LIFReset", (NOTHING_IN_TRANSIT,)),
    Candidate((Cuba, Silent), "TernaryLIF", (NO_SECOND_WRAP,)),
    Candidate((Memoryless, Graded), "GradedVec", (POTENTIAL_KEPT,)),
    Candidate((Accumulator, Graded), "Sigma", (SATURATES,)),
    Candidate((object, object), "PopulationProcess"),
)
"""Processes for populations. The last is ours, and steps the network's own kinds."""

PROJECTIONS = (
    Candidate((Convolution,), "Conv", (ONE_PICTURE, NO_EXPONENT, NO_DELAY, SMALL_WINDOWS, FEW_CHANNELS)),
    Candidate((object,), "Dense", (ONE_VECTOR, NO_DELAY, MOSTLY_FULL)),
    Candidate((object,), "DelayDense", (ONE_VECTOR, MOSTLY_FULL, FEW_DELAYED)),
    Candidate((object,), "Sparse", (ONE_VECTOR, NO_DELAY)),
    Candidate((object,), "DelaySparse", (ONE_VECTOR, FEW_DELAYED)),
    Candidate((object,), "BatchedSparse"),
)
"""Processes for projections. The last is Lava's `Sparse` with ports for many samples and a queue for its sums."""


def population_choice(population: Population, request: RunRequest) -> Choice:
    """The process that a population runs as."""
    return choice(POPULATIONS, (population.integration, population.emission), population, request)


def projection_choice(projection: Projection, request: RunRequest) -> Choice:
    """The process that a projection runs as."""
    return choice(PROJECTIONS, (projection.weight,), projection, request)


def choice(rows: tuple[Candidate, ...], kinds: tuple[Any, ...], part: Part, request: RunRequest) -> Choice:
    """The first row that fits, with what spoke against those before."""
    against: list[tuple[str, Requirement]] = []
    for row in rows:
        if not all(map(isinstance, kinds, row.kinds)):
            continue
        failed = next((condition for condition in row.conditions if not condition.holds(part, request)), None)
        if failed is None:
            return Choice(row.process, tuple(against))
        against.append((row.process, failed))
    raise AssertionError("the last row fits everything")


def choices(network: CountNetwork, drive: Drive) -> dict[str, Choice]:
    """For every population and projection of a network with this drive, by name, what it runs as."""
    request = RunRequest(network, drive, 0, EVERYTHING, 0, "process")
    return {
        **{f"population {p.name}": population_choice(p, request) for p in network.populations},
        **{f"projection {p.name}": projection_choice(p, request) for p in network.projections},
    }


def lines(rows: tuple[Candidate, ...]) -> list[tuple[str, str, str, str]]:
    """A table in words, a line for each condition: kinds, process, what it needs, what it does otherwise."""
    return [
        (" + ".join(map(kind_name, row.kinds)), row.process, condition.needs, condition.otherwise)
        for row in rows
        for condition in row.conditions or (NOTHING,)
    ]


def kind_name(kind: type) -> str:
    """A kind in words."""
    return "any" if kind is object else kind.__name__
