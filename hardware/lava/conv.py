"""A convolution as Lava's own `Conv`. Importing this imports `scipy.signal`, so only networks that need it do."""

from __future__ import annotations

from typing import Any

from quantal.hardware.lava.lava_imports import Process, from_lava
from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import Projection
from quantal.neuro.synapses import Convolution

Conv = from_lava("proc.conv.process", "Conv")
PyConvModelFixed = from_lava("proc.conv.models", "PyConvModelFixed")


def conv_process(projection: Projection, **params: Any) -> Process:
    """Build Lava's `Conv`."""
    conv = projection.weight
    assert isinstance(conv, Convolution)
    return Conv(
        weight=in_lava_order(conv.weight),
        input_shape=conv.input_shape[::-1],
        stride=conv.stride[::-1],
        padding=conv.padding[::-1],
        dilation=conv.dilation[::-1],
        groups=conv.groups,
        **params,
    )


def in_lava_order(kernel: Integers) -> Integers:
    """A kernel (output, input, row, column) as Lava stores it: (output, column, row, input), flipped along both axes.

    Lava convolves, whereas a `Convolution` correlates, as torch does.
    """
    return kernel[:, :, ::-1, ::-1].transpose(0, 3, 2, 1)
