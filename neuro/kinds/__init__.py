"""The kinds a network is put together from. A new one is a file here and a line below."""

from __future__ import annotations

from neuro.kinds.accumulator import Accumulator, FloatAccumulator
from neuro.kinds.convolution import Convolution, FloatConvolution
from neuro.kinds.cuba import Cuba, FloatCuba
from neuro.kinds.dense import Dense
from neuro.kinds.graded import FloatGraded, Graded
from neuro.kinds.kind import Emission, FloatEmission, FloatIntegration, Integration, Weight
from neuro.kinds.memoryless import FloatMemoryless, Memoryless
from neuro.kinds.poisson_count import FloatPoissonCount, PoissonCount
from neuro.kinds.silent import FloatSilent, Silent
from neuro.kinds.sparse import Sparse
from neuro.kinds.spike import FloatSpike, Spike

INTEGRATIONS: tuple[type, ...] = (Accumulator, Memoryless, Cuba)
EMISSIONS: tuple[type, ...] = (PoissonCount, Graded, Silent, Spike)
WEIGHTS: tuple[type, ...] = (Dense, Sparse, Convolution)

__all__ = [
    "EMISSIONS",
    "INTEGRATIONS",
    "WEIGHTS",
    "Accumulator",
    "Convolution",
    "Cuba",
    "Dense",
    "Emission",
    "FloatAccumulator",
    "FloatConvolution",
    "FloatCuba",
    "FloatEmission",
    "FloatGraded",
    "FloatIntegration",
    "FloatMemoryless",
    "FloatPoissonCount",
    "FloatSilent",
    "FloatSpike",
    "Graded",
    "Integration",
    "Memoryless",
    "PoissonCount",
    "Silent",
    "Sparse",
    "Spike",
    "Weight",
]
