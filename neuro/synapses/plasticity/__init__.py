"""How weights change during a run: one file for each local learning rule.

Kinds of other packages register themselves with `register_plasticity`.
"""

from __future__ import annotations

from quantal.neuro.registration import register_kind
from quantal.neuro.registry import Registry, by_name
from quantal.neuro.synapses.plasticity.outer import Outer, Term
from quantal.neuro.synapses.plasticity.protocol import Plasticity

PLASTICITIES: Registry[type[Plasticity]] = Registry("plasticity", by_name(Outer))


def register_plasticity(kind: type[Plasticity]) -> None:
    """Let projections learn by a new rule, under the name of its class."""
    register_kind(PLASTICITIES, kind, Plasticity)


__all__ = ["PLASTICITIES", "Outer", "Term", "register_plasticity"]
