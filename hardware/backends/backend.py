"""What a backend has to offer, and one that is made of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quantal.neuro.errors import Refusal
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import EVERYTHING, Recording, Snapshot, Trace
from quantal.neuro.registry import loaded
from quantal.neuro.simulate.drive import Drive

RESUME = "resuming from a snapshot"
END = "the snapshot at the end of a run"
FEATURES = (RESUME, END)
"""What a backend may leave out, besides kinds of integrations, emissions and weights."""


class Backend(Protocol):
    """Runs a network to the same integers as `neuro.simulate.reference`, or refuses it before anything runs."""

    @property
    def name(self) -> str:
        """What a trace calls it."""
        ...

    @property
    def package(self) -> str:
        """Import name of the optional package that it needs; empty where it needs none."""
        ...

    @property
    def limits(self) -> Mapping[str, str]:
        """Each of `FEATURES` that it leaves out, and why."""
        ...

    @property
    def resumable(self) -> bool:
        """Whether `run` takes a snapshot to start from."""
        ...

    def refusal_of_kind(self, kind: type, where: str) -> Refusal | None:
        """Why it can't run an integration, an emission or a weight of this class; `None` if it can."""
        ...

    def refusals(self, network: CountNetwork, drive: Drive, start: Snapshot | None = None) -> tuple[Refusal, ...]:
        """Everything for which it refuses a network that is legal; nothing if `run` will give the reference's trace."""
        ...

    def run(
        self,
        network: CountNetwork,
        drive: Drive,
        steps: int,
        recording: Recording = EVERYTHING,
        first_sample: int = 0,
        start: Snapshot | None = None,
    ) -> Trace:
        """Run a network; arguments and result are those of `neuro.simulate.reference.run`. Raises the first refusal."""
        ...


def no_refusal(kind: type, where: str) -> None:
    """A backend that steps every kind by the kind's own rule refuses none."""


@dataclass(frozen=True)
class FunctionBackend:
    """A backend that is a function with the arguments of `neuro.simulate.reference.run`, imported when it first runs.

    Parameters
    ----------
    name, package, limits
        As in `Backend`.
    place
        `module:function`. A function that can't resume need not have `start`.
    refusal_of_kind
        As in `Backend`; by default no kind is refused.
    """

    name: str
    place: str
    package: str = ""
    limits: Mapping[str, str] = field(default_factory=dict[str, str])
    refusal_of_kind: Callable[[type, str], Refusal | None] = no_refusal

    @property
    def resumable(self) -> bool:
        """Whether `run` takes a snapshot to start from."""
        return RESUME not in self.limits

    def refusals(self, network: CountNetwork, drive: Drive, start: Snapshot | None = None) -> tuple[Refusal, ...]:
        """A refusal for each part whose kind can't run here, and one for a snapshot that can't be resumed."""
        found = [self.refusal_of_kind(kind, where) for where, kind in kinds_of(network)]
        if start and not self.resumable:
            found.append(
                Refusal("it can't resume from a snapshot", where=f"backend {self.name}", got=self.limits[RESUME])
            )
        return tuple(refusal for refusal in found if refusal)

    def run(
        self,
        network: CountNetwork,
        drive: Drive,
        steps: int,
        recording: Recording = EVERYTHING,
        first_sample: int = 0,
        start: Snapshot | None = None,
    ) -> Trace:
        """Run a network, or raise the first refusal."""
        for refusal in self.refusals(network, drive, start):
            raise refusal
        resumed: dict[str, Any] = {"start": start} if start else {}
        return loaded(self.place)(network, drive, steps, recording, first_sample, **resumed)


def kinds_of(network: CountNetwork) -> Iterator[tuple[str, type]]:
    """Every part of a network that has a kind: its place in the network and its class."""
    for population in network.populations:
        yield f"population {population.name}", type(population.integration)
        yield f"population {population.name}", type(population.emission)
    for projection in network.projections:
        yield f"projection {projection.name}", type(projection.weight)
