"""Encode raw samples with compiled code: the same integers as `simulate.drive.encode`, but faster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.engine.kernels.convolution import apply_floats
from quantal.neuro.engine.rounding import nearest_integers
from quantal.neuro.network.count_network import CountNetwork, Input
from quantal.neuro.protocols import Floats
from quantal.neuro.simulate.drive import DRIVE_CLIP, apply_gain, check_finite, check_range, check_samples
from quantal.neuro.synapses import FloatConvolution


def encode(network: CountNetwork, samples: NDArray[np.floating]) -> dict[str, Integers]:
    """External input for raw samples `(batch, features)` or `(steps, batch, features)`."""
    check_samples(network, samples)
    check_finite(network, samples)
    drive: dict[str, Integers] = {}
    for entry in network.inputs:
        integers = nearest_integers(apply_gain_compiled(entry, samples), DRIVE_CLIP)
        check_range(network, entry, integers)
        drive[entry.target] = drive[entry.target] + integers if entry.target in drive else integers
    return drive


def apply_gain_compiled(entry: Input, samples: NDArray[np.floating]) -> Floats:
    """`gain · sample` as in `simulate.drive.apply_gain`; a convolution skips all pixels that are 0."""
    if not isinstance(entry.gain, FloatConvolution):
        return apply_gain(entry, samples)
    rows = samples.reshape(-1, samples.shape[-1]).astype(np.float64, copy=False)
    return apply_floats(entry.gain, rows).reshape(*samples.shape[:-1], -1)
