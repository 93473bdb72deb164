"""A circuit: how the parameters of a model become a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import Graph


@dataclass(frozen=True)
class Circuit:
    """One way to wire a theory as a network.

    Parameters
    ----------
    summary
        Description in one line.
    parameters
        The type of the parameters that it is built from.
    wire
        `(parameters, seed)` to a graph.
    """

    summary: str
    parameters: type
    wire: Callable[[Any, int], Graph]

    def build(self, parameters: Any, seed: int = 0) -> Graph:
        """The graph of a model with these parameters; a `QuantalError` for parameters of another type."""
        if not isinstance(parameters, self.parameters):
            raise QuantalError(
                "the circuit is built from other parameters",
                where=f"circuit: {self.summary}",
                expected=self.parameters.__name__,
                got=type(parameters).__name__,
            )
        return self.wire(parameters, seed)
