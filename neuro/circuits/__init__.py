"""Circuits, which wire a theory as a network: one file for each theory.

Other packages add theirs with `register_circuit`.
"""

from __future__ import annotations

from quantal.neuro.circuits.circuit import Circuit
from quantal.neuro.registry import Registry

CIRCUITS: Registry[Circuit] = Registry(
    "circuit",
    {
        "lateral-competition": "quantal.neuro.circuits.poisson_vae:LATERAL_COMPETITION",
        "predictive-coding": "quantal.neuro.circuits.poisson_vae:PREDICTIVE_CODING",
    },
)


def register_circuit(name: str, circuit: Circuit | str) -> None:
    """Add a circuit, or the place `module:attribute` from which it is imported on first use."""
    CIRCUITS.register(name, circuit)


def circuits_for(parameters: type) -> dict[str, Circuit]:
    """The circuits that are built from parameters of this type, by name."""
    return {name: circuit for name, circuit in CIRCUITS.items() if circuit.parameters is parameters}


__all__ = ["CIRCUITS", "Circuit", "circuits_for", "register_circuit"]
