"""The reference simulator, which defines what a `CountNetwork` means.

Written for readers, not for speed. Every other backend equals it, integer for integer, or refuses the network.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.draws import uniform_draws
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Recording, Snapshot, Trace, start_snapshot
from quantal.neuro.protocols import POTENTIAL, State
from quantal.neuro.simulate.drive import Drive, check_run
from quantal.neuro.simulate.learning import Sent, Tags, learn, weighted
from quantal.neuro.simulate.trace_buffer import trace_buffer
from quantal.neuro.synapses.delays import longest, single_delays


def run(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    start: Snapshot | None = None,
) -> Trace:
    """Run a network for a number of steps.

    Parameters
    ----------
    network
        A network that `verify` accepts.
    drive
        External input: population to integers `(batch, units)`, the same at each step, or `(steps, batch, units)`.
    steps
        Number of steps.
    recording
        What to record.
    first_sample
        Number of the first sample of the batch, on which its random draws depend.
    start
        Snapshot from which to resume; the initial state by default.
    """
    samples = check_run(network, drive, steps, recording, first_sample)
    start = start_snapshot(network, start, len(samples))
    states = {p.name: {k: start.states[p.name][k].astype(np.int64) for k in p.states} for p in network.populations}
    sent = {name: deque(messages.astype(np.int64), maxlen=len(messages)) for name, messages in start.sent.items()}
    tags = {name: each.astype(np.int64) for name, each in start.weights.items()}
    record = trace_buffer(network, recording, steps, len(samples), first_step=start.step)
    for t in range(steps):
        messages = one_step(network, states, sent, tags, drive_at(drive, t), start.step + t, samples)
        for name, message in messages.items():
            record.write(t, name, states[name], message)
        record.write_tags(start.step + t, tags)
    return Trace(
        network=content_hash(network),
        backend="reference",
        first_step=start.step,
        first_sample=first_sample,
        states=record.states,
        messages=record.messages,
        end=Snapshot(
            start.step + steps,
            {name: {k: v.astype(np.int32) for k, v in state.items()} for name, state in states.items()},
            {name: np.array(messages, np.int32) for name, messages in sent.items()},
            {name: each.astype(np.int32) for name, each in tags.items()},
        ),
        weights=record.weights,
        weight_steps=record.weight_steps,
    )


def one_step(
    network: CountNetwork, states: dict[str, State], sent: Sent, tags: Tags, drive: Drive, step: int, samples: range
) -> dict[str, Integers]:
    """Advance a network by one step: sum the input, integrate, emit, then learn.

    Updates `states`, `sent` and `tags`, and returns the messages.
    """
    sums = {p.name: summed_input(network, p, sent, tags, drive, len(samples)) for p in network.populations}
    messages: dict[str, Integers] = {}
    for p in network.populations:
        draws = uniform_draws(network.seed, p.name, step, samples, p.emission.draw_count(p.size))
        messages[p.name], states[p.name] = population_step(p, states[p.name], sums[p.name], draws)
    for name, message in messages.items():
        sent[name].append(message)
    learn(network, tags, sent)
    return messages


def population_step(population: Population, state: State, a: Integers, draws: Integers) -> tuple[Integers, State]:
    """Message and state of one population after a step with input `a`: integrate, then emit."""
    integrated = population.integration.step(state, a)
    own = {name: state[name] for name in population.emission.states}
    message, own, v = population.emission.step(own, integrated[POTENTIAL], draws)
    return message, {**own, **integrated, POTENTIAL: v}


def summed_input(
    network: CountNetwork, population: Population, sent: Sent, tags: Tags, drive: Drive, batch: int
) -> Integers:
    """`a = Σ (W @ message(t − delay)) << exponent + external input(t)`, `(batch, units)`."""
    a = np.zeros((batch, population.size), np.int64)
    for projection in network.arriving(population.name):
        for part in single_delays(projection):
            message = sent[projection.source][-longest(part.delay_steps)]
            a += weighted(network, part, tags, message) << projection.exponent
    return a + drive.get(population.name, 0)


def drive_at(drive: Drive, step: int) -> Drive:
    """External input of one step, `(batch, units)` each."""
    return {name: value if value.ndim == 2 else value[step] for name, value in drive.items()}
