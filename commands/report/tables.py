"""The tables of a demo, on its page and in a terminal."""

from __future__ import annotations

from typing import Any

NAMES = ("float", "reference", "engine", "brian2", "lava", "lava-fused")

COLUMNS = ("runs on", "R²", "share of zeros", "distance from the optimum", "seconds", "equal to the reference")


def measured_rows(result: dict[str, Any]) -> list[list[Any]]:
    """One row for each backend."""
    named = [(name, result[name]) for name in NAMES if name in result]
    return [
        [name, one["r2"], one["zeros"], one["distance"], one["seconds"], result["equal"].get(name)]
        for name, one in named
    ]


HELD_OUT_COLUMNS = ("circuit", "numbers", "R²", "share of zeros", "distance from the optimum", "seconds")


def held_out_rows(result: dict[str, Any]) -> list[list[Any]]:
    """Float, integer and their difference for each circuit."""
    table: list[list[Any]] = []
    for circuit, pair in result["held_out"]["circuits"].items():
        for kind in ("float", "integer", "difference"):
            one = pair[kind]
            table.append([circuit, kind, one["r2"], one["zeros"], one["distance"], one.get("seconds")])
    return table


def shares_on_host(result: dict[str, Any]) -> str:
    """The share of synapses that stay on the host, for each circuit."""
    shares = ", ".join(f"{share:.0%} in {circuit}" for circuit, share in result["host_share"].items())
    return f"Synapses that stay on the host: {shares}"
