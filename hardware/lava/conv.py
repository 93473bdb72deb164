"""A convolution as Lava's own `Conv`. Importing this imports SciPy's signals, so only networks that need it do."""

from __future__ import annotations

from typing import Any

from quantal.hardware.lava.names import Process, named
from quantal.neuro.arithmetic import Integers
from quantal.neuro.network.count_network import Projection
from quantal.neuro.synapses import Convolution

Conv = named("proc.conv.process", "Conv")
PyConvModelFixed = named("proc.conv.models", "PyConvModelFixed")


def conv_process(projection: Projection, **params: Any) -> Process:
    """Lava's `Conv`."""
    conv = projection.weight
    assert isinstance(conv, Convolution)
    return Conv(
        weight=turned(conv.weight),
        input_shape=conv.input_shape[::-1],
        stride=conv.stride[::-1],
        padding=conv.padding[::-1],
        dilation=conv.dilation[::-1],
        groups=conv.groups,
        **params,
    )


def turned(kernel: Integers) -> Integers:
    """A kernel (output, input, row, column) as Lava has it: (output, column, row, input), and back to front.

    Lava convolves, where a `Convolution` correlates as torch does.
    """
    return kernel[:, :, ::-1, ::-1].transpose(0, 3, 2, 1)
