"""Whether the overflow proof holds: random and adversarial networks of every kind, run against its bounds.

    python -m quantal.bench.experiments.proof bench/results/proof.json

draws 10 000 networks. Each that `verify` accepts is run by the engine with an input that fills the accumulator, and
every state, message and partial sum is compared with its bound; every twentieth is run by the reference as well.
Whether a network is accepted or refused is compared with its largest sum in integers of any size.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from quantal.bench.experiments.random_networks import filling_drive, random_network
from quantal.bench.record import write_record
from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compare.traces import compare
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import largest_sum, message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.trace import Integers32, Recording, Trace
from quantal.neuro.network.verify import verify
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import Drive
from quantal.neuro.synapses.plasticity.protocol import LearnableWeight

NETWORKS, STEPS, BATCH = 10_000, 12, 2
REFERENCE_EVERY = 20
COMMAND = "python -m quantal.bench.experiments.proof bench/results/proof.json"
TOO_LARGE = "can reach"
"""Words of every refusal for an overflow."""


@dataclass(frozen=True)
class ProofResult:
    """Networks by what became of them, and the first that was wrong.

    Parameters
    ----------
    networks, accepted, refused
        Number of networks: all, those that ran, and those that could overflow.
    left
        Accepted networks of which a state, message or sum left its bound.
    misjudged
        Networks that were accepted although a sum could overflow, or refused although none could.
    unequal
        Networks on which engine and reference differ.
    first
        What was wrong with the first such network; empty if none was.
    fullest
        Largest partial sum of all runs as a share of the accumulator: how close the networks came to their bounds.
    """

    networks: int
    accepted: int
    refused: int
    left: int
    misjudged: int
    unequal: int
    first: str
    fullest: float

    @property
    def holds(self) -> bool:
        """Whether no network left its bounds, none was misjudged, and none differed from the reference."""
        return self.left == self.misjudged == self.unequal == 0


def measure(networks: int = NETWORKS, first_seed: int = 0) -> ProofResult:
    """Draw, judge and run that many networks."""
    found: Counter[str] = Counter()
    first, fullest = "", 0.0
    for seed in range(first_seed, first_seed + networks):
        network = random_network(seed)
        verdict = judged(network)
        found[verdict] += 1
        wrong = [f"misjudged: {verdict}"] if (verdict == "refused") != overflows(network) else []
        if verdict == "accepted" and not wrong:
            drive = filling_drive(network, STEPS, BATCH)
            trace = engine.run(network, drive, STEPS, Recording(weights_every=1))
            wrong += departures(network, drive, trace)
            fullest = max(fullest, fullness(network, drive, trace))
            wrong += differences(network, drive, trace) if seed % REFERENCE_EVERY == 0 else []
        found.update({text.split(":")[0] for text in wrong})
        first = first or "".join(f"{network.name}: {text}" for text in wrong[:1])
    counts = {name: found[name] for name in ("accepted", "refused", "left", "misjudged", "unequal")}
    return ProofResult(networks, **counts, first=first, fullest=fullest)


def judged(network: CountNetwork) -> str:
    """`accepted`, or `refused` because a sum could overflow; any other refusal is a fault of this experiment."""
    try:
        verify(network)
    except QuantalError as error:
        if TOO_LARGE not in str(error):
            raise
        return "refused"
    return "accepted"


def overflows(network: CountNetwork) -> bool:
    """Whether the largest sum of some unit, in integers of any size, is too large for the accumulator."""
    return any(
        abs(end) > largest_sum(network)
        for population in network.populations
        for ends in true_ends(network, population)
        for end in ends
    )


def true_ends(network: CountNetwork, population: Population) -> Iterator[list[int]]:
    """Lowest and highest sum of each unit, connection by connection."""
    low, high = [0] * population.size, [0] * population.size
    for projection in network.arriving(population.name):
        ends = message_range(network.population(projection.source))
        target, _, weight = connections(projection)
        for unit, value in zip(target.tolist(), weight.tolist(), strict=True):
            sizes = (value,) if projection.plasticity is None else projection.plasticity.levels[[0, -1]].tolist()
            products = [size * end << projection.exponent for size in sizes for end in ends]
            low[unit] += min(*products, 0)
            high[unit] += max(*products, 0)
    yield low
    yield high


def connections(projection: Projection) -> tuple[Integers, Integers, Integers]:
    """Target, source and weight of every connection, in the order of a weight's own arrays where it has such."""
    weight: Any = projection.weight
    if not isinstance(weight, LearnableWeight):
        return weight.entries()
    return *weight.connections(), weight.values().ravel().astype(np.int64)


