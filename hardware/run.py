"""Run a network on samples on any backend, and measure the quality of its code at each step."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.hardware.backends import backend, resumable
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compare.classification import accuracy_of, score_recording
from quantal.neuro.compare.quality import QualityCurve, quality_curve
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, save_trace
from quantal.neuro.network.trace import Recording, Trace, both, messages_of, recording_named
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.neuro.simulate.resumable import Segments, run_in_segments

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RunOptions:
    """How a network is run.

    With `out`, a snapshot is written every `every` steps. With `weights_every`, the trace holds learned weights at that
    distance in steps. `record` names what is written to `out`: `POPULATION` for messages, `POPULATION:STATE` for
    states; by default the messages of read-outs, or of all populations if there are none.
    """

    backend: str = "engine"
    steps: int = 500
    every: int = 100
    resume: bool = False
    out: Path | None = None
    weights_every: int = 0
    record: tuple[str, ...] = ()


def run_network(
    network: CountNetwork,
    samples: Floats,
    options: RunOptions,
    part: Part = silent_part,
    labels: Integers | None = None,
) -> dict[str, Any]:
    """Run a network on samples, write its trace if `out` is given, and measure it.

    A read-out that estimates the sample gives the quality of the code, `labels` `(samples,)` the accuracy.
    """
    check_options(options)
    recording = recording_of(network, options, labels is not None)
    start = time.perf_counter()
    trace = trace_of(network, samples, options, recording, part)
    seconds = time.perf_counter() - start
    found = {} if labels is None else {"accuracy": accuracy_of(network, trace, labels)}
    return {
        "network": content_hash(network),
        "backend": options.backend,
        "samples": samples.shape[-2],
        "steps": options.steps,
        "seconds": seconds,
        "out": options.out,
        "recorded": recorded_names(trace),
        **found,
        **quality_of(network, samples, trace, seconds),
    }


def check_options(options: RunOptions) -> None:
    """Refuse to resume a run that can't be resumed, and to record what is written nowhere."""
    if options.weights_every and options.out is None:
        raise QuantalError(
            "learned weights are recorded in a trace, and no trace is written",
            where="--weights-every",
            expected="--out as well",
        )
    if options.record and options.out is None:
        raise QuantalError("nothing to record to", where="--record", expected="--out, the file that it is written to")
    if options.resume and (options.backend not in resumable() or options.out is None):
        raise QuantalError(
            "only a run that writes its output, on a backend with snapshots, can be resumed",
            where="--resume",
            expected=f"--backend {' or '.join(resumable())}, and --out",
            got=f"--backend {options.backend}, {'no --out' if options.out is None else f'--out {options.out}'}",
        )


def recording_of(network: CountNetwork, options: RunOptions, labelled: bool) -> Recording:
    """What is recorded: what is asked for, and what is measured."""
    sources = tuple(entry.source for entry in network.readouts)
    asked = recording_named(network, options.record) if options.record else Recording((), ())
    scored = score_recording(network) if labelled else Recording((), ())
    measured = both(Recording(sources, ()), scored)
    found = both(asked, measured) if options.record or sources or labelled else Recording(None, ())
    return replace(found, weights_every=options.weights_every)


def recorded_names(trace: Trace) -> list[str]:
    """What a trace holds, as it is asked for."""
    return [*trace.messages, *(f"{name}:{state}" for name, states in trace.states.items() for state in states)]


def trace_of(network: CountNetwork, samples: Floats, options: RunOptions, recording: Recording, part: Part) -> Trace:
    """The trace of a run, written to `out` if it is given, in resumable segments if the backend can resume."""
    drive = encode(network, samples)
    runner = backend(options.backend).run
    with part(f"{options.steps} steps on {options.backend}") as progress:
        if options.backend in resumable() and options.out is not None:
            segments = Segments(options.out, options.every, options.resume)
            return run_in_segments(network, drive, options.steps, recording, runner, segments, progress)
        trace = runner(network, drive, options.steps, recording)
        if options.out is not None:
            save_trace(trace, options.out)
        return trace


def quality_of(network: CountNetwork, samples: Floats, trace: Trace, seconds: float) -> dict[str, Any]:
    """Quality over the last steps and at each step; empty unless a read-out estimates samples that don't vary."""
    if not network.readouts or samples.ndim == 3:
        return {}
    weight = network.readouts[0].weight
    if weight.ndim != 2 or len(weight) != samples.shape[-1]:
        return {}
    messages = messages_of(trace, network.readouts[0].source)
    curve = quality_curve(network, samples, messages, seconds)
    last = curve.last(averaged_steps(len(curve.r2)))
    return {"r2": last.r2, "zeros": last.zeros, "distance": last.distance, "by_step": by_step(curve)}


def averaged_steps(steps: int) -> int:
    """How many steps at the end of a run the quality is averaged over: the last fifth, at least one."""
    return max(1, steps // 5)


def by_step(curve: QualityCurve) -> dict[str, Any]:
    """The values of a quality curve at each step."""
    return {"r2": curve.r2, "zeros": curve.zeros, "distance": curve.distance}
