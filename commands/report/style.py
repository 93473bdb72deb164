"""The style of all pictures."""

from __future__ import annotations

from typing import Any

import matplotlib

matplotlib.use("Agg")

FLOAT, INTEGER, CONTROL = "#1b1b1b", "#0b6fb8", "#b9b9b9"
CIRCUIT_COLOURS = ("#0b6fb8", "#d1621a")
EQUAL, DIFFERENT = "#2e8b57", "#c0392b"

STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "image.cmap": "gray",
    "lines.linewidth": 1.6,
}
