"""Build the Brian2 twin of a network, run it, and read its trace."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.neuro.arithmetic import Integers
from quantal.neuro.brian.exact.code import no_compiler, preferred_target
from quantal.neuro.brian.exact.groups import (
    ORDER,
    Entries,
    assign,
    draw_names,
    neuron_group,
    past_message,
    pool_entries,
    population_equations,
    synapses,
)
from quantal.neuro.brian.exact.plastic import plastic_synapses, sharing_synapses
from quantal.neuro.brian.host import advance, brian2, quiet_target
from quantal.neuro.draws import uniform_draws
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Integers32, Recording, Snapshot, Trace, initial_snapshot
from quantal.neuro.simulate.drive import Drive, batch_size, check_run
from quantal.neuro.simulate.trace_buffer import TraceBuffer, trace_buffer

STEP_MS = 1.0
"""Duration of a step on Brian2's clock; results do not depend on it."""


@dataclass(frozen=True, eq=False)
class Twin:
    """A network in Brian2.

    Parameters
    ----------
    network
        The Brian2 network of all groups and synapses, with a time step of 1 ms: `twin.network.run(20 * ms)`.
    groups
        Population to group; unit k of sample s is neuron `s * units + k`.
    synapses
        Projection to synapses; a projection without connections is left out.
    states
        Population to state variable to `(steps, batch, units)`, filled in as the network runs.
    messages
        Population to `(steps, batch, units)`, likewise.
    weights, weight_steps
        Projection that learns to recorded tags, `(records, batch, connections)`, and the steps after which they are
        recorded.
    """

    network: Any
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    states: Mapping[str, Mapping[str, Integers32]]
    messages: Mapping[str, Integers32]
    weights: Mapping[str, Integers32]
    weight_steps: Integers


def run(
    network: CountNetwork, drive: Drive, steps: int, recording: Recording = EVERYTHING, first_sample: int = 0
) -> Trace:
    """Run a network in Brian2, compiled if there is a compiler and in NumPy otherwise.

    Arguments and result are those of `neuro.simulate.reference.run`. Ctrl-C ends the run with `KeyboardInterrupt`.
    """
    twin = build(network, drive, steps, recording, first_sample)
    try:
        simulate(twin, steps, preferred_target())
    except Exception as error:
        if not no_compiler(error):
            raise
        warnings.warn("no working C++ compiler: Brian2 runs in NumPy, with the same result but slower", stacklevel=2)
        simulate(twin, steps, "numpy")
    return Trace(
        network=content_hash(network),
        backend="brian2",
        first_step=0,
        first_sample=first_sample,
        states=twin.states,
        messages=twin.messages,
        end=snapshot(network, twin, steps, batch_size(drive)),
        weights=twin.weights,
        weight_steps=twin.weight_steps,
    )


def build(
    network: CountNetwork, drive: Drive, steps: int, recording: Recording = EVERYTHING, first_sample: int = 0
) -> Twin:
    """Build a network in Brian2 without running it.

    Arguments are those of `neuro.simulate.reference.run`; `steps` is the number of steps to record. The twin
    follows Brian2's own preferences when it is run.
    """
    samples = check_run(network, drive, steps, recording, first_sample)
    batch = len(samples)
    start = initial_snapshot(network, batch)
    # The code that Brian2 generates for building is used once, so compiling it would not pay.
    with quiet_target("numpy"):
        clock = brian2.Clock(STEP_MS * brian2.ms, name="count_clock*")
        pools = {p.name: pool_entries(p, batch) for p in network.populations}
        groups = {
            p.name: neuron_group(network, p, start.states[p.name], pools[p.name], clock) for p in network.populations
        }
        connections = all_synapses(network, groups, start.weights, batch, clock)
        record = trace_buffer(network, recording, steps, batch)
        operations = [
            *feeders(groups, drive, clock),
            *drawers(network, groups, samples, clock),
            *poolers(network, groups, pools, samples, clock),
            *recorders(groups, record, clock),
            *tag_recorders(connections, record, clock),
        ]
        everything = brian2.Network(*groups.values(), *connections.values(), *operations)
    return Twin(everything, groups, connections, record.states, record.messages, record.weights, record.weight_steps)


def all_synapses(
    network: CountNetwork, groups: Mapping[str, Any], tags: Mapping[str, Integers32], batch: int, clock: Any
) -> dict[str, Any]:
    """Synapses of every projection that has a connection, those that learn before those that share their weights."""
    made: dict[str, Any] = {}
    for projection, rule in network.learning:
        if projection.weight.values().size:
            made[projection.name] = plastic_synapses(projection, rule, groups, tags[projection.name], clock)
    for p in network.projections:
        if p.shares in made:
            made[p.name] = sharing_synapses(p, made[p.shares], groups, batch, clock)
        elif network.learner(p) is None and p.weight.entries()[2].size:
            made[p.name] = synapses(p, groups, batch, clock)
    return made


def simulate(twin: Twin, steps: int, target: str) -> None:
    """Run a newly built twin with one of Brian2's code generation targets."""
    with quiet_target(target):
        advance(twin.network, steps * STEP_MS * brian2.ms)


def feeders(groups: Mapping[str, Any], drive: Drive, clock: Any) -> list[Any]:
    """Set constant external input now; return an operation for each input that changes over time."""
    operations: list[Any] = []
    for name, value in drive.items():
        if value.ndim == 2:
            assign(groups[name], "drive", value)
        else:
            operations.append(feeder(groups[name], value, clock))
    return operations


