"""A network as flat arrays, so that one compiled loop runs every network.

The units of all populations are stored one after another in the order of `CountNetwork.populations`, and so are their
state variables, their ring buffers of sent messages, and the numbers of their kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.caching import cached_while_alive
from quantal.neuro.draws import stream
from quantal.neuro.engine.kernels import kernel_of
from quantal.neuro.engine.kernels.delayed import packed_delayed, queue_size
from quantal.neuro.engine.plasticity import PackedLearning, StoredRule, pack_learning, stored_rules
from quantal.neuro.engine.simd import CACHE_LINE
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Recording
from quantal.neuro.synapses import Sparse
from quantal.neuro.synapses.delays import longest
from quantal.neuro.synapses.delays import shortest as shortest_delay

Offsets = NDArray[np.int64]
UNREACHABLE = 2**40
"""More steps than any run has."""


class PackedPopulations(NamedTuple):
    """One entry per population; offsets have one more.

    `integration` and `emission` are addresses of kernels, `state` and `ring` offsets in the memory of a sample.
    `message_at` and `state_at` are offsets in the recording and `driven` is the offset in the external input, each −1
    for a population without one. `drive_only` is 1 for a population whose only input is the drive, because no
    projection ends there. `skipped_steps` is the number of steps at the end of a run that need not be run, because
    nothing sent so late can still be recorded. `constant_message` is 1 for a population that sends the same message at
    every step of a run, `constant_input` for one where such messages arrive. `arriving_steps` is the number of steps
    for which sums are kept where connections have their own delays, else 0, `arriving` their offset in the memory, and
    `queue` that of what is not added to them yet, in working memory.
    """

    unit: Offsets
    state: Offsets
    ring: Offsets
    delay: Offsets
    emission_states: Offsets
    integration: Offsets
    emission: Offsets
    draws: Offsets
    stream: NDArray[np.uint64]
    integration_at: Offsets
    emission_at: Offsets
    integration_numbers: NDArray[np.int32]
    emission_numbers: NDArray[np.int32]
    message_at: Offsets
    state_at: Offsets
    driven: Offsets
    drive_only: Offsets
    skipped_steps: Offsets
    constant_message: Offsets
    constant_input: Offsets
    arriving: Offsets
    arriving_steps: Offsets
    queue: Offsets


class PackedProjections(NamedTuple):
    """One entry per projection; offsets have one more.

    `kernel` holds addresses. `delay` is 0 where each connection has its own. `learned_at` and `learned_end` are start
    and end of learned weights in the memory of a sample, in 16-bit integers, −1 for constant weights.
    """

    source: Offsets
    target: Offsets
    delay: Offsets
    exponent: Offsets
    kernel: Offsets
    values_at: Offsets
    indices_at: Offsets
    values: NDArray[np.int16]
    indices: NDArray[np.int32]
    learned_at: Offsets
    learned_end: Offsets


@cached_while_alive
def pack_populations(network: CountNetwork, recording: Recording) -> PackedPopulations:
    """Everything that the loop needs to know about the populations."""
    populations = network.populations
    delays = [network.longest_delay(p.name) for p in populations]
    integrations = [kernel_of(type(p.integration), f"population {p.name}") for p in populations]
    emissions = [kernel_of(type(p.emission), f"population {p.name}") for p in populations]
    integration_numbers = [kernel.pack(p.integration) for kernel, p in zip(integrations, populations, strict=True)]
    emission_numbers = [kernel.pack(p.emission) for kernel, p in zip(emissions, populations, strict=True)]
    state = offsets([state_size(p) for p in populations])
    ring = state[-1] + offsets([delay * p.size for delay, p in zip(delays, populations, strict=True)])
    arriving = [arriving_steps(network, p) for p in populations]
    return PackedPopulations(
        unit=offsets([p.size for p in populations]),
        state=state,
        ring=ring,
        delay=np.array(delays),
        emission_states=np.array([len(p.emission.states) for p in populations]),
        integration=np.array([kernel.address for kernel in integrations]),
        emission=np.array([kernel.address for kernel in emissions]),
        draws=np.array([p.emission.draw_count(p.size) for p in populations]),
        stream=np.array([stream(p.name) for p in populations], np.uint64),
        integration_at=offsets([len(numbers) for numbers in integration_numbers]),
        emission_at=offsets([len(numbers) for numbers in emission_numbers]),
        integration_numbers=joined(integration_numbers, np.int32),
        emission_numbers=joined(emission_numbers, np.int32),
        message_at=selected_offsets(
            [recording.records_message(p.name) for p in populations], [p.size for p in populations]
        ),
        state_at=selected_offsets(
            [recording.records_state(p.name) for p in populations], [state_size(p) for p in populations]
        ),
        driven=np.full(len(populations), -1),
        drive_only=np.array([not network.arriving(p.name) for p in populations], np.int64),
        skipped_steps=np.zeros(len(populations), np.int64),
        constant_message=np.zeros(len(populations), np.int64),
        constant_input=np.zeros(len(populations), np.int64),
        arriving=learned_end(network)
        + offsets([steps * p.size for steps, p in zip(arriving, populations, strict=True)]),
        arriving_steps=np.array(arriving),
        queue=offsets([queue_of(network, p) for p in populations]),
    )


@cached_while_alive
def pack_rules(network: CountNetwork, recording: Recording) -> PackedLearning:
    """Everything that the loop needs to know about learning."""
    populations = pack_populations(network, recording)
    return pack_learning(network, populations.ring, populations.delay, recording)


@cached_while_alive
def pack_recorded_only(network: CountNetwork, recording: Recording) -> PackedPopulations:
    """The same, skipping the steps of each population that can't change the recording."""
    if network.learning:
        # What a population sends late may still change weights, and through them anything that is recorded.
        return pack_populations(network, recording)
    shortest = steps_to_record(network, recording)
    return pack_populations(network, recording)._replace(
        skipped_steps=np.array([shortest[p.name] for p in network.populations])
    )


