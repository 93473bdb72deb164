"""Inference on many samples: compute only what is recorded, and keep no final state.

Samples are encoded in small parts by the core that runs them, so that the data of a sample stays in its cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.engine.encode import encode
from quantal.neuro.engine.packed_run import PackedTrace, advance, by_population, empty_trace, pack_inference
from quantal.neuro.engine.run import Progress, part_size, thread_pool, wait_for
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import EVERYTHING, Recording, Trace
from quantal.neuro.simulate.drive import check_run, check_samples

SAMPLES_AT_ONCE = 64
"""Few enough to fit in the cache, enough to make the overhead of Python for each part small."""


class Samples(Protocol):
    """An array of samples, or anything that is sliced like one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """`(batch, features)` or `(steps, batch, features)`."""
        ...

    def __getitem__(self, key: tuple[EllipsisType, slice, slice], /) -> NDArray[np.floating]: ...


def infer(
    network: CountNetwork,
    samples: Samples,
    steps: int,
    recording: Recording = EVERYTHING,
    first_sample: int = 0,
    progress: Progress | None = None,
) -> Trace:
    """Run a network on raw samples `(batch, features)` or `(steps, batch, features)`.

    Samples are an array, or anything that returns an array for a slice of the batch, such as a memory-mapped file or
    images that are encoded on demand.

    The recording equals that of `run` on `encode(network, samples)`. The trace has no end snapshot, because a
    population stops as soon as nothing that it sends can still reach what is recorded. `progress` is as for `run`.
    """
    check_samples(network, samples)
    batch, control = samples.shape[-2], np.zeros(2, np.int64)
    size = min(SAMPLES_AT_ONCE, part_size(batch))
    tasks = [
        thread_pool().submit(
            infer_part, network, samples, slice(first, first + size), steps, recording, first_sample, control
        )
        for first in range(0, batch, size)
    ]
    try:
        wait_for(tasks, control, batch * steps, progress)
    except QuantalError:
        # Check all samples together, so that the error gives the position in the whole batch.
        check_run(network, encode(network, samples[..., :, :]), steps, recording, first_sample)
        raise
    recorded = by_population(network, recording, joined([task.result() for task in tasks]))
    return Trace(
        network=content_hash(network),
        backend="engine",
        first_step=0,
        first_sample=first_sample,
        states=recorded.states,
        messages=recorded.messages,
        weights=recorded.weights,
        weight_steps=recorded.weight_steps,
    )


def infer_part(
    network: CountNetwork,
    samples: Samples,
    part: slice,
    steps: int,
    recording: Recording,
    first_sample: int,
    control: NDArray[np.int64],
) -> PackedTrace:
    """Encode and run part of the batch, and return its recording."""
    drive = encode(network, samples[..., part, :])
    numbers = check_run(network, drive, steps, recording, first_sample + part.start)
    record = empty_trace(network, recording, steps, len(numbers))
    packed = pack_inference(network, drive, numbers, recording)
    advance(packed, 0, record, (0, len(numbers)), control)
    return record


def joined(records: Sequence[PackedTrace]) -> PackedTrace:
    """Concatenate the recordings of the parts of a batch."""
    return PackedTrace(
        np.concatenate([record.messages for record in records], axis=1),
        np.concatenate([record.states for record in records], axis=1),
        np.concatenate([record.tags for record in records], axis=1),
    )