def feeder(group: Any, drive: Integers, clock: Any) -> Any:
    """An operation that sets the external input `(steps, batch, units)` of each step; the last one remains."""

    def feed() -> None:
        if step_of(clock) < len(drive):
            assign(group, "drive", drive[step_of(clock)])

    return operation(feed, "start", clock)


def drawers(network: CountNetwork, groups: Mapping[str, Any], samples: range, clock: Any) -> list[Any]:
    """Operations that draw the random numbers of each step, for the populations whose units need them."""
    return [
        drawer(network.seed, population, groups[population.name], samples, clock)
        for population in network.populations
        if draw_names(population)
    ]


def drawer(seed: int, population: Population, group: Any, samples: range, clock: Any) -> Any:
    """An operation that fills the draws of one population."""

    def draw() -> None:
        uniform = draws_of(population, seed, samples, clock)
        for name, each in zip(names, np.split(uniform, len(names), axis=1), strict=True):
            assign(group, name, each)

    names = draw_names(population)
    return operation(draw, "start", clock)


def draws_of(population: Population, seed: int, samples: range, clock: Any) -> Integers:
    """All draws of a population at the current step, `(batch, draws)`."""
    count = population.emission.draw_count(population.size)
    return uniform_draws(seed, population.name, step_of(clock), samples, count)


def poolers(
    network: CountNetwork, groups: Mapping[str, Any], pools: Mapping[str, Entries], samples: range, clock: Any
) -> list[Any]:
    """Operations that fill the pools of each step, for the populations that have any."""
    return [
        pooler(network.seed, population, groups[population.name], pools[population.name], samples, clock)
        for population in network.populations
        if pools[population.name]
    ]


def pooler(seed: int, population: Population, group: Any, pools: Entries, samples: range, clock: Any) -> Any:
    """An operation that fills the pools of one population, in place, between `integrate` and `emit`."""
    _, emission = population_equations(population)
    values = group.variables["v"].get_value()

    def fill() -> None:
        v = values.reshape(len(samples), population.size).astype(np.int64)
        uniform = draws_of(population, seed, samples, clock)
        for name, entries in pools.items():
            entries[:] = emission.pools[name](v, uniform)

    return operation(fill, "groups", clock, ORDER["pool"])


def recorders(groups: Mapping[str, Any], record: TraceBuffer, clock: Any) -> list[Any]:
    """Operations that copy the recorded variables at the end of each step."""
    recorded = [(name, state, rows) for name, of_name in record.states.items() for state, rows in of_name.items()]
    recorded += [(name, "message", rows) for name, rows in record.messages.items()]
    return [copier(groups[name], variable, rows, clock) for name, variable, rows in recorded]


def tag_recorders(synapses: Mapping[str, Any], record: TraceBuffer, clock: Any) -> list[Any]:
    """Operations that copy tags at the end of the steps after which they are recorded."""
    return [tag_copier(synapses[name], rows, record, clock) for name, rows in record.weights.items() if rows.size]


def tag_copier(synapses: Any, rows: Integers32, record: TraceBuffer, clock: Any) -> Any:
    """An operation that copies the tags of one projection to `rows`, `(records, batch, connections)`."""
    due = {int(step): place for place, step in enumerate(record.weight_steps)}

    def copy() -> None:
        if step_of(clock) in due:
            rows[due[step_of(clock)]] = tags_in(synapses, rows.shape[1])

    return operation(copy, "end", clock)


def tags_in(synapses: Any, batch: int) -> Integers32:
    """Current tags of a projection that learns, `(batch, connections)`."""
    return synapses.variables["tag"].get_value().reshape(batch, -1)


def copier(group: Any, variable: str, rows: Integers32, clock: Any) -> Any:
    """An operation that copies a variable to `rows`, `(steps, batch, units)`, until they are full."""
    values = group.variables[variable].get_value()

    def record() -> None:
        if step_of(clock) < len(rows):
            rows[step_of(clock)] = values.reshape(rows.shape[1:])

    return operation(record, "end", clock)


def operation(function: Any, slot: str, clock: Any, order: int = 0) -> Any:
    """A Python function that runs once a step, in a slot of Brian2's schedule."""
    return brian2.NetworkOperation(function, clock=clock, when=slot, order=order)


def step_of(clock: Any) -> int:
    """Number of the current step."""
    return int(clock.variables["timestep"].get_value()[0])


def snapshot(network: CountNetwork, twin: Twin, steps: int, batch: int) -> Snapshot:
    """The state of a twin, from which a run can be resumed."""

    def read(population: Population, variable: str) -> Integers32:
        return twin.groups[population.name].variables[variable].get_value().reshape(batch, -1).copy()

    return Snapshot(
        steps,
        {p.name: {state: read(p, state) for state in p.states} for p in network.populations},
        {
            p.name: np.stack([read(p, past_message(back)) for back in reversed(range(network.longest_delay(p.name)))])
            for p in network.populations
        },
        {projection.name: end_tags(twin, projection.name, batch) for projection, _ in network.learning},
    )


def end_tags(twin: Twin, projection: str, batch: int) -> Integers32:
    """Tags of a projection that learns, `(batch, connections)`; one without connections has no synapses."""
    if projection not in twin.synapses:
        return np.zeros((batch, 0), np.int32)
    return tags_in(twin.synapses[projection], batch).copy()
