"""How input becomes state, and state a message: one file for each integration and emission.

Kinds of other packages register themselves with `register_integration` and `register_emission`.
"""

from __future__ import annotations

from quantal.neuro.neurons.accumulator import Accumulator, FloatAccumulator
from quantal.neuro.neurons.carry import Carry, FloatCarry
from quantal.neuro.neurons.categorical import Categorical, FloatCategorical
from quantal.neuro.neurons.cuba import Cuba, FloatCuba
from quantal.neuro.neurons.graded import FloatGraded, Graded
from quantal.neuro.neurons.memoryless import FloatMemoryless, Memoryless
from quantal.neuro.neurons.poisson_count import FloatPoissonCount, PoissonCount
from quantal.neuro.neurons.rectified import FloatRectified, Rectified
from quantal.neuro.neurons.sigma_delta import FloatSigmaDelta, SigmaDelta
from quantal.neuro.neurons.silent import FloatSilent, Silent
from quantal.neuro.neurons.spike import FloatSpike, Spike
from quantal.neuro.neurons.table import FloatTable, Table
from quantal.neuro.neurons.table_draw import FloatTableDraw, TableDraw, gaussian_noise
from quantal.neuro.protocols import (
    Emission,
    FloatEmission,
    FloatIntegration,
    Integration,
)
from quantal.neuro.registration import check_potential, register_kind
from quantal.neuro.registry import Registry, by_name

INTEGRATIONS: Registry[type[Integration]] = Registry("integration", by_name(Accumulator, Memoryless, Cuba, Carry))
EMISSIONS: Registry[type[Emission]] = Registry(
    "emission",
    by_name(PoissonCount, Graded, Silent, Spike, Table, TableDraw, Rectified, SigmaDelta, Categorical),
)
FLOAT_INTEGRATIONS: Registry[type[FloatIntegration]] = Registry(
    "float integration", by_name(FloatAccumulator, FloatMemoryless, FloatCuba, FloatCarry)
)
FLOAT_EMISSIONS: Registry[type[FloatEmission]] = Registry(
    "float emission",
    by_name(
        FloatPoissonCount,
        FloatGraded,
        FloatSilent,
        FloatSpike,
        FloatTable,
        FloatTableDraw,
        FloatRectified,
        FloatSigmaDelta,
        FloatCategorical,
    ),
)


def register_integration(kind: type[Integration], float_kind: type[FloatIntegration] | None = None) -> None:
    """Let networks hold a new integration, and graphs its float counterpart, each under the name of its class."""
    check_potential(kind)
    register_kind(INTEGRATIONS, kind, Integration)
    if float_kind:
        check_potential(float_kind)
        register_kind(FLOAT_INTEGRATIONS, float_kind, FloatIntegration)


def register_emission(kind: type[Emission], float_kind: type[FloatEmission] | None = None) -> None:
    """Let networks hold a new emission, and graphs its float counterpart, each under the name of its class."""
    register_kind(EMISSIONS, kind, Emission)
    if float_kind:
        register_kind(FLOAT_EMISSIONS, float_kind, FloatEmission)


__all__ = [
    "EMISSIONS",
    "FLOAT_EMISSIONS",
    "FLOAT_INTEGRATIONS",
    "INTEGRATIONS",
    "Accumulator",
    "Carry",
    "Categorical",
    "Cuba",
    "FloatAccumulator",
    "FloatCarry",
    "FloatCategorical",
    "FloatCuba",
    "FloatGraded",
    "FloatMemoryless",
    "FloatPoissonCount",
    "FloatRectified",
    "FloatSigmaDelta",
    "FloatSilent",
    "FloatSpike",
    "FloatTable",
    "FloatTableDraw",
    "Graded",
    "Memoryless",
    "PoissonCount",
    "Rectified",
    "SigmaDelta",
    "Silent",
    "Spike",
    "Table",
    "TableDraw",
    "gaussian_noise",
    "register_emission",
    "register_integration",
]
