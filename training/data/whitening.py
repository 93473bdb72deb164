"""From photographs to patches: logarithm, whitening, cutting.

Photographs have a spectrum that falls as 1/f, so the plain pixels are dominated by slow gradients. Olshausen and
Field's filter R(f) = f exp(-(f/f0)^4) flattens the spectrum and cuts the noisy corner frequencies ("Emergence of
simple-cell receptive field properties by learning a sparse code for natural images", Nature 381, 1996). It is
circular in the frequency plane and zero for the mean.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError

Floats = NDArray[np.float64]
Pixels = NDArray[np.floating]

CUTOFF = 200 / 512
"""f0 in cycles per pixel: Olshausen and Field's 200 cycles in a picture of 512 pixels."""

BORDER_PIXELS = 4
"""Cut from each side, where the Fourier transform joins opposite edges."""


def transfer(height: int, width: int) -> Floats:
    """R(f) on the grid of `numpy.fft.fft2`: `(height, width)`, frequencies in cycles per pixel."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    return frequency * np.exp(-((frequency / CUTOFF) ** 4))


def whiten(intensity: Floats, name: str = "picture") -> Floats:
    """log(1 + I), filtered to a flat spectrum, border cut, scaled to standard deviation 1.

    `intensity` is `(height, width)`, not negative. A picture of one colour is a `QuantalError`.
    """
    if not (intensity.min() >= 0 and np.isfinite(intensity).all()):
        raise QuantalError("intensity is negative or not a number", where=name)
    spectrum = np.fft.fft2(np.log1p(intensity)) * transfer(*intensity.shape)
    inner = slice(BORDER_PIXELS, -BORDER_PIXELS)
    flat = np.fft.ifft2(spectrum).real[inner, inner]
    if flat.size == 0 or flat.std() < 1e-9:
        raise QuantalError("the picture shows one flat colour or is tiny", where=name)
    return flat / flat.std()


def tiles(picture: Pixels, side: int, shifts: Iterable[tuple[int, int]] = ((0, 0),)) -> Pixels:
    """Disjoint square tiles of `(height, width)`, once for each shift in pixels: `(tiles, side * side)`."""
    return np.concatenate([tiling(picture[down:, right:], side) for down, right in shifts])


def tiling(picture: Pixels, side: int) -> Pixels:
    """Disjoint tiles from the upper left corner: `(tiles, side * side)`."""
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    whole = picture[: rows * side, : columns * side]
    return whole.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side * side)
