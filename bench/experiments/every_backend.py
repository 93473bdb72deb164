"""Random networks of every kind on every backend, against the reference."""

from __future__ import annotations

from quantal.bench.experiments.proof import judged
from quantal.bench.experiments.random_networks import filling_drive, random_network
from quantal.hardware.backends import BACKENDS, backend
from quantal.neuro.compare.traces import compare
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.progress import Part

STEPS, BATCH = 12, 2
NETWORKS = {"engine": 500, "brian2": 60, "lava": 12, "lava-fused": 12}
"""Number of networks for each backend; those for few are among those for many."""


def equal_networks(part: Part) -> dict[str, int]:
    """How many of the networks for each backend it runs with the result of the reference."""
    names = [name for name in BACKENDS if name in NETWORKS]
    equal = dict.fromkeys(names, 0)
    with part("random networks on every backend") as progress:
        for place, network in enumerate(legal_networks(max(NETWORKS.values()))):
            for name in names:
                if place < NETWORKS[name]:
                    equal[name] += is_equal(name, network)
            progress(place + 1, max(NETWORKS.values()))
    return equal


def legal_networks(count: int) -> list[CountNetwork]:
    """The first random networks that don't overflow."""
    found: list[CountNetwork] = []
    seed = 0
    while len(found) < count:
        network = random_network(seed)
        found += [network] if judged(network) == "accepted" else []
        seed += 1
    return found


def is_equal(name: str, network: CountNetwork) -> bool:
    """Whether a backend gives every message, state and tag of the reference."""
    drive, recording = filling_drive(network, STEPS, BATCH), Recording(weights_every=1)
    expected = backend("reference").run(network, drive, STEPS, recording)
    found = backend(name).run(network, drive, STEPS, recording)
    return all(each.equal for each in compare(network, drive, expected, found))
