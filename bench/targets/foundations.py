"""Targets of the foundations: weights that learn, inputs on the chip, kinds for every theory, a proof that holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantal.bench.experiments import attractor_digits, proof, room, stopped_runs
from quantal.bench.experiments.attractor_float import Protocol
from quantal.bench.experiments.crafted_networks import crafted_networks
from quantal.bench.experiments.every_backend import NETWORKS, equal_networks
from quantal.bench.experiments.stdp_window import Window, window_equals_its_formula
from quantal.bench.record import read_record
from quantal.bench.targets import main, norse
from quantal.bench.targets.inputs import input_targets
from quantal.bench.targets.target import Target, at_least, at_most, is_true
from quantal.neuro.simulate.progress import Part

BENCH = "quantal bench foundations --json"
MUTATION = "python -m quantal.bench.experiments.mutation"
ROOM = {
    "compile_and_verify_s": ("seconds to compile and verify 10 million connections", 5.0),
    "verify_s": ("seconds to verify 10 million connections", 2.0),
    "bytes_a_connection": ("bytes a connection in a file", 6.0),
    "peak_gb": ("gigabytes to compile, save and run 10 million connections", 1.0),
    "times_longer": ("time of a step with 20 delays, over that with one", 1.3),
}
"""Cost to the name of its target and its limit."""
MUTANTS, SCORE = 300, 0.98


def measure(rerun: bool, part: Part) -> Iterator[Target]:
    """All targets of the foundations."""
    yield from learning_targets(part)
    yield from kind_targets(part)
    yield from input_targets()
    with part("10 million connections"):
        costs = room.measured()
    for key, (name, limit) in ROOM.items():
        yield at_most(name, costs[key], limit, BENCH)
    yield from proof_targets(read_record("proof"))
    yield from mutation_targets(read_record("mutation"))
    with part("runs that are stopped"):
        stopped = dict(stopped_runs.measure())
    for name, holds in stopped.items():
        yield is_true(f"{name}: same result, nothing else touched", holds, BENCH)
    for name, table in {"main": main, "norse": norse}.items():
        holds = all(target.holds for target in table.measure(rerun, part))
        yield is_true(f"every target of quantal bench {name}", holds, f"quantal bench {name} --json")


def learning_targets(part: Part) -> Iterator[Target]:
    """A network that learns digits while it runs, and the window of spike-timing-dependent plasticity."""
    protocol, scales = Protocol(), attractor_digits.Scales()
    gain = read_record("attractor_digits").get("relative_gain")
    name = "retrieval gain of weights learned in integers, over that of the float rule"
    yield at_least(name, gain, 0.95, attractor_digits.COMMAND, "recorded")
    with part("a network that learns digits"):
        yield at_most("seconds to learn digits", attractor_digits.learning_seconds(protocol, scales), 2.0, BENCH)
        equal = attractor_digits.equal_backends(protocol, scales)
    for name, is_equal in equal.items():
        yield is_true(f"digits are learned on {name} as by the reference", is_equal, BENCH)
    yield is_true("the window of STDP is its formula", window_equals_its_formula(Window()), BENCH)


def kind_targets(part: Part) -> Iterator[Target]:
    """Networks of all kinds on every backend."""
    for name, count in equal_networks(part).items():
        wanted = NETWORKS[name]
        yield Target(f"random networks equal on {name}, of {wanted}", count, "all", count == wanted, "now", BENCH)


def proof_targets(record: Mapping[str, Any]) -> Iterator[Target]:
    """Networks that leave their bounds, and crafted ones that must be refused."""
    yield at_least("random and adversarial networks", record.get("networks"), 10_000, proof.COMMAND, "recorded")
    for key, name in (("left", "that leave a bound"), ("misjudged", "misjudged"), ("unequal", "unlike the reference")):
        yield at_most(f"of these, networks {name}", record.get(key), 0, proof.COMMAND, "recorded")
    refused = all(proof.judged(network) == "refused" for network in crafted_networks())
    yield is_true("networks whose sums would wrap in 64 bits are refused", refused, BENCH)


def mutation_targets(record: Mapping[str, Any]) -> Iterator[Target]:
    """Small mistakes in the code that the tests find."""
    yield at_least("mistakes made on purpose", record.get("mutants"), MUTANTS, MUTATION, "recorded")
    yield at_least("share of them that tests find", record.get("score"), SCORE, MUTATION, "recorded")
    argued = [bool(each["argument"]) for each in record.get("survivors", [])]
    yield Target("all others are argued", all(argued), "true", bool(record) and all(argued), "recorded", MUTATION)
