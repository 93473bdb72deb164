"""The report page of the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantal.bench.experiments.demo_data import DemoData
from quantal.commands.report.page import Section, picture, rows, write_page
from quantal.commands.report.pictures import save_pictures
from quantal.commands.report.tables import COLUMNS, HELD_OUT_COLUMNS, held_out_rows, measured_rows, shares_on_host
from quantal.hardware.installation import versions

TEXTS = {
    "patches": (
        "Patches and their reconstructions",
        "Photographs that training never saw. Below each patch are its reconstructions from spike counts, averaged "
        "over the last steps, in floating point and in integers.",
    ),
    "dictionary": (
        "The learned dictionary",
        "What one count of each latent adds to the reconstruction: edges and bars, like the receptive "
        "fields of simple cells in visual cortex. Each is drawn at its own contrast.",
    ),
    "raster": (
        "Spike counts",
        "At first every latent sends counts now and then; within a hundred steps only those that explain the patch "
        "stay active.",
    ),
    "curve": (
        "Quality over steps",
        "The integer networks (lines) follow the float ones (dots) in both circuits: lateral competition, and a "
        "population of prediction errors with feedback.",
    ),
    "scatter": (
        "Float against integer",
        "Both are stochastic, so each latent differs by chance, as in two float runs with different seeds (grey). "
        "8-bit weights shift individual latents slightly further; the code as a whole stays the same.",
    ),
    "agreement": (
        "The same integers everywhere",
        "Every state and every message of every unit at every step, compared with the reference simulator.",
    ),
}


def write_report(folder: Path, result: dict[str, Any], data: DemoData) -> Path:
    """Draw all pictures and write the page."""
    sections = [measured_section(result), held_out_section(result)]
    for path in save_pictures(data, folder / "pictures"):
        heading, text = TEXTS[path.stem]
        sections.append(Section(heading, text, picture(path)))
    page = folder / "report.html"
    write_page(page, "From photographs to spike counts", sections, footer())
    return page


def measured_section(result: dict[str, Any]) -> Section:
    """The same patches on every backend."""
    text = (
        f"{result['patches']} held-out patches ran {result['steps']} steps on each; R² and the share of zeros are "
        f"averaged over the last {result['last']} steps. Learning the dictionary took "
        f"{result['training_seconds']:.0f} s of this run."
    )
    return Section("One network, every simulator", text, rows(COLUMNS, measured_rows(result)))


def held_out_section(result: dict[str, Any]) -> Section:
    """Float against integer on many patches."""
    held_out = result["held_out"]
    text = (
        f"{held_out['patches']} held-out patches, {held_out['steps']} steps, averaged over the last "
        f"{result['last']}: what rounding to 8-bit weights costs. {shares_on_host(result)}."
    )
    return Section("Float against integer", text, rows(HELD_OUT_COLUMNS, held_out_rows(result)))


def footer() -> str:
    """Versions of the software that made the page."""
    return ", ".join(f"{name} {version}" for name, version in versions().items() if version)
