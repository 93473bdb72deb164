"""A picture of the contents of a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import rc_context

from quantal.commands.report.pictures import draw_mosaic
from quantal.commands.report.style import STYLE
from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.trace import Trace


def of_network(path: Path) -> Figure:
    """The contribution of each unit's message to what is read out, or the weights of a network without a read-out."""
    network = files.load_network(path)
    figure = Figure(figsize=(10, 5.6))
    axis = figure.subplots()
    if network.readouts:
        draw_readout(axis, network)
    elif network.projections:
        axis.hist([projection.weight.values().ravel() for projection in network.projections], bins=64, stacked=True)
        axis.set(title=f"{network.name}: weights", xlabel="mantissa", ylabel="connections")
    else:
        raise QuantalError("the network has neither a read-out nor projections to plot", where=str(path))
    return figure


def draw_readout(axis: Axes, network: CountNetwork) -> None:
    """The weight of the read-out: of each unit as an image where it estimates a picture, else as a matrix."""
    weight, shape = np.atleast_2d(network.readouts[0].weight), network.sample_shape
    axis.set_title(f"{network.name}: contribution of one message of each unit")
    if len(weight) == math.prod(shape) and len([side for side in shape if side > 1]) <= 2:
        draw_mosaic(axis, weight, shape)
        return
    largest = max(float(np.abs(weight).max(initial=0.0)), 1e-30)
    shown = axis.imshow(weight, aspect="auto", cmap="RdBu_r", interpolation="none", vmin=-largest, vmax=largest)
    axis.set(xlabel="unit", ylabel=network.readouts[0].name)
    axis.figure.colorbar(shown, ax=axis, pad=0.01)


def of_trace(path: Path) -> Figure:
    """Messages of each population over steps, for the first sample."""
    trace = files.load_trace(path)
    if not trace.messages:
        raise QuantalError("the trace holds no messages to plot", where=str(path))
    figure = Figure(figsize=(10, 1 + 3 * len(trace.messages)))
    axes = figure.subplots(len(trace.messages), squeeze=False)[:, 0]
    for axis, (name, message) in zip(axes, trace.messages.items(), strict=True):
        sizes = np.abs(message[:, 0]).T
        shown = axis.imshow(sizes, aspect="auto", cmap="Greys", interpolation="none", extent=extent(trace, sizes.shape))
        axis.set(title=f"{name}, sample {trace.first_sample}", xlabel="step", ylabel="unit")
        figure.colorbar(shown, ax=axis, label="magnitude of the message", pad=0.01)
    return figure


def extent(trace: Trace, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Edges of an image `(units, steps)`."""
    return trace.first_step + 0.5, trace.first_step + shape[1] + 0.5, shape[0] - 0.5, -0.5


def of_model(path: Path) -> Figure:
    """The dictionary at this stage of training."""
    from quantal.training.learn.poisson_vae import load_poisson_vae

    model = load_poisson_vae(path)
    figure = Figure(figsize=(10, 5.6))
    axis = figure.subplots()
    draw_mosaic(axis, model.dictionary.detach().numpy(), model.sample_shape)
    axis.set_title(f"{model.dictionary.shape[1]} learned features")
    return figure


PICTURES: dict[str, Callable[[Path], Figure]] = {"network": of_network, "trace": of_trace, "model": of_model}


def save_picture(noun: str, source: Path, target: Path) -> None:
    """Plot the contents of a file; the suffix of the target gives the format."""
    if noun not in PICTURES:
        raise QuantalError("there is no picture of this kind of file", where=str(source))
    with rc_context(STYLE):
        figure = PICTURES[noun](source)
        known = figure.canvas.get_supported_filetypes()
        if target.suffix[1:].lower() not in known:
            raise QuantalError("unknown kind of picture", where=str(target), expected="a name that ends in .png")
        figure.savefig(target)
