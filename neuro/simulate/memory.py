"""Refuse what does not fit into memory before any of it is allocated."""

from __future__ import annotations

import psutil

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.trace_buffer import recorded_weight_steps, tag_count

SMALL_BYTES = 2**28
"""What is smaller than this is allocated without a question, which would take as long as some steps of a small run."""
TRACE_BYTES = 4
"""Size of an integer in a trace."""
TAG_COPIES = 2
"""How often the tags of each sample are in memory besides what is recorded: while they change, and at the end."""


def require_memory(size_bytes: int, what: str, where: str, hint: str) -> None:
    """Raise a `QuantalError` if more bytes are asked for than the machine has free."""
    if size_bytes <= SMALL_BYTES:
        return
    available_bytes = psutil.virtual_memory().available
    if size_bytes > available_bytes:
        raise QuantalError(
            f"{what} does not fit into memory",
            where=where,
            expected=f"at most {available_bytes / 1e9:.1f} GB",
            got=f"{size_bytes / 1e9:.1f} GB",
            hint=hint,
        )


def require_trace_memory(network: CountNetwork, recording: Recording, steps: int, batch: int) -> None:
    """Refuse a run whose trace does not fit into memory, with the tags of its samples and those that are recorded."""
    numbers = sum(
        population.size
        * (
            recording.records_message(population.name)
            + len(population.states) * recording.records_state(population.name)
        )
        for population in network.populations
    )
    copies = len(recorded_weight_steps(network, recording, 0, steps)) + TAG_COPIES
    require_memory(
        TRACE_BYTES * (numbers * steps + tag_count(network) * copies) * batch,
        f"the trace of {steps} steps and {batch} samples",
        f"network {network.name}",
        "record fewer populations or states, weights less often, or run fewer steps or samples at once",
    )
