"""Photographs under free licences: twelve in this folder, seven that scikit-image and scikit-learn install.

`sources.csv` gives the use (training or held-out), licence, author and origin of each. Nothing is ever downloaded.
"""

from __future__ import annotations

import csv
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from quantal.neuro.errors import QuantalError, missing_package

Floats = NDArray[np.float64]

FOLDER = Path(__file__).parent
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in luma (ITU-R BT.601)."""

PIXELS_MAX = 89_478_485
"""Pillow's own limit: more pixels in a small file are probably an attack."""
GREY_MODES = ("L", "I", "I;16", "F")
"""Pillow's modes with a single channel of intensity."""


def paths(use: str) -> list[Path]:
    """The photographs for one use, `training` or `held-out`, in a fixed order."""
    with (FOLDER / "sources.csv").open(encoding="utf-8", newline="") as table:
        return [path_of(row) for row in csv.DictReader(table) if row["use"] == use]


def path_of(row: dict[str, str]) -> Path:
    """The file of a photograph in `sources.csv`: in this folder, or inside the package that installs it."""
    if row["file"]:
        return FOLDER / row["file"]
    package = find_spec(row["package"])
    if package is None or package.origin is None:
        raise missing_package(row["package"], "the photographs that come with quantal")
    return Path(package.origin).parent / row["path_in_package"]


def check_size(image: Image.Image, path: Path) -> None:
    """Refuse an image of so many pixels that Pillow takes it for an attack, before any of them is decoded."""
    width, height = image.size
    if width * height > PIXELS_MAX:
        raise QuantalError(
            "the image is too large",
            where=str(path),
            expected=f"at most {PIXELS_MAX} pixels",
            got=f"{width}x{height}",
            hint="cut it into several files",
        )


def read_grey(path: Path) -> Floats:
    """An image as intensity `(height, width)`, in the units of its file (0 to 255 for 8 bits).

    Colours are weighted by Rec. 601, transparency is ignored. A file that is missing, truncated or not an image is a
    `QuantalError`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(path)
        with opened as image:
            check_size(image, path)
            if image.mode in GREY_MODES:
                return np.asarray(image, np.float64)
            return np.asarray(image.convert("RGB"), np.float64) @ np.array(LUMA)
    except UnidentifiedImageError as error:
        raise QuantalError("not an image", where=str(path), expected="a PNG or JPEG file") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise QuantalError(
            "the image can't be read", where=str(path), got=str(error), hint="is the file complete?"
        ) from error
