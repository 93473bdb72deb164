"""An attractor network that learns digits inside the integer network, against the float rule, on every backend.

    python -m quantal.bench.experiments.attractor_digits bench/results/attractor_digits.json

Two populations do what `attractor_float` does. `state` draws its 15 levels from CB(β (u + h)), given the evidence u as
drive and h over the learned weights. `prediction` is L(h): it shares the weights and gets no evidence. Over a delay of
1 both read the old state, that of the step before; the rule, applied when both have emitted, reads the new state and
the prediction from the old one. So the weights change as in the paper, without a further delay:

    tag_ij += state_i · state_j − prediction_i · state_j

A message of 1 stands for 1/7, in the prediction as well: predictions 2, 4 and 8 times as fine gave the same gain.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.bench.experiments.attractor_float import (
    Protocol,
    Retrieve,
    digits,
    evidence,
    learned,
    retrieval,
    retrieval_gain,
)
from quantal.bench.record import write_record
from quantal.hardware.backends import BACKENDS, backend
from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compare.traces import compare
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.learned import frozen
from quantal.neuro.network.trace import Recording, Snapshot
from quantal.neuro.neurons import Memoryless, Table, TableDraw
from quantal.neuro.neurons.table_rows import draw_thresholds, langevin
from quantal.neuro.protocols import Floats
from quantal.neuro.simulate.drive import nearest_integers
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.neuro.synapses import Sparse
from quantal.neuro.synapses.plasticity import Outer, Term

SEEDS = (0, 1, 2)
EQUAL_STEPS = 2000
COMMAND = "python -m quantal.bench.experiments.attractor_digits"


@dataclass(frozen=True)
class Scales:
    """What the integers of the network stand for.

    Parameters
    ----------
    levels
        Both populations send `−levels … levels`.
    shift, limit
        Of the rule: half a weight of 1 is a tag of `2^shift`.
    state_max, prediction_max
        Largest argument of the two tables.
    state_shift, prediction_shift
        Low bits of the potential that select no row of the tables.
    """

    levels: int = 7
    shift: int = 10
    limit: int = 127
    state_max: float = 60.0
    prediction_max: float = 20.0
    state_shift: int = 6
    prediction_shift: int = 5

    @property
    def message(self) -> float:
        """What a message of 1 stands for."""
        return 1 / self.levels

    def weight(self, protocol: Protocol) -> float:
        """What a weight of 1 stands for; a product of 1, which changes a tag by 1, stands for α times its own size."""
        return protocol.alpha * self.message**2 * 2**self.shift / 2

    def potential(self, protocol: Protocol) -> float:
        """What a 1 in h or u stands for."""
        return self.message * self.weight(protocol)


def rows_of(scale: float, largest: float, shift: int) -> tuple[int, Floats]:
    """First row of a table, and the middle of each row between `±largest`."""
    last = int(largest / scale) >> shift
    numbers = np.arange(-last, last)
    return -last, (numbers + 0.5) * 2**shift * scale


def state_population(protocol: Protocol, scales: Scales, units: int, beta: float) -> Population:
    """Units that draw one of their levels from CB(β (u + h))."""
    first, middle = rows_of(scales.potential(protocol), scales.state_max, scales.state_shift)
    thresholds = draw_thresholds("continuous_bernoulli", beta * middle, scales.levels)
    emission = TableDraw(thresholds, scales.state_shift, first, -scales.levels)
    return Population("state", units, Memoryless(np.zeros(units, np.int64)), emission)


def prediction_population(protocol: Protocol, scales: Scales, units: int) -> Population:
    """Units that send L(h)."""
    first, middle = rows_of(scales.potential(protocol), scales.prediction_max, scales.prediction_shift)
    values = np.rint(langevin(middle) / scales.message).astype(np.int64)
    emission = Table(values, scales.prediction_shift, first)
    return Population("prediction", units, Memoryless(np.zeros(units, np.int64)), emission)


def no_self_connections(units: int) -> Sparse:
    """Connections of weight 0 between all pairs of different units."""
    target, source = np.nonzero(~np.eye(units, dtype=bool))
    return Sparse(target, source, np.zeros(target.size, np.int64), units, units)


def attractor_network(protocol: Protocol, scales: Scales, units: int = 64, seed: int = 0) -> CountNetwork:
    """The network that learns."""
    weight = no_self_connections(units)
    rule = Outer((Term("state", "state"), Term("prediction", "state", sign=-1)), scales.shift, scales.limit)
    return CountNetwork(
        "attractor",
        (state_population(protocol, scales, units, protocol.beta), prediction_population(protocol, scales, units)),
        (
            Projection("recurrence", "state", "state", weight, plasticity=rule),
            Projection("prediction", "state", "prediction", weight, shares="recurrence"),
        ),
        seed=seed,
    )


def drive_of(protocol: Protocol, scales: Scales, evidence: Floats) -> dict[str, Integers]:
    """Evidence `(steps, units)` as drive of one sample."""
    return {"state": nearest_integers(evidence / scales.potential(protocol))[:, np.newaxis]}


def integer_retrieval(protocol: Protocol, scales: Scales, network: CountNetwork, end: Snapshot) -> Retrieve:
    """The integer network with the weights that it has learned, constant, at β = 1 and without predictions."""
    kept = frozen(network, end)
    units = kept.populations[0].size
    kept = replace(
        kept,
        populations=(state_population(protocol, scales, units, 1.0),),
        projections=tuple(p for p in kept.projections if p.target == "state"),
    )

    def run(evidence: Floats) -> Floats:
        drive = drive_of(protocol, scales, evidence)
        trace = engine.run(kept, drive, len(evidence), Recording(("state",), ()))
        return trace.messages["state"][:, 0].astype(np.float64) * scales.message

    return run


def gains(protocol: Protocol, scales: Scales, seed: int) -> dict[str, float]:
    """Retrieval gain of the float rule and of the integer network after the same evidence, and its duration."""
    patterns = digits()
    given = evidence(protocol, patterns, np.random.default_rng(seed))
    weights = learned(protocol, given, np.random.default_rng([seed, 1]))
    by_float = retrieval(weights, np.random.default_rng([seed, 2]))
    network, drive = attractor_network(protocol, scales, seed=seed), drive_of(protocol, scales, given)
    end = engine.run(network, drive, len(given), Recording((), ())).end
    assert end is not None
    by_integers = integer_retrieval(protocol, scales, network, end)
    tags = end.weights["recurrence"][0]
    found = np.zeros_like(weights)
    target, source = np.nonzero(~np.eye(len(weights), dtype=bool))
    found[target, source] = tags * (scales.weight(protocol) * 2 / 2**scales.shift)
    return {
        "float": retrieval_gain(protocol, patterns, by_float, seed),
        "integers": retrieval_gain(protocol, patterns, by_integers, seed),
        "correlation_of_weights": float(np.corrcoef(found[target, source], weights[target, source])[0, 1]),
        "largest_weight": float(np.abs(weights).max()),
        "share_at_the_limit": float((np.abs(tags) >= scales.limit << scales.shift).mean()),
    }


def learning_seconds(protocol: Protocol, scales: Scales, repetitions: int = 3) -> float:
    """Shortest time in which the engine learns, with compiled code in memory."""
    given = evidence(protocol, digits(), np.random.default_rng(0))
    network, drive = attractor_network(protocol, scales), drive_of(protocol, scales, given)
    seconds = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        engine.run(network, drive, len(given), Recording((), ()))
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def equal_backends(protocol: Protocol, scales: Scales, steps: int = EQUAL_STEPS) -> dict[str, bool]:
    """Whether every tag, state and message of each backend is that of the reference; weights follow from tags."""
    given = evidence(protocol, digits(), np.random.default_rng(0))[:steps]
    network, drive = attractor_network(protocol, scales), drive_of(protocol, scales, given)
    recording = Recording(weights_every=steps // 20)
    expected = backend("reference").run(network, drive, steps, recording)
    found: dict[str, bool] = {}
    for name, chosen in BACKENDS.items():
        if name != "reference":
            trace = chosen.run(network, drive, steps, recording)
            found[name] = all(agreement.equal for agreement in compare(network, drive, expected, trace))
    return found


def measure(part: Part = silent_part) -> Mapping[str, Any]:
    """Everything that the record holds."""
    protocol, scales = Protocol(), Scales()
    with part("attractor, retrieval"):
        by_seed = {str(seed): gains(protocol, scales, seed) for seed in SEEDS}
    with part("attractor, speed"):
        seconds = learning_seconds(protocol, scales)
    with part("attractor, every backend"):
        equal = equal_backends(protocol, scales)
    mean = {key: float(np.mean([each[key] for each in by_seed.values()])) for key in ("float", "integers")}
    return {
        "steps": protocol.steps,
        "gains": by_seed,
        "mean_gain": mean,
        "relative_gain": mean["integers"] / mean["float"],
        "engine_seconds": seconds,
        "equal_steps": EQUAL_STEPS,
        "equal": equal,
    }


def main(out: str) -> None:
    """Measure and record."""
    results = measure()
    print(results)
    write_record(out, f"{COMMAND} {out}", 0, dict(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
