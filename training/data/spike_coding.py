"""How an image enters a spiking network: as a current, as spikes, or row by row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

Coding = Callable[[Tensor, int, Generator | None], Tensor]
"""Images `(batch, channels, height, width)` from 0 to 1, number of steps, random generator: `(steps, batch, …)`."""


def current(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """The image at every step: a constant current proportional to intensity."""
    return images.expand(steps, *images.shape)


def rate(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """Independent spikes, whose probability is the intensity."""
    return torch.bernoulli(current(images, steps), generator=generator)


def latency(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """One spike per pixel that isn't black, earlier for brighter ones: at step `round((1 − x) (steps − 1))`."""
    first = torch.round((1 - images) * (steps - 1))
    step = torch.arange(steps).reshape(-1, *[1] * images.ndim)
    return ((step == first) & (images > 0)).to(images.dtype)


def rows(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """One row of the image per step, from the top, `(steps, batch, channels * width)`; zeros after the last row."""
    sequence = images.permute(2, 0, 1, 3).flatten(2)[:steps]
    return torch.cat([sequence, sequence.new_zeros(steps - len(sequence), *sequence.shape[1:])])


def spike_samples(coding: str, images: NDArray[np.float32], steps: int) -> NDArray[np.float64]:
    """Samples `(steps, batch, features)` of images `(batch, height, width)` from 0 to 1; random spikes have seed 0."""
    generator = Generator().manual_seed(0)
    return CODINGS[coding](torch.from_numpy(images[:, None]), steps, generator).flatten(2).double().numpy()


CODINGS: dict[str, Coding] = {"current": current, "rate": rate, "latency": latency, "rows": rows}
