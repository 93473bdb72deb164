"""The pictures of a demo; each is a short function from data to a figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.pyplot import rc_context
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from quantal.bench.experiments.demo_data import DemoData
from quantal.commands.report.style import CIRCUIT_COLOURS, CONTROL, DIFFERENT, EQUAL, FLOAT, INTEGER, STYLE
from quantal.neuro.compare.measures import r2

Floats = NDArray[np.float64]
MOSAIC_COLUMNS = 32
RASTER_STEPS = 200
PATCHES_SHOWN = 8


def patches(data: DemoData) -> Figure:
    """Patches, and their reconstructions from counts averaged over the last steps."""
    shown = data.patches[:PATCHES_SHOWN]
    rows = {
        "patch": shown,
        "float": reconstruction(data.float_counts, data.float_readout, data.last)[: len(shown)],
        "integer": reconstruction(data.integer_counts, data.integer_readout, data.last)[: len(shown)],
    }
    figure = Figure(figsize=(1.25 * len(shown) + 0.8, 4.3))
    axes = figure.subplots(3, len(shown), squeeze=False)
    largest = np.abs(shown).max(axis=1)
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        for index, axis in enumerate(row):
            image(axis, images[index], data.sample_shape, largest[index])
            if name != "patch":
                axis.set_title(f"R² {r2(shown[index], images[index]):.2f}", fontsize=9, loc="center")
        row[0].set_ylabel(name)
    return figure


def reconstruction(counts: NDArray, readout: Floats, last: int) -> Floats:
    """Reconstructions from the mean counts of the last steps, `(patches, features)`."""
    return counts[-last:].mean(axis=0) @ readout.T


def image(axis: Axes, values: Floats, shape: tuple[int, ...], largest: float) -> None:
    """One patch in grey, with zero as middle grey."""
    axis.imshow(values.reshape(as_picture(shape)), vmin=-largest, vmax=largest)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)


def as_picture(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width; a sample that is not an image is shown as a row."""
    sides = shape if len(shape) < 3 else tuple(side for side in shape if side > 1)
    return (sides[0], sides[1]) if len(sides) == 2 else (1, math.prod(shape))


def dictionary(data: DemoData) -> Figure:
    """The contribution of one count of each latent, the most used first."""
    order = np.argsort(-data.use)
    figure = Figure(figsize=(10, 5.6))
    axis = figure.subplots()
    draw_mosaic(axis, data.float_readout[:, order], data.sample_shape)
    axis.set_title(f"{len(order)} learned features, the most used at the top left")
    return figure


def draw_mosaic(axis: Axes, columns: Floats, shape: tuple[int, ...]) -> None:
    """Columns as images side by side, each with its own contrast."""
    height, width = as_picture(shape)
    across = min(MOSAIC_COLUMNS, columns.shape[1]) if height > 1 else 1
    down = -(-columns.shape[1] // across)
    tiles = np.full((down, across, height + 1, width + 1), np.nan)
    contrast = np.maximum(np.abs(columns).max(axis=0), 1e-30)
    for index, column in enumerate((columns / contrast).T):
        tiles[index // across, index % across, :height, :width] = column.reshape(height, width)
    axis.imshow(
        tiles.transpose(0, 2, 1, 3).reshape(down * (height + 1), -1),
        vmin=-1,
        vmax=1,
        aspect="auto" if height == 1 else "equal",
    )
    axis.axis("off")


def raster(data: DemoData) -> Figure:
    """Counts of every latent over the first steps, for one patch."""
    counts = data.integer_counts[:RASTER_STEPS, 0]
    rank = np.argsort(np.argsort(-counts.sum(axis=0), kind="stable"))
    step, unit = np.nonzero(counts)
    figure = Figure(figsize=(10, 5.6))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1, 3))
    top.fill_between(np.arange(len(counts)) + 1, counts.sum(axis=1), step="mid", color=INTEGER, alpha=0.85, lw=0)
    top.set_ylabel("counts\nper step")
    top.set_title("Whole numbers are all that is sent: one patch, all latents")
    size = counts[step, unit]
    dots = bottom.scatter(
        step + 1,
        rank[unit],
        s=1.5 + 1.5 * size,
        c=size,
        cmap="plasma",
        vmin=1,
        vmax=1.15 * size.max(initial=2),
        linewidths=0,
    )
    bottom.set(xlabel="step", ylabel="latent, busiest first", xlim=(0, len(counts) + 1))
    bottom.invert_yaxis()
    figure.colorbar(
        dots,
        ax=bottom,
        label="count",
        pad=0.01,
        ticks=np.unique(np.linspace(1, max(2, size.max(initial=1)), 5).astype(int)),
    )
    return figure