def steps_to_record(network: CountNetwork, recording: Recording) -> dict[str, int]:
    """Smallest number of steps from a message of each population to anything recorded; `UNREACHABLE` if no path."""
    recorded = [
        p.name for p in network.populations if recording.records_message(p.name) or recording.records_state(p.name)
    ]
    shortest = {p.name: 0 if p.name in recorded else UNREACHABLE for p in network.populations}
    for _ in network.populations:
        for p in network.projections:
            shortest[p.source] = min(shortest[p.source], shortest[p.target] + shortest_delay(p.delay_steps))
    return shortest


@cached_while_alive
def pack_projections(network: CountNetwork) -> PackedProjections:
    """Everything that the loop needs to know about the projections."""
    place = {p.name: index for index, p in enumerate(network.populations)}
    projections: tuple[Projection, ...] = network.projections
    stored = {each.projection.name: each for each in stored_rules(network, ring_end(network))}
    learned = [stored.get(p.shares or p.name) for p in projections]
    packed = [pack_projection(p, rule) for p, rule in zip(projections, learned, strict=True)]
    return PackedProjections(
        source=np.array([place[p.source] for p in projections], np.int64),
        target=np.array([place[p.target] for p in projections], np.int64),
        delay=np.array([0 if has_own_delays(p) else p.delay_steps for p in projections], np.int64),
        exponent=np.array([p.exponent for p in projections], np.int64),
        kernel=np.array([address for address, _, _ in packed], np.int64),
        values_at=offsets([len(values) for _, values, _ in packed]),
        indices_at=offsets([len(index) for _, _, index in packed]),
        values=joined([values for _, values, _ in packed], np.int16),
        indices=joined([index for _, _, index in packed], np.int32),
        learned_at=np.array([-1 if rule is None else 2 * rule.weights_at for rule in learned], np.int64),
        learned_end=np.array([-1 if rule is None else 2 * rule.weights_end for rule in learned], np.int64),
    )


def pack_projection(
    projection: Projection, learned: StoredRule | None
) -> tuple[int, NDArray[np.int16], NDArray[np.int32]]:
    """Address of the kernel, values and index; learned weights are in the memory of a sample instead."""
    if learned is not None:
        address, index = learned.connect
        return address, np.zeros(0, np.int16), index
    kernel = kernel_of(type(projection.weight), f"projection {projection.name}")
    if has_own_delays(projection):
        delays = np.asarray(projection.delay_steps, np.int8)
        return (kernel.address, *packed_delayed(cast("Sparse", projection.weight), delays))
    return (kernel.address, *kernel.pack(projection.weight))


def ring_end(network: CountNetwork) -> int:
    """Size of the state variables and the kept messages of one sample."""
    return sum(state_size(p) + network.longest_delay(p.name) * p.size for p in network.populations)


def learned_end(network: CountNetwork) -> int:
    """Size of the state variables, the kept messages and the learned weights of one sample."""
    rules = stored_rules(network, ring_end(network))
    return rules[-1].weights_end if rules else ring_end(network)


def has_own_delays(projection: Projection) -> bool:
    """Whether each connection of a projection has its own delay."""
    return isinstance(projection.delay_steps, np.ndarray)


def arriving_steps(network: CountNetwork, population: Population) -> int:
    """The number of steps for which the sums of a population are kept: the longest of its connections' own delays."""
    return max((longest(p.delay_steps) for p in network.arriving(population.name) if has_own_delays(p)), default=0)


def queue_of(network: CountNetwork, population: Population) -> int:
    """Size of the queue of a population."""
    weights = [cast("Sparse", p.weight) for p in network.arriving(population.name) if has_own_delays(p)]
    return queue_size(arriving_steps(network, population), weights)


def state_size(population: Population) -> int:
    """Number of state values of one sample."""
    return len(population.states) * population.size


def offsets(sizes: list[int]) -> Offsets:
    """Start of each part, and end of the last one."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def selected_offsets(flags: list[bool], sizes: list[int]) -> Offsets:
    """Start of each selected part among the selected ones, −1 for the others."""
    starts = offsets([size * flag for size, flag in zip(sizes, flags, strict=True)])
    return np.where(flags, starts[:-1], -1)


def joined(parts: Sequence[NDArray[np.integer]], kind: type) -> NDArray[Any]:
    """Concatenate arrays in one type, at the start of a cache line."""
    values = np.concatenate([np.zeros(0, kind), *parts])
    aligned = empty_aligned(values.shape, kind)
    aligned[:] = values
    return aligned


def empty_aligned(shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """An uninitialised array at the start of a cache line."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    memory = np.empty(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(kind).reshape(shape)
