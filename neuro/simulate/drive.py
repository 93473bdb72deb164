"""From raw samples to integer drive, and from messages back to an estimate of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.dialects import dialect_named
from quantal.neuro.draws import sample_numbers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.arguments import require_array, require_noun
from quantal.neuro.network.bounds import largest_sum, summed_range
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.network.inputs import is_input_population
from quantal.neuro.network.trace import Recording, check_recording
from quantal.neuro.network.verify import verify
from quantal.neuro.simulate.memory import require_trace_memory

Floats = NDArray[np.float64]
Drive = Mapping[str, Integers]
"""External input by population: `(batch, units)`, the same at every step, or `(steps, batch, units)`."""

DRIVE_CLIP = 2.0**40
"""Drive is clipped to this size so that it fits in an integer; `check_drive` accepts far less."""


def encode(network: CountNetwork, samples: NDArray[np.floating]) -> dict[str, Integers]:
    """External input for raw samples `(batch, features)` or `(steps, batch, features)`."""
    check_samples(network, samples)
    check_finite(network, samples)
    drive: dict[str, Integers] = {}
    for entry in network.inputs:
        integers = nearest_integers(apply_gain(entry, samples))
        check_range(network, entry, integers)
        drive[entry.target] = drive[entry.target] + integers if entry.target in drive else integers
    return drive


def nearest_integers(values: Floats) -> Integers:
    """Round to the nearest integers, halves to even, and clip to ±`DRIVE_CLIP`, because floats may exceed 64 bits."""
    return np.clip(np.rint(values), -DRIVE_CLIP, DRIVE_CLIP).astype(np.int64)


def apply_gain(entry: Input, samples: NDArray[np.floating]) -> Floats:
    """`gain · sample`, `(batch, units)` or `(steps, batch, units)`."""
    rows = samples.reshape(-1, samples.shape[-1]).astype(np.float64, copy=False)
    return entry.gain.apply(rows).reshape(*samples.shape[:-1], -1)


def decode(network: CountNetwork, messages: NDArray[np.integer], readout: int = 0) -> Floats:
    """Estimate of the raw sample from messages `(…, units)`, as `(…, features)`."""
    return messages @ network.readouts[readout].weight.T


def check_samples(network: CountNetwork, samples: Any) -> None:
    """Refuse samples without a shape or of the wrong shape, and any network that is not a `CountNetwork`."""
    require_noun(network, CountNetwork)
    where = f"samples for network {network.name}"
    if not hasattr(samples, "shape"):
        require_array(samples, "samples", where)
    shape = tuple(samples.shape)
    if not network.inputs:
        raise QuantalError("the network takes no samples", where=where, hint="give its drive as integers instead")
    features = network.inputs[0].gain.shape[-1]
    if len(shape) not in (2, 3) or shape[-1] != features or not shape[-2]:
        raise QuantalError(
            "wrong shape",
            where=where,
            expected=f"(batch, {features}) or (steps, batch, {features})",
            got=str(shape),
        )


def check_range(network: CountNetwork, entry: Input, integers: Integers) -> None:
    """Refuse samples beyond the range of an input population, which would cut them off."""
    target = network.population(entry.target)
    if not is_input_population(network, target):
        return
    integration = target.integration
    own = getattr(integration, "unit_range", None)
    lowest, highest = (integration.lowest, integration.highest) if own is None else own
    outside = (integers < lowest) | (integers > highest)
    if not outside.any():
        return
    place, scale = tuple(np.argwhere(outside)[0].tolist()), target.message_scale
    low, high = (np.broadcast_to(end, integers.shape)[place] * scale for end in (lowest, highest))
    raise QuantalError(
        f"a sample is outside the range of the input population, at {place}",
        where=f"input {entry.name} of network {network.name}",
        expected=f"{low:g} to {high:g}",
        got=f"{integers[place] * scale:g}",
        hint="scale the samples, or compile with a wider sample range or with input from the host",
    )


def check_finite(network: CountNetwork, samples: NDArray[np.floating]) -> None:
    """Refuse samples that are not finite numbers in an array."""
    require_array(samples, "samples", f"samples for network {network.name}")
    if not np.isfinite(samples).all():
        place = tuple(np.argwhere(~np.isfinite(samples))[0].tolist())
        where = f"samples for network {network.name}"
        raise QuantalError(f"not a finite number at {place}", where=where, got=str(samples[place]))


def check_run(network: CountNetwork, drive: Drive, steps: int, recording: Recording, first_sample: int) -> range:
    """Check the network, drive and recording of a run, and return the numbers of its samples."""
    verify(network)
    check_drive(network, drive, steps)
    check_recording(network, recording)
    require_trace_memory(network, recording, steps, batch_size(drive))
    return sample_numbers(first_sample, batch_size(drive))


def check_drive(network: CountNetwork, drive: Drive, steps: int) -> None:
    """Refuse external input of the wrong shape or type, or so large that a sum could overflow."""
    if steps < 0:
        raise QuantalError("negative number of steps", where="run", got=str(steps))
    if not drive:
        raise QuantalError(
            "no drive given", where=f"network {network.name}", hint="give at least one array, for the batch size"
        )
    for name, value in drive.items():
        require_array(value, "drive", f"drive of {name}")
    if not batch_size(drive):
        raise QuantalError(
            "no samples",
            where=f"drive of {next(iter(drive))}",
            expected="(batch, units) or (steps, batch, units)",
            got=str(next(iter(drive.values())).shape),
        )
    check_shapes(network, drive, steps)
    for name, value in drive.items():
        check_room(network, name, value)


def check_shapes(network: CountNetwork, drive: Drive, steps: int) -> None:
    """Refuse external input of the wrong shape or type."""
    batch = batch_size(drive)
    for name, value in drive.items():
        population = network.population(name)
        shapes = [(batch, population.size), (steps, batch, population.size)]
        if value.shape not in shapes or value.dtype != np.int64:
            raise QuantalError(
                "wrong shape or type",
                where=f"drive of {name}",
                expected=f"int64 {shapes[0]} or {shapes[1]}",
                got=f"{value.dtype} {value.shape}",
            )


def check_room(network: CountNetwork, name: str, value: Integers) -> None:
    """Refuse external input so large that a sum could overflow the accumulator of the network's dialect."""
    low, high = summed_range(network, network.population(name))
    least, most = -largest_sum(network) - low, largest_sum(network) - high
    if value.min(initial=0) >= least.max() and value.max(initial=0) <= most.min():
        return
    outside = (value < least) | (value > most)
    if outside.any():
        place = tuple(np.argwhere(outside)[0].tolist())
        room = int(least[place[-1]]), int(most[place[-1]])
        raise QuantalError(
            f"the sum of unit {place[-1]} could leave {dialect_named(network.dialect).sum_bits} bits, at {place}",
            where=f"drive of {name}",
            expected=f"{room[0]} to {room[1]}",
            got=str(int(value[place])),
            hint="scale the samples down",
        )


def changing_steps(drive: Drive) -> int:
    """Number of steps of external input that changes; 0 if it is constant."""
    return max((len(value) for value in drive.values() if value.ndim == 3), default=0)


def batch_size(drive: Drive) -> int:
    """Number of samples in the batch."""
    shape = next(iter(drive.values())).shape
    return shape[-2] if len(shape) > 1 else 0
