"""Select the Lava process that each population and projection runs as, with the reasons against the others.

The tables are read from top to bottom: the first candidate of the right kinds whose requirements are all met is taken.
Each requirement says what Lava computes where it is not met, and the tests show that on Lava's own models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import STATE_BITS
from quantal.neuro.caching import cached_while_alive
from quantal.neuro.network.bounds import summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import EVERYTHING
from quantal.neuro.neurons import Accumulator, Cuba, Graded, Memoryless, Silent, Spike
from quantal.neuro.neurons.cuba import INPUT_SHIFT
from quantal.neuro.protocols import Weight
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.synapses import Convolution
from quantal.neuro.synapses.delays import longest
from quantal.neuro.synapses.windows import padded_size

Part: TypeAlias = "Population | Projection"

SparseMatrix: TypeAlias = Any
"""A `csr_matrix` of 32-bit integers, `(target units, source units)`; SciPy is untyped."""

SECOND_WRAP = 2 ** (STATE_BITS - INPUT_SHIFT)
"""Input of this size, shifted by six bits, could make u wrap a second time."""

CONV_PARAMETER_MAX = 127
"""Lava's `Conv` stores and multiplies sizes, strides and dilations as signed 8-bit integers."""

DENSE_FRACTION = 0.5
"""Matrices with a larger fraction of nonzero weights are stored as dense ones."""

DELAYED_ENTRIES_MAX = 2**17
"""Lava's delayed models rebuild their matrix at each step, once for each step of delay: with more entries than this,
that takes longer than the rest of the step."""

CHANNEL_PAIRS_MAX = 2**12
"""Lava's `Conv` convolves each pair of an input and an output channel separately: with more pairs than this, a step
takes over a tenth of a second even for small images."""


@dataclass(frozen=True)
class Requirement:
    """What a part of a network must be like to run as a certain Lava process.

    Parameters
    ----------
    needs
        The requirement in words.
    otherwise
        What Lava's process does where it is not met.
    is_met
        Whether a part of a run meets it.
    affects
        `result` where Lava's process would compute something else or fail, `speed` where it would only be slower.
    """

    needs: str
    otherwise: str
    is_met: Callable[[Any, RunRequest], bool]
    affects: Literal["result", "speed"] = "result"


@dataclass(frozen=True)
class Candidate:
    """A process that certain kinds may run as: `(integration, emission)`, or `(weight,)`; `object` stands for any."""

    kinds: tuple[type, ...]
    process: str
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class SelectedProcess:
    """The process that a part runs as, and each rejected candidate with the first requirement that is not met."""

    process: str
    rejected: tuple[tuple[str, Requirement], ...]


def never_met(part: Part, request: RunRequest) -> bool:
    """A requirement that no network meets."""
    return False


def resets_to_zero(population: Any, request: RunRequest) -> bool:
    """Whether v is 0 after a spike."""
    return population.emission.reset == "zero"


def never_refractory(population: Any, request: RunRequest) -> bool:
    """Whether no unit is ever refractory, also not at the start."""
    refractory_left = population.initial.get("refractory_left", np.zeros(1))
    return population.emission.refractory_steps == 0 and not refractory_left.any()


def no_second_wrap(population: Population, request: RunRequest) -> bool:
    """Whether messages and this drive can make u wrap at most once per step."""
    low, high = summed_range(request.network, population)
    drive = request.drive.get(population.name, np.zeros(1, np.int64))
    return int(max(-low.min(), high.max())) + int(np.abs(drive).max(initial=0)) < SECOND_WRAP


def one_sample(part: Part, request: RunRequest) -> bool:
    """Whether the batch is a single sample."""
    return request.batch == 1


def no_exponent(projection: Projection, request: RunRequest) -> bool:
    """Whether the weights are not scaled by a power of two."""
    return projection.exponent == 0


def one_step_delay(projection: Projection, request: RunRequest) -> bool:
    """Whether messages arrive at the next step."""
    return longest(projection.delay_steps) == 1


