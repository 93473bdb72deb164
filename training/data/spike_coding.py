"""How a picture enters a spiking network: as a current, as spikes, or row after row."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

Coding = Callable[[Tensor, int, Generator | None], Tensor]
"""Pictures `(batch, channels, height, width)` from 0 to 1, number of steps, source of chance: `(steps, batch, …)`."""


def current(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """The picture itself at every step: a constant current that is proportional to intensity."""
    return images.expand(steps, *images.shape)


def rate(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """Independent spikes, each with the intensity as its probability."""
    return torch.bernoulli(current(images, steps), generator=generator)


def latency(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """One spike of each pixel that isn't black, the brighter the sooner: at step `round((1 − x) (steps − 1))`."""
    first = torch.round((1 - images) * (steps - 1))
    when = torch.arange(steps).reshape(-1, *[1] * images.ndim)
    return ((when == first) & (images > 0)).to(images.dtype)


def rows(images: Tensor, steps: int, generator: Generator | None = None) -> Tensor:
    """One row of the picture per step, from the top, `(height, batch, channels * width)`; later steps are 0."""
    sequence = images.permute(2, 0, 1, 3).flatten(2)[:steps]
    return torch.cat([sequence, sequence.new_zeros(steps - len(sequence), *sequence.shape[1:])])


CODINGS: dict[str, Coding] = {"current": current, "rate": rate, "latency": latency, "rows": rows}
