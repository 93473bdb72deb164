"""The recorder: one file mapped into every process of a run.

A process writes what it records where the host will read it, so that nothing is ever sent. Lava's own monitor reads
one number at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hardware.lava.job import Job
from neuro.network import Population
from neuro.trace import Recorded

ITEM_BYTES = np.dtype(np.int32).itemsize


@dataclass(frozen=True, eq=False)
class Recorder:
    """Recorded states and messages, `(steps, batch, units)` each, as views of one memory."""

    states: dict[str, dict[str, Recorded]] = field(default_factory=dict[str, dict[str, Recorded]])
    messages: dict[str, Recorded] = field(default_factory=dict[str, Recorded])

    def keep(self, step: int, population: str, state: dict[str, Any], message: Any) -> None:
        """Write what is kept of one population at one step, `(batch, units)` each."""
        for name, kept in self.states.get(population, {}).items():
            kept[step] = state[name]
        if population in self.messages:
            self.messages[population][step] = message

    def copy(self, step: int, now: Recorder) -> None:
        """Write all that is kept at one step from a recorder that holds only that step."""
        for population, kept in now.messages.items():
            self.messages[population][step] = kept[0]
        for population, states in now.states.items():
            for name, kept in states.items():
                self.states[population][name][step] = kept[0]


def recorder_bytes(job: Job) -> int:
    """Size of the memory that a recorder of this job needs."""
    return sum(
        array_bytes(job, p) * (len(kept_states(job, p)) + keeps_message(job, p)) for p in job.network.populations
    )


def recorder(job: Job, memory: Any) -> Recorder:
    """A recorder over a memory of `recorder_bytes`, the same in every process that maps it."""
    parts = Recorder()
    place = 0
    for p in job.network.populations:
        parts.states.update({p.name: {}} if job.recording.keeps_state(p.name) else {})
        for state in kept_states(job, p):
            parts.states[p.name][state] = view(job, p, memory, place)
            place += array_bytes(job, p)
        if keeps_message(job, p):
            parts.messages[p.name] = view(job, p, memory, place)
            place += array_bytes(job, p)
    return parts


def kept_states(job: Job, population: Population) -> tuple[str, ...]:
    """State variables that are recorded of a population."""
    return population.integration.states if job.recording.keeps_state(population.name) else ()


def keeps_message(job: Job, population: Population) -> bool:
    """Whether messages are recorded of a population."""
    return job.recording.keeps_message(population.name)


def array_bytes(job: Job, population: Population) -> int:
    """Size of one recorded variable of a population."""
    return job.steps * job.batch * population.size * ITEM_BYTES


def view(job: Job, population: Population, memory: Any, place: int) -> Recorded:
    """One recorded variable of a population."""
    return np.ndarray((job.steps, job.batch, population.size), np.int32, memory, place)
