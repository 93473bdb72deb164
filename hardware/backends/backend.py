"""The protocol of a backend, and a backend made from a function."""

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
END_SNAPSHOT = "the snapshot at the end of a run"
FEATURES = (RESUME, END_SNAPSHOT)
"""What a backend may lack, besides kinds of integrations, emissions and weights."""


class Backend(Protocol):
    """Runs a network to the same integers as `neuro.simulate.reference`, or refuses it before anything runs."""

    @property
    def name(self) -> str:
        """Its name, which its traces record."""
        ...

    @property
    def package(self) -> str:
        """Import name of the optional package that it needs; empty if it needs none."""
        ...

    @property
    def limits(self) -> Mapping[str, str]:
        """Each of `FEATURES` that it lacks, and why."""
        ...

    @property
    def resumable(self) -> bool:
        """Whether `run` can start from a snapshot."""
        ...

    def refusal_of_kind(self, kind: type, where: str) -> Refusal | None:
        """Why it can't run an integration, emission or weight of this class; `None` if it can."""
        ...

    def refusals(self, network: CountNetwork, drive: Drive, start: Snapshot | None = None) -> tuple[Refusal, ...]:
        """Every reason to refuse a legal network; empty if `run` will give the trace of the reference."""
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
        """Run a network as `neuro.simulate.reference.run` does, or raise the first refusal."""
        ...


def no_refusal(kind: type, where: str) -> None:
    """Refuse no kind: for a backend that runs the `step` of every kind."""


@dataclass(frozen=True)
class FunctionBackend:
    """A backend made from a function with the arguments of `neuro.simulate.reference.run`, imported when it first runs.

    Parameters
    ----------
    name, package, limits
        As in `Backend`.
    place
        The function as `module:function`. It needs no argument `start` if it can't resume.
    refusal_of_kind
        As in `Backend`; refuses no kind by default.
    """

    name: str
    place: str
    package: str = ""
    limits: Mapping[str, str] = field(default_factory=dict[str, str])
    refusal_of_kind: Callable[[type, str], Refusal | None] = no_refusal

    @property
    def resumable(self) -> bool:
        """Whether `run` can start from a snapshot."""
        return RESUME not in self.limits

    def refusals(self, network: CountNetwork, drive: Drive, start: Snapshot | None = None) -> tuple[Refusal, ...]:
        """A refusal for each part of an unsupported kind, and one for a snapshot if it can't resume."""
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
    """Every integration, emission, weight and plasticity of a network: where it is, and its class."""
    for population in network.populations:
        yield f"population {population.name}", type(population.integration)
        yield f"population {population.name}", type(population.emission)
    for projection in network.projections:
        yield f"projection {projection.name}", type(projection.weight)
    for projection, rule in network.learning:
        yield f"projection {projection.name}", type(rule)
