"""How input becomes state, and state a message: an integration or an emission a file, and a line below."""

from __future__ import annotations

from quantal.neuro.neurons.accumulator import Accumulator, FloatAccumulator
from quantal.neuro.neurons.cuba import Cuba, FloatCuba
from quantal.neuro.neurons.graded import FloatGraded, Graded
from quantal.neuro.neurons.memoryless import FloatMemoryless, Memoryless
from quantal.neuro.neurons.poisson_count import FloatPoissonCount, PoissonCount
from quantal.neuro.neurons.silent import FloatSilent, Silent
from quantal.neuro.neurons.spike import FloatSpike, Spike

INTEGRATIONS: tuple[type, ...] = (Accumulator, Memoryless, Cuba)
EMISSIONS: tuple[type, ...] = (PoissonCount, Graded, Silent, Spike)

__all__ = [
    "EMISSIONS",
    "INTEGRATIONS",
    "Accumulator",
    "Cuba",
    "FloatAccumulator",
    "FloatCuba",
    "FloatGraded",
    "FloatMemoryless",
    "FloatPoissonCount",
    "FloatSilent",
    "FloatSpike",
    "Graded",
    "Memoryless",
    "PoissonCount",
    "Silent",
    "Spike",
]
