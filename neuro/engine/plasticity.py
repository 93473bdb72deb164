"""Learning rules as the compiled loop reads them, and where each sample keeps its tags and weights.

The connections of a projection that learns are stored source by source, in one of two forms:

- rows: a place for every pair of units, also where there is no connection. `connections` holds targets, sources, 0, and
  a byte for each place, 0 where there is no connection, unless all pairs are connected. `weights` holds half of each
  weight in a byte, as the kernel of `Dense` reads it.
- listed, where less than a quarter of all pairs is connected: `connections` holds targets, sources, 1, the start of
  each source, and the targets. `weights` holds each weight in 16 bits, as the kernel of `Sparse` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.caching import cached_while_alive
from quantal.neuro.engine.call import call_at, learn_at
from quantal.neuro.engine.compiled import compiled
from quantal.neuro.engine.kernels import kernel_of
from quantal.neuro.engine.kernels.dense import LANES, SUM_MAX
from quantal.neuro.engine.kernels.kernel import address_of
from quantal.neuro.errors import Refusal
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.learned import connections
from quantal.neuro.network.trace import Integers32, Recording
from quantal.neuro.synapses import Dense, Sparse
from quantal.neuro.synapses.plasticity.protocol import Plasticity

LEARN_ALL = "void(int64[:,::1], int64[:,::1], int32[::1], int64[::1], int64, int32[::1])"
ROWS_FRACTION = 0.25
"""With a smaller share of all pairs connected, the connections are listed."""
RULE_COLUMNS, FACTOR_COLUMNS = 11, 4
ALIGNED = 16
"""Number of 32-bit integers in a cache line, at which each part of the memory starts."""


class PackedLearning(NamedTuple):
    """What the loop reads.

    `address` is that of `learn`. A row of `rules` holds the address of a kernel, then start and end of its factors, its
    numbers, its connections, its tags and its weights. A row of `factors` holds where the messages of a population
    start in the memory of a sample, how many of them are kept, their size, and how many steps before the newest one the
    factor is. All tags, which start at `tags_at`, are recorded every `weights_every` steps, unless that is 0.
    """

    address: int
    rules: NDArray[np.int64]
    factors: NDArray[np.int64]
    integers: NDArray[np.int32]
    weights_every: int
    tags_at: int


# Called by address, so that the loop of a network that learns nothing is as small as it was.
@compiled(LEARN_ALL)
def learn(rules: Any, factors: Any, integers: Any, places: Any, step: Any, memory: Any) -> None:
    """Apply every learning rule to the tags and weights of one sample, after all populations have emitted."""
    for rule in range(rules.shape[0]):
        first, last = rules[rule, 1], rules[rule, 2]
        for factor in range(first, last):
            ring, kept, size, age = factors[factor, 0], factors[factor, 1], factors[factor, 2], factors[factor, 3]
            places[factor] = ring + (step - age) % kept * size
        learn_at(
            rules[rule, 0],
            (
                memory,
                places[first:last],
                integers[rules[rule, 3] : rules[rule, 4]],
                integers[rules[rule, 5] : rules[rule, 6]],
                memory[rules[rule, 7] : rules[rule, 8]],
                memory[rules[rule, 9] : rules[rule, 10]],
            ),
        )


learn_all_at: Any = call_at(LEARN_ALL)


@dataclass(frozen=True, eq=False)
class StoredRule:
    """Where one projection that learns keeps its tags and weights in the memory of a sample."""

    projection: Projection
    rule: Plasticity
    tags_at: int
    weights_at: int

    @cached_property
    def is_listed(self) -> bool:
        """Whether connections are listed, because few pairs are connected."""
        targets, sources = self.projection.weight.shape
        return self.projection.weight.values().size < ROWS_FRACTION * targets * sources

    @cached_property
    def places(self) -> Integers:
        """The place of each connection among the tags, `(connections,)`."""
        target, source = connections(self.projection)
        if not self.is_listed:
            return source * self.projection.weight.shape[0] + target
        places = np.empty(source.size, np.int64)
        places[np.argsort(source, kind="stable")] = np.arange(source.size)
        return places

    @property
    def tags(self) -> int:
        """Number of places."""
        targets, sources = self.projection.weight.shape
        return self.places.size if self.is_listed else targets * sources

    @property
    def tags_end(self) -> int:
        """End of the tags."""
        return self.tags_at + self.tags

    @property
    def weights_end(self) -> int:
        """End of the weights; `Dense` reads rows in bytes past their end, in whole vectors."""
        size = 2 * self.tags if self.is_listed else self.tags + 2 * LANES
        return self.weights_at + aligned(-(-size // 4))

    @cached_property
    def connections(self) -> NDArray[np.int32]:
        """What the kernel of the rule reads about connections."""
        targets, sources = self.projection.weight.shape
        head = [targets, sources, int(self.is_listed)]
        if self.is_listed:
            rest = self.sparse_index
        elif self.places.size == self.tags:
            rest = np.zeros(0, np.int32)
        else:
            mask = np.zeros(aligned(self.tags), np.int8)
            mask[self.places] = -1
            rest = mask.view(np.int32)
        return np.concatenate([np.array(head, np.int32), rest])

    @cached_property
    def sparse_index(self) -> NDArray[np.int32]:
        """Start of each source, then the targets, as the kernel of `Sparse` reads them."""
        (targets, sources), (target, source) = self.projection.weight.shape, connections(self.projection)
        sparse = Sparse(target, source, np.zeros(target.size, np.int64), targets, sources)
        return kernel_of(Sparse, f"projection {self.projection.name}").pack(sparse)[1]

    @property
    def connect(self) -> tuple[int, NDArray[np.int32]]:
        """Address of the kernel that sums messages with the weights, and its index."""
        where = f"projection {self.projection.name}"
        if self.is_listed:
            return kernel_of(Sparse, where).address, self.sparse_index
        room = SUM_MAX // max(1, int(np.abs(self.rule.levels).max()) // 2)
        return kernel_of(Dense, where).address, np.array([room, 1, 1], np.int32)

    def weights(self, tags: Integers32) -> Integers32:
        """Tags of each sample, `(batch, places)`, as the weights that the kernel reads, in 32-bit integers."""
        size = self.weights_end - self.weights_at
        halves = self.rule.weights(tags.astype(np.int64)) // 2
        packed = np.zeros((len(tags), 4 * size), np.int8)
        if self.is_listed:
            packed[:, : 2 * self.tags] = (2 * halves).astype(np.int16).view(np.int8)
        else:
            connected = np.zeros(self.tags, bool)
            connected[self.places] = True
            packed[:, : self.tags] = np.where(connected, halves, 0)
        return packed.view(np.int32)


def aligned(size: int) -> int:
    """The next start of a cache line, in 32-bit integers."""
    return -(-size // ALIGNED) * ALIGNED


def stored_rules(network: CountNetwork, start: int) -> tuple[StoredRule, ...]:
    """Where each learning rule keeps its numbers, from the next cache line on: all tags, then all weights."""
    return _stored_rules(network, start) if network.learning else ()


@cached_while_alive
def _stored_rules(network: CountNetwork, start: int) -> tuple[StoredRule, ...]:
    for projection, rule in network.learning:
        refuse_odd_weights(projection, rule)
    placed = [StoredRule(projection, rule, 0, 0) for projection, rule in network.learning]
    for part in ("tags", "weights"):
        for index, stored in enumerate(placed):
            placed[index] = stored = replace(stored, **{f"{part}_at": aligned(start)})
            start = getattr(stored, f"{part}_end")
    return tuple(placed)


def refuse_odd_weights(projection: Projection, rule: Plasticity) -> None:
    """Refuse a rule whose weights are not twice an integer of eight bits, as the engine stores them."""
    if (rule.levels % 2).any() or np.abs(rule.levels).max() > 2 * np.iinfo(np.int8).max:
        raise Refusal(
            "the engine stores learned weights as twice an integer of eight bits",
            where=f"projection {projection.name}",
            expected="even weights from -254 to 254",
            got=f"{rule.levels.min()} to {rule.levels.max()}",
        )


def pack_learning(network: CountNetwork, ring: Integers, delay: Integers, recording: Recording) -> PackedLearning:
    """All rules of a network, given where the sent messages of each population start and how many are kept."""
    rules, factors, integers = [], [], []
    place = {population.name: index for index, population in enumerate(network.populations)}
    stored_all = stored_rules(network, int(ring[-1]))
    for stored in stored_all:
        kernel = kernel_of(type(stored.rule), f"projection {stored.projection.name}")
        first, ends = len(factors), [sum(map(len, integers))]
        for factor in stored.rule.factors:
            index = place[factor.population]
            factors.append([ring[index], delay[index], network.populations[index].size, factor.delay - 1])
        for numbers in (kernel.pack(stored.rule), stored.connections):
            integers.append(np.asarray(numbers, np.int32))
            ends.append(ends[-1] + len(numbers))
        memory = [stored.tags_at, stored.tags_end, stored.weights_at, stored.weights_end]
        rules.append([kernel.address, first, len(factors), *ends[:2], *ends[1:], *memory])
    return PackedLearning(
        address_of(learn),
        np.array(rules, np.int64).reshape(-1, RULE_COLUMNS),
        np.array(factors, np.int64).reshape(-1, FACTOR_COLUMNS),
        np.concatenate([np.zeros(0, np.int32), *integers]),
        recording.weights_every,
        stored_all[0].tags_at if stored_all else 0,
    )


def pack_tags(network: CountNetwork, start: int, tags: Mapping[str, Integers32], batch: int) -> Integers32:
    """What follows the states and messages in the memory of each sample, `(batch, values)`."""
    stored_all = stored_rules(network, start)
    packed = np.zeros((batch, stored_all[-1].weights_end - start if stored_all else 0), np.int32)
    for stored in stored_all:
        own = np.zeros((batch, stored.tags), np.int32)
        own[:, stored.places] = tags[stored.projection.name]
        packed[:, stored.tags_at - start : stored.tags_end - start] = own
        packed[:, stored.weights_at - start : stored.weights_end - start] = stored.weights(own)
    return packed


def unpack_tags(network: CountNetwork, start: int, memory: Integers32, first: int) -> dict[str, Integers32]:
    """Tags of each projection that learns, `(…, connections)`, from memory `(…, values)` that starts at `first`."""
    return {
        stored.projection.name: memory[..., stored.tags_at - first : stored.tags_end - first][..., stored.places]
        for stored in stored_rules(network, start)
    }


def recorded_size(network: CountNetwork) -> int:
    """Number of 32-bit integers from the first tag of a sample to the last one."""
    stored_all = stored_rules(network, 0)
    return stored_all[-1].tags_end - stored_all[0].tags_at if stored_all else 0