def small_windows(projection: Any, request: RunRequest) -> bool:
    """Whether all parameters of a convolution, and the padded size of its images, fit in 8 bits."""
    conv: Convolution = projection.weight
    parameters = (*padded_size(conv), *conv.stride, *conv.dilation, conv.input_shape[0], len(conv.weight))
    return max(parameters) <= CONV_PARAMETER_MAX


def few_channel_pairs(projection: Any, request: RunRequest) -> bool:
    """Whether a convolution has few pairs of input and output channels."""
    outputs, inputs = projection.weight.weight.shape[:2]
    return outputs * inputs <= CHANNEL_PAIRS_MAX


def mostly_nonzero(projection: Projection, request: RunRequest) -> bool:
    """Whether most weights are nonzero."""
    matrix = sparse_matrix(projection)
    return matrix.nnz > DENSE_FRACTION * np.prod(matrix.shape)


def few_delayed_entries(projection: Projection, request: RunRequest) -> bool:
    """Whether the delayed matrix, with one entry per connection and step of delay, is small."""
    return (longest(projection.delay_steps) - 1) * sparse_matrix(projection).nnz <= DELAYED_ENTRIES_MAX


@cached_while_alive
def sparse_matrix(projection: Projection) -> SparseMatrix:
    """The weights of a projection, `(target units, source units)`."""
    return matrix_of(projection.weight)


def matrix_of(weights: Weight) -> SparseMatrix:
    """Weights as a matrix, `(target units, source units)`."""
    target, source, weight = weights.entries()
    return csr_matrix((weight.astype(np.int32), (target, source)), weights.shape)


ZERO_RESET = Requirement("reset to zero", "v is set to 0 after every spike", resets_to_zero)
NOT_REFRACTORY = Requirement("no refractory steps", "a unit may spike at every step", never_refractory)
NO_SECOND_WRAP = Requirement(
    "input below 2^18 at every step", "u wraps only once, so larger input takes it beyond 24 bits", no_second_wrap
)
FLOATING_POINT = Requirement("floating-point arithmetic", "Lava has no fixed-point model of it", never_met)
NOTHING_IN_TRANSIT = Requirement(
    "no messages in transit when u and v are reset, and 0 as their initial state",
    "the last messages of a sample arrive in the first steps of the next one, and u and v start from 0",
    never_met,
)
V_CLEARED = Requirement("no bias, and v cleared once it is sent", "v is cleared, and no bias is added", never_met)
UNBOUNDED = Requirement(
    "an unbounded sum, no leak and no bias", "the sum grows beyond 24 bits, without a leak or a bias", never_met
)
ONE_IMAGE = Requirement("one sample", "its images have no axis for samples", one_sample)
ONE_VECTOR = Requirement("one sample", "its ports take one vector per step", one_sample)
NO_EXPONENT = Requirement("exponent 0", "weight_exp is accepted but never used", no_exponent)
ONE_STEP_DELAY = Requirement("a delay of one step", "a sum is delayed by exactly one step", one_step_delay)
SMALL_WINDOWS = Requirement(
    f"channels, padded rows and columns, strides and dilations of at most {CONV_PARAMETER_MAX}",
    "these parameters are 8 bits wide and overflow",
    small_windows,
)
FEW_CHANNEL_PAIRS = Requirement(
    f"at most {CHANNEL_PAIRS_MAX} pairs of input and output channels",
    "each pair is convolved separately",
    few_channel_pairs,
    affects="speed",
)
MOSTLY_NONZERO = Requirement(
    "more than half of all weights nonzero", "zeros are multiplied too", mostly_nonzero, affects="speed"
)
FEW_DELAYED_ENTRIES = Requirement(
    f"at most {DELAYED_ENTRIES_MAX} connections, counted once for each step of delay beyond the first",
    "the matrix of all delays is rebuilt at each step",
    few_delayed_entries,
    affects="speed",
)

