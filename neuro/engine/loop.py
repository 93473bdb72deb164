"""The compiled loop over samples, steps, projections and populations.

Samples are independent, so each one runs all its steps while its state and the weights stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, typeof
from numba.core.typing.templates import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from quantal.neuro.engine.call import connect_at, emit_at, integrate_at
from quantal.neuro.engine.compiled import cached
from quantal.neuro.engine.kernels.delayed import deliver, open_queue, settle, take_due
from quantal.neuro.engine.philox import fill
from quantal.neuro.engine.plasticity import learn_all_at
from quantal.neuro.engine.simd import load, store

STEPS_BETWEEN_CHECKS = 64
LANES = 64


@intrinsic
def _unowned(_context: Any, array: Any) -> Any:
    """The same memory as an array without reference counting.

    Slicing a reference-counted array takes two atomic additions to one counter, on which the cores would contend at
    every step. The caller of the loop keeps the memory alive.
    """

    def build(context: Any, builder: Any, _types: Any, values: Any) -> Any:
        view = make_array(array)(context, builder, values[0])
        view.meminfo = view.meminfo.type(None)
        return view._getvalue()

    return signature(array, array), build


unowned: Any = _unowned


@njit(nogil=True)
def copy(source: Any, target: Any) -> None:
    """`target[:] = source` in vectors; Numba copies one number at a time."""
    for first in range(0, source.size, LANES):
        store(target, first, load(source, first, LANES))


@njit(nogil=True)
def add_to(a: Any, added: Any) -> None:
    """`a += added` in vectors."""
    for first in range(0, a.size, LANES):
        store(a, first, load(a, first, LANES) + load(added, first, LANES))


# A single function: if it were split, counting references to all arrays at each step would take a tenth of the time.
@cached
def run_samples(
    populations: Any,
    projections: Any,
    learning: Any,
    seed: Any,
    first_sample: Any,
    first_step: Any,
    drive: Any,
    memory: Any,
    end: Any,
    messages: Any,
    states: Any,
    tags: Any,
    scratch: Any,
    samples: Any,
    control: Any,
) -> None:
    """Run samples `samples[0]` to `samples[1] − 1` of a batch.

    `drive` is `(steps or 1, batch, units)`, `memory` the state from which each sample starts, `(batch or 1, values)`,
    `end` the state in which it ends, `(batch or 0, values)`; both may be the same array.
    `messages` and `states` are `(steps, batch, recorded)`, `tags` is `(records, batch, recorded)`. `scratch` has room
    for the memory of one sample, the input of all units, the draws of one population, the constant input of all units,
    and the queues of what arrives later. `control[0]` counts steps, summed over samples; the loop stops early once
    `control[1]` is set.
    """
    units, values_kept, scratch = populations.unit[-1], memory.shape[1], unowned(scratch)
    queues_at = scratch.size - populations.queue[-1]
    own_memory, a, uniform, constant, queues = (
        scratch[:values_kept],
        scratch[values_kept : values_kept + units],
        scratch[values_kept + units : queues_at - units],
        scratch[queues_at - units : queues_at],
        scratch[queues_at:],
    )
    values, indices = unowned(projections.values), unowned(projections.indices)
    integration_numbers = unowned(populations.integration_numbers)
    emission_numbers = unowned(populations.emission_numbers)
    drive, memory, end, messages, states = (
        unowned(drive), unowned(memory), unowned(end), unowned(messages), unowned(states)
    )  # fmt: skip
    rules, factors, integers = unowned(learning.rules), unowned(learning.factors), unowned(learning.integers)
    tags, learned, places = unowned(tags), own_memory.view(np.int16), np.empty(factors.shape[0], np.int64)
    steps, learns = messages.shape[0], rules.shape[0] > 0
    for sample in range(samples[0], samples[1]):
        copy(memory[sample if memory.shape[0] > 1 else 0], own_memory)
        for q in range(populations.delay.size):
            if populations.arriving_steps[q]:
                open_queue(queues[populations.queue[q] : populations.queue[q + 1]], populations.arriving_steps[q])
        for t in range(steps):
            # Cores that read or wrote one place at every step would wait for each other.
            if t % STEPS_BETWEEN_CHECKS == 0:
                control[0] += min(STEPS_BETWEEN_CHECKS, steps - t)
                if control[1]:
                    return
            step = first_step + t
            external = drive[t if drive.shape[0] > 1 else 0, sample]
            for q in range(populations.delay.size):
                first, last = populations.unit[q], populations.unit[q + 1]
                if t >= steps - populations.skipped_steps[q]:
                    continue
                if t == 0 and populations.constant_input[q]:
                    constant[first:last] = 0
                if populations.driven[q] < 0:
                    a[first:last] = 0
                elif not populations.drive_only[q]:
                    copy(external[populations.driven[q] : populations.driven[q] + last - first], a[first:last])
            for p in range(projections.source.size):
                source, target = projections.source[p], projections.target[p]
                if t >= steps - populations.skipped_steps[target]:
                    continue
                # From the step at which it arrives, a constant message is summed once and added at every step.
                arrives_for_ever = (
                    populations.constant_message[source] and projections.delay[p] and t >= projections.delay[p]
                )
                if arrives_for_ever and t > projections.delay[p]:
                    continue
                size = populations.unit[source + 1] - populations.unit[source]
                weights = values[projections.values_at[p] : projections.values_at[p + 1]]
                if learns and projections.learned_at[p] >= 0:
                    weights = learned[projections.learned_at[p] : projections.learned_end[p]]
                index = indices[projections.indices_at[p] : projections.indices_at[p + 1]]
                if not projections.delay[p]:
                    slot = populations.ring[source] + (step - 1) % populations.delay[source] * size
                    sent = own_memory[slot : slot + size]
                    arriving = own_memory[populations.arriving[target] : populations.arriving[target + 1]]
                    queue = queues[populations.queue[target] : populations.queue[target + 1]]
                    later = populations.arriving_steps[target]
                    deliver(sent, projections.exponent[p], weights, index, queue, arriving, later, step % later)
                    continue
                slot = populations.ring[source] + (step - projections.delay[p]) % populations.delay[source] * size
                sent = own_memory[slot : slot + size]
                sums = constant if arrives_for_ever else a
                reached = sums[populations.unit[target] : populations.unit[target + 1]]
                connect_at(projections.kernel[p], (sent, projections.exponent[p], weights, index, reached))
            for q in range(populations.delay.size):
                if t >= steps - populations.skipped_steps[q]:
                    continue
                first, last = populations.unit[q], populations.unit[q + 1]
                size = last - first
                own = own_memory[populations.state[q] : populations.state[q + 1]]
                variables = own.reshape((own.size // size, size))
                slot = populations.ring[q] + step % populations.delay[q] * size
                message = own_memory[slot : slot + size]
                # A population with a constant message keeps its state, and soon every slot holds that message.
                if not populations.constant_message[q] or t < populations.delay[q]:
                    numbers = integration_numbers[populations.integration_at[q] : populations.integration_at[q + 1]]
                    integrated = variables[populations.emission_states[q] :]
                    arrived, driven = a[first:last], populations.driven[q]
                    if populations.constant_input[q]:
                        add_to(arrived, constant[first:last])
                    if populations.arriving_steps[q]:
                        arriving = own_memory[populations.arriving[q] : populations.arriving[q + 1]]
                        queue, later = (
                            queues[populations.queue[q] : populations.queue[q + 1]],
                            populations.arriving_steps[q],
                        )
                        take_due(queue, arriving, later, step % later, arrived)
                    if driven >= 0 and populations.drive_only[q]:
                        arrived = external[driven : driven + size]
                    integrate_at(populations.integration[q], (integrated, arrived, numbers))
                    draws = uniform[: populations.draws[q]]
                    fill(seed, populations.stream[q], np.uint64(step), first_sample + np.uint64(sample), draws)
                    numbers = emission_numbers[populations.emission_at[q] : populations.emission_at[q + 1]]
                    emit_at(populations.emission[q], (variables, draws, numbers, message))
                if populations.message_at[q] >= 0:
                    place = populations.message_at[q]
                    messages[t, sample, place : place + size] = message
                if populations.state_at[q] >= 0:
                    place = populations.state_at[q]
                    states[t, sample, place : place + own.size] = own
            if learns:
                learn_all_at(learning.address, (rules, factors, integers, places, step, own_memory))
                if learning.weights_every and (step + 1) % learning.weights_every == 0:
                    record = (step + 1) // learning.weights_every - first_step // learning.weights_every - 1
                    tags[record, sample] = own_memory[learning.tags_at : learning.tags_at + tags.shape[2]]
        if end.shape[0]:
            for q in range(populations.delay.size):
                if populations.arriving_steps[q]:
                    arriving = own_memory[populations.arriving[q] : populations.arriving[q + 1]]
                    queue = queues[populations.queue[q] : populations.queue[q + 1]]
                    settle(queue, arriving, populations.arriving_steps[q])
            copy(own_memory, end[sample])


_machine_code: list[Callable[..., None]] = []


def run_compiled(*arguments: Any) -> None:
    """Call `run_samples` without dispatching on the types of its arguments, which takes as long as a hundred steps.

    The types are the same in every call: arrays made by `neuro.engine.packed_run`, in C order and writeable.
    """
    if not _machine_code:
        run_samples.compile(tuple(typeof(argument) for argument in arguments))
        _machine_code.append(next(iter(run_samples.overloads.values())).entry_point)
    _machine_code[0](*arguments)