def curve(data: DemoData) -> Figure:
    """R² and share of zeros over steps, float against integer, for both circuits."""
    figure = Figure(figsize=(10, 4))
    axes = figure.subplots(1, 2)
    for axis, key, title in zip(axes, ("r2", "zeros"), ("R²", "Share of zeros"), strict=True):
        for (circuit, (floating, integer)), colour in zip(data.curves.items(), CIRCUIT_COLOURS, strict=False):
            steps = np.arange(len(getattr(floating, key))) + 1
            axis.plot(steps, getattr(integer, key), color=colour, label=f"{circuit}, integer")
            axis.plot(steps, getattr(floating, key), color=FLOAT, ls=":", lw=1.3)
        axis.plot([], [], color=FLOAT, ls=":", lw=1.3, label="both, float")
        axis.set(xscale="log", xlabel="step", title=title, ylim=visible_range(data, key))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes[0].legend(loc="lower right")
    return figure


def visible_range(data: DemoData, key: str) -> tuple[float, float]:
    """The range of the ordinate: up to 1, and down to 0 or to the lowest value, whichever is higher."""
    lowest = min(float(getattr(one, key).min()) for pair in data.curves.values() for one in pair)
    last = min(float(getattr(one, key)[-1]) for pair in data.curves.values() for one in pair)
    return min(max(lowest - 0.05, 0.0), last - 0.05), 1.02


def scatter(data: DemoData) -> Figure:
    """Mean counts in floating point against integers, with a second float run as the control."""
    first, second, integer = (
        counts[-data.last :].mean(axis=0).ravel()
        for counts in (data.float_counts, data.float_again, data.integer_counts)
    )
    figure = Figure(figsize=(10, 4.4))
    left, right = figure.subplots(1, 2)
    highest = float(max(first.max(), integer.max(), 0.1)) * 1.05
    left.plot([0, highest], [0, highest], color=CONTROL, lw=1)
    left.scatter(first, integer, s=7, color=INTEGER, alpha=0.5, linewidths=0)
    left.set(xlabel="float: mean count per step", ylabel="integer: mean count per step", aspect="equal")
    left.set_title("Each latent on each patch")
    differences(right, {"another float run": (second - first, CONTROL), "integer": (integer - first, INTEGER)})
    right.set_title("Difference from the float run")
    return figure


def differences(axis: Axes, groups: dict[str, tuple[Floats, str]]) -> None:
    """Histograms of differences of mean counts."""
    widest = max(float(np.abs(values).max()) for values, _ in groups.values()) or 1.0
    edges = np.linspace(-widest, widest, 41)
    for name, (values, colour) in groups.items():
        label = f"{name} (standard deviation {values.std():.3f})"
        filled = colour == CONTROL
        axis.hist(
            values, edges.tolist(), color=colour, label=label, histtype="stepfilled" if filled else "step", lw=1.8
        )
    axis.set(yscale="log", xlabel="difference of mean counts per step", ylabel="latents × patches")
    axis.legend(loc="upper center", fontsize=9)
    axis.set_ylim(top=axis.get_ylim()[1] * 12)


def agreement(data: DemoData) -> Figure:
    """One strip per backend, green where every integer of a step equals that of the reference."""
    names = [*data.differing]
    strips = np.array([data.differing[name] for name in names])
    figure = Figure(figsize=(10, 0.5 * len(names) + 1.5))
    axis = figure.subplots()
    edges = np.arange(strips.shape[1] + 1) + 0.5
    colours = ListedColormap([EQUAL, DIFFERENT])
    axis.pcolormesh(edges, np.arange(len(names) + 1), strips > 0, cmap=colours, vmin=0, vmax=1)
    for row, strip in enumerate(strips):
        text = f"{data.compared * len(strip):,} integers, {int(strip.sum()):,} differ"
        axis.text(edges.mean(), row + 0.5, text, color="white", ha="center", va="center", fontsize=10)
    axis.hlines(np.arange(1, len(names)), *edges[[0, -1]], color="white", lw=4)
    axis.set_yticks(np.arange(len(names)) + 0.5, names)
    axis.tick_params(axis="y", length=0)
    axis.invert_yaxis()
    axis.spines[:].set_visible(False)
    axis.set(xlabel="step", title="States and messages against the reference simulator")
    return figure


PICTURES: dict[str, Callable[[DemoData], Figure]] = {
    "patches": patches,
    "dictionary": dictionary,
    "raster": raster,
    "curve": curve,
    "scatter": scatter,
    "agreement": agreement,
}
"""File name to the function that draws the picture, in the order of the page."""


def save_pictures(data: DemoData, folder: Path) -> list[Path]:
    """Save every picture as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in PICTURES.items():
        with rc_context(STYLE):
            draw(data).savefig(folder / f"{name}.png")
        paths.append(folder / f"{name}.png")
    return paths
