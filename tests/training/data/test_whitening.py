from __future__ import annotations

import numpy as np
import pytest

from quantal.neuro.errors import QuantalError
from quantal.training.data.whitening import CUTOFF, tiles, transfer, whiten


def olshausen_field(cycles_per_pixel: float) -> float:
    return cycles_per_pixel * np.exp(-((cycles_per_pixel / CUTOFF) ** 4))


def test_the_filter_is_isotropic() -> None:
    filtered = transfer(40, 60)
    assert filtered[0, 0] == 0
    for row, column in [(0, 6), (3, 0), (37, 54), (4, 6), (36, 54), (20, 30)]:
        down, right = min(row, 40 - row) / 40, min(column, 60 - column) / 60
        assert filtered[row, column] == pytest.approx(olshausen_field(np.hypot(down, right)))


def test_the_filter_peaks_where_its_derivative_vanishes() -> None:
    along = transfer(2, 4096)[0, :2048]
    assert np.argmax(along) / 4096 == pytest.approx(CUTOFF / np.sqrt(2), abs=1 / 4096)


def test_whitened_point_has_the_spectrum_of_the_filter() -> None:
    point = np.zeros((136, 136))
    point[68, 68] = np.expm1(1.0)
    spectrum = np.abs(np.fft.fft2(whiten(point)))
    expected = transfer(128, 128)
    assert spectrum / np.linalg.norm(spectrum) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)


def test_whitened_image_has_unit_deviation_and_no_border() -> None:
    image = np.random.default_rng(0).uniform(0, 255, (64, 80))
    assert whiten(image).shape == (56, 72)
    assert whiten(image).std() == pytest.approx(1)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((40, 40), 7.0), "sky.png: the image has a single colour or is too small"),
        (np.ones((6, 6)), "sky.png: the image has a single colour or is too small"),
        (np.full((40, 40), -1.0), "sky.png: intensity is negative or not a number"),
        (np.full((40, 40), np.nan), "sky.png: intensity is negative or not a number"),
    ],
)
def test_images_that_cannot_be_whitened(image: np.ndarray, message: str) -> None:
    with pytest.raises(QuantalError) as caught:
        whiten(image, "sky.png")
    assert str(caught.value) == message


def test_tiles_are_disjoint_squares_in_reading_order() -> None:
    image = np.arange(35.0).reshape(5, 7)
    assert tiles(image, 2).tolist()[:4] == [[0, 1, 7, 8], [2, 3, 9, 10], [4, 5, 11, 12], [14, 15, 21, 22]]
    assert len(tiles(image, 2)) == 6


def test_shifted_tilings_follow_the_first() -> None:
    image = np.arange(36.0).reshape(6, 6)
    both = tiles(image, 4, [(0, 0), (2, 1)])
    assert both[1].tolist() == image[2:, 1:5].reshape(-1).tolist()
