"""From photographs to patches: take the logarithm, whiten, cut into tiles.

The amplitude spectrum of photographs falls as 1/f, so low spatial frequencies dominate their pixels. Olshausen and
Field's filter R(f) = f exp(-(f/f0)^4) flattens the spectrum and suppresses the noisy corner frequencies ("Emergence of
simple-cell receptive field properties by learning a sparse code for natural images", Nature 381, 1996). It is
isotropic and removes the mean.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError

Floats = NDArray[np.float64]
Pixels = NDArray[np.floating]

CUTOFF = 200 / 512
"""f0 in cycles per pixel: Olshausen and Field's 200 cycles in an image of 512 pixels."""

BORDER_PIXELS = 4
"""Width of the border that is cut off, because the Fourier transform joins opposite edges."""


def transfer(height: int, width: int) -> Floats:
    """R(f) on the grid of `numpy.fft.fft2`: `(height, width)`, frequencies in cycles per pixel."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    return frequency * np.exp(-((frequency / CUTOFF) ** 4))


def whiten(intensity: Floats, name: str = "image") -> Floats:
    """Whiten an image: log(1 + I), filtered to a flat spectrum, without its border, scaled to standard deviation 1.

    `intensity` is `(height, width)` and not negative. An image of a single colour is a `QuantalError`.
    """
    if not (intensity.min() >= 0 and np.isfinite(intensity).all()):
        raise QuantalError("intensity is negative or not a number", where=name)
    spectrum = np.fft.fft2(np.log1p(intensity)) * transfer(*intensity.shape)
    inner = slice(BORDER_PIXELS, -BORDER_PIXELS)
    whitened = np.fft.ifft2(spectrum).real[inner, inner]
    if whitened.size == 0 or whitened.std() < 1e-9:
        raise QuantalError("the image has a single colour or is too small", where=name)
    return whitened / whitened.std()


def tiles(image: Pixels, side: int, shifts: Iterable[tuple[int, int]] = ((0, 0),)) -> Pixels:
    """Disjoint square tiles of an image `(height, width)`, once for each shift in pixels: `(tiles, side * side)`."""
    return np.concatenate([tiling(image[down:, right:], side) for down, right in shifts])


def tiling(image: Pixels, side: int) -> Pixels:
    """Disjoint tiles from the upper left corner: `(tiles, side * side)`."""
    rows, columns = image.shape[0] // side, image.shape[1] // side
    cropped = image[: rows * side, : columns * side]
    return cropped.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side * side)