def departures(network: CountNetwork, drive: Drive, trace: Trace) -> list[str]:
    """Every state, message and sum of a trace that is outside its bounds; learned weights by the sums they enter."""
    found: list[str] = []
    for p in network.populations:
        bounds: dict[str, tuple[Any, Any, Any]] = {
            f"{p.name}.{name}": (trace.states[p.name][name], *ends) for name, ends in p.limits.items()
        }
        sent = p.emission.message_range(p.integration.lowest, p.integration.highest)
        bounds[f"messages of {p.name}"] = (trace.messages[p.name], *sent)
        parts, largest = partial_sums(network, p, trace), largest_sum(network)
        bounds[f"sums of {p.name}"] = (parts, *summed_range(network, p))
        bounds[f"sums of {p.name} with its input"] = (parts + drive[p.name], -largest, largest)
        found += [f"left: {name}" for name, ends in bounds.items() if beyond(*ends)]
    return found


def beyond(values: Any, lowest: Any, highest: Any) -> bool:
    """Whether any value is outside an interval."""
    return bool(((values < lowest) | (values > highest)).any())


def partial_sums(network: CountNetwork, population: Population, trace: Trace) -> Integers:
    """Sums of all negative and of all positive products of each unit, `(2, steps, batch, units)`.

    No partial sum is beyond them, in whatever order the products are added.
    """
    sums = np.zeros((2, *trace.messages[population.name].shape), np.int64)
    for projection in network.arriving(population.name):
        target, source, _ = connections(projection)
        sent = arriving(trace.messages[projection.source], source, np.broadcast_to(projection.delay_steps, len(source)))
        products = (weights_over_time(projection, trace) * sent) << projection.exponent
        sums += np.stack([np.minimum(products, 0), np.maximum(products, 0)]) @ (
            target[:, np.newaxis] == np.arange(population.size)
        )
    return sums


def arriving(messages: Integers32, source: Integers, delay_steps: Integers) -> Integers:
    """What arrives by every connection at every step, `(steps, batch, connections)`."""
    step = np.arange(len(messages))[:, np.newaxis] - delay_steps
    sent = messages[np.maximum(step, 0)[:, np.newaxis], np.arange(messages.shape[1])[:, np.newaxis], source]
    return np.where(step[:, np.newaxis] >= 0, sent, 0).astype(np.int64)


def weights_over_time(projection: Projection, trace: Trace) -> Integers:
    """Weights in the order of `connections`, `(connections,)` or `(steps, batch, connections)`."""
    first = connections(projection)[2]
    if projection.plasticity is None:
        return first
    learned = projection.plasticity.weights(trace.weights[projection.name].astype(np.int64))
    return np.concatenate([np.broadcast_to(first, learned[:1].shape), learned[:-1]])


def fullness(network: CountNetwork, drive: Drive, trace: Trace) -> float:
    """The largest partial sum of a run, as a share of the accumulator."""
    sums = [np.abs(part + drive[p.name]).max() for p in network.populations for part in partial_sums(network, p, trace)]
    return float(max(sums) / largest_sum(network))


def differences(network: CountNetwork, drive: Drive, trace: Trace) -> list[str]:
    """Populations in which the engine's trace is not that of the reference."""
    expected = reference.run(network, drive, STEPS, Recording(weights_every=1))
    return [f"unequal: {each.population}" for each in compare(network, drive, expected, trace) if not each.equal]


def main(out: str) -> None:
    """Measure, and write the record."""
    result = measure()
    print(result)
    write_record(out, COMMAND, 0, asdict(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