POPULATIONS = (
    Candidate((Cuba, Spike), "LIF", (ZERO_RESET, NOT_REFRACTORY, NO_SECOND_WRAP)),
    Candidate((Cuba, Spike), "LIFRefractory", (FLOATING_POINT,)),
    Candidate((Cuba, Spike), "LIFReset", (NOTHING_IN_TRANSIT,)),
    Candidate((Cuba, Silent), "TernaryLIF", (NO_SECOND_WRAP,)),
    Candidate((Memoryless, Graded), "GradedVec", (V_CLEARED,)),
    Candidate((Accumulator, Graded), "Sigma", (UNBOUNDED,)),
    Candidate((object, object), "PopulationProcess"),
)
"""Processes for populations. The last one is Quantal's, and steps the network's own kinds."""

PROJECTIONS = (
    Candidate((Convolution,), "Conv", (ONE_IMAGE, NO_EXPONENT, ONE_STEP_DELAY, SMALL_WINDOWS, FEW_CHANNEL_PAIRS)),
    Candidate((object,), "Dense", (ONE_VECTOR, ONE_STEP_DELAY, MOSTLY_NONZERO)),
    Candidate((object,), "DelayDense", (ONE_VECTOR, MOSTLY_NONZERO, FEW_DELAYED_ENTRIES)),
    Candidate((object,), "Sparse", (ONE_VECTOR, ONE_STEP_DELAY)),
    Candidate((object,), "DelaySparse", (ONE_VECTOR, FEW_DELAYED_ENTRIES)),
    Candidate((object,), "BatchedSparse"),
)
"""Processes for projections. The last one is Lava's `Sparse` with ports for many samples and a queue for its sums."""


def select_population_process(population: Population, request: RunRequest) -> SelectedProcess:
    """The process that a population runs as."""
    return select(POPULATIONS, (population.integration, population.emission), population, request)


def select_projection_process(projection: Projection, request: RunRequest) -> SelectedProcess:
    """The process that a projection runs as; one that learns shares Quantal's own with those that use its weights."""
    if request.network.learner(projection) is not None:
        return SelectedProcess("LearningProcess", ())
    return select(PROJECTIONS, (projection.weight,), projection, request)


def select(
    candidates: tuple[Candidate, ...], kinds: tuple[Any, ...], part: Part, request: RunRequest
) -> SelectedProcess:
    """The first candidate whose requirements are met, and why each one before it was rejected."""
    rejected: list[tuple[str, Requirement]] = []
    for candidate in candidates:
        if not all(map(isinstance, kinds, candidate.kinds)):
            continue
        unmet = next((each for each in candidate.requirements if not each.is_met(part, request)), None)
        if unmet is None:
            return SelectedProcess(candidate.process, tuple(rejected))
        rejected.append((candidate.process, unmet))
    raise AssertionError("the last candidate has no requirements")


def selected_processes(network: CountNetwork, drive: Drive) -> dict[str, SelectedProcess]:
    """What every population and projection of a network runs as with this drive, by name."""
    request = RunRequest(network, drive, 0, EVERYTHING, 0, "process")
    return {
        **{f"population {p.name}": select_population_process(p, request) for p in network.populations},
        **{f"projection {p.name}": select_projection_process(p, request) for p in network.projections},
    }


def requirement_rows(candidates: tuple[Candidate, ...]) -> list[tuple[str, str, str, str]]:
    """A table in words, one row per requirement: kinds, process, what it needs, what it does otherwise."""
    return [
        (" + ".join(map(kind_name, candidate.kinds)), candidate.process, needs, otherwise)
        for candidate in candidates
        for needs, otherwise in in_words(candidate.requirements)
    ]


def in_words(requirements: tuple[Requirement, ...]) -> list[tuple[str, str]]:
    """What each requirement needs, and what happens otherwise; `nothing` where there are none."""
    return [(each.needs, each.otherwise) for each in requirements] or [("nothing", "")]


def kind_name(kind: type) -> str:
    """The name of a kind; `any` for `object`."""
    return "any" if kind is object else kind.__name__
