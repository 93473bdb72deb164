"""The reference simulator: what a `CountNetwork` means.

Written to be read aloud. Every other backend equals it, integer for integer, or refuses the network.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from neuro.arithmetic import Integers
from neuro.coding import Drive, batch_size, check_drive
from neuro.draws import sample_numbers, uniform_draws
from neuro.files import content_hash
from neuro.kinds.kind import State
from neuro.network import CountNetwork, Population
from neuro.trace import EVERYTHING, Recorded, Recording, Snapshot, Trace, beginning
from neuro.verify import verify

Sent = dict[str, deque[Integers]]
"""The last messages of each population, newest last."""


def run(
    network: CountNetwork,
    drive: Drive,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    start: Snapshot | None = None,
) -> Trace:
    """Run a network for some steps.

    Parameters
    ----------
    network
        A network that `verify` accepts.
    drive
        External input: population to integers `(batch, units)`, the same at each step, or `(steps, batch, units)`.
    steps
        Number of steps.
    recording
        What to keep.
    first_sample
        Number of the first sample of the batch: it counts the random draws.
    start
        Where to go on from; from the initial state where left out.
    """
    verify(network)
    check_drive(network, drive, steps)
    batch = batch_size(drive)
    samples = sample_numbers(first_sample, batch)
    start = beginning(network, start, batch)
    states = {name: {k: v.astype(np.int64) for k, v in state.items()} for name, state in start.states.items()}
    sent = {name: deque(messages.astype(np.int64), maxlen=len(messages)) for name, messages in start.sent.items()}
    kept_states: dict[str, dict[str, list[Integers]]] = {
        p.name: {state: [] for state in p.integration.states}
        for p in network.populations
        if recording.keeps_state(p.name)
    }
    kept_messages: dict[str, list[Integers]] = {
        p.name: [] for p in network.populations if recording.keeps_message(p.name)
    }
    for step in range(steps):
        messages = one_step(network, states, sent, at(drive, step), start.step + step, samples)
        for name, message in messages.items():
            sent[name].append(message)
        for name, kept in kept_states.items():
            for state, values in kept.items():
                values.append(states[name][state])
        for name, values in kept_messages.items():
            values.append(messages[name])
    return Trace(
        network=content_hash(network),
        backend="reference",
        first_step=start.step,
        first_sample=first_sample,
        states={
            name: {k: stacked(v, batch, network.population(name)) for k, v in kept.items()}
            for name, kept in kept_states.items()
        },
        messages={name: stacked(v, batch, network.population(name)) for name, v in kept_messages.items()},
        end=Snapshot(
            start.step + steps,
            {name: {k: v.astype(np.int32) for k, v in state.items()} for name, state in states.items()},
            {name: np.array(messages, np.int32) for name, messages in sent.items()},
        ),
    )


def one_step(
    network: CountNetwork, states: dict[str, State], sent: Sent, drive: Drive, step: int, samples: range
) -> dict[str, Integers]:
    """Every population at once: sum the input, integrate, emit. Changes `states`, returns the messages."""
    sums = {p.name: summed_input(network, p, sent, drive, len(samples)) for p in network.populations}
    messages: dict[str, Integers] = {}
    for p in network.populations:
        integrated = p.integration.step(states[p.name], sums[p.name])
        draws = uniform_draws(network.seed, p.name, step, samples, p.size * p.emission.draws)
        messages[p.name], states[p.name] = p.emission.step(integrated, draws)
    return messages


def summed_input(network: CountNetwork, population: Population, sent: Sent, drive: Drive, batch: int) -> Integers:
    """`a = Σ (W @ message(t − delay)) << exponent + external input(t)`, `(batch, units)`."""
    a = np.zeros((batch, population.size), np.int64)
    for projection in network.arriving(population.name):
        message = sent[projection.source][-projection.delay_steps]
        a += projection.weight.apply(message) << projection.exponent
    return a + drive.get(population.name, 0)


def at(drive: Drive, step: int) -> Drive:
    """External input of one step, `(batch, units)` each."""
    return {name: value if value.ndim == 2 else value[step] for name, value in drive.items()}


def stacked(values: list[Integers], batch: int, population: Population) -> Recorded:
    """Recorded values as `(steps, batch, units)`, also where there are no steps."""
    return np.array(values, np.int32).reshape(len(values), batch, population.size)
