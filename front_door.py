"""Quantal: free-energy models as integer spike-count networks, equal on every backend.

The front door. Each public name is loaded when it is first used, so importing this costs nothing::

    import quantal

    network, report = quantal.compile_graph(quantal.lateral_competition(model), quantal.Options(weight_bits=8))
    trace = quantal.run(network, quantal.encode(network, samples), steps=500)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantal.commands.cli import CommandLine

PUBLIC = {
    # the nouns
    "Graph": "quantal.neuro.network.graph",
    "CountNetwork": "quantal.neuro.network.count_network",
    "Population": "quantal.neuro.network.count_network",
    "Projection": "quantal.neuro.network.count_network",
    "Trace": "quantal.neuro.network.trace",
    "Recording": "quantal.neuro.network.trace",
    "QuantalError": "quantal.neuro.errors",
    # theory to graph to integers
    "PoissonVae": "quantal.neuro.circuits.poisson_vae",
    "lateral_competition": "quantal.neuro.circuits.poisson_vae",
    "predictive_coding": "quantal.neuro.circuits.poisson_vae",
    "from_norse": "quantal.training.export.norse",
    "load_weights": "quantal.training.export.weights",
    "compile_graph": "quantal.neuro.compile",
    "Options": "quantal.neuro.compile",
    # running
    "encode": "quantal.neuro.simulate.drive",
    "decode": "quantal.neuro.simulate.drive",
    "simulate": "quantal.neuro.simulate.floats",
    "simulate_states": "quantal.neuro.simulate.floats",
    "latency_steps": "quantal.neuro.network.latency",
    "by_delay": "quantal.neuro.compile.delays",
    "run": "quantal.neuro.engine",
    "infer": "quantal.neuro.engine",
    "check": "quantal.neuro.compare.traces",
    "verify": "quantal.neuro.network.verify",
    # files
    "load_network": "quantal.neuro.network.files",
    "save_network": "quantal.neuro.network.files",
    "load_trace": "quantal.neuro.network.files",
    "save_trace": "quantal.neuro.network.files",
    "load_graph": "quantal.neuro.network.graph_files",
    "save_graph": "quantal.neuro.network.graph_files",
    # exchange with other tools
    "read_nir": "quantal.neuro.nir",
    "write_nir": "quantal.neuro.nir",
    "to_graph": "quantal.neuro.nir",
    "from_graph": "quantal.neuro.nir",
}
"""Public name to the module that holds it."""

COMMANDS = {
    "demo": "Do the main job: learn from photographs, compile, run everywhere, compare, report.",
    "train": "Learn a model from samples.",
    "compile": "Make a trained model or a graph an integer network.",
    "import": "Read a NIR file as a graph.",
    "export": "Write a graph as a NIR file.",
    "run": "Run a network on samples and measure its code.",
    "check": "Run a network on several backends and compare every integer.",
    "show": "Say what is in a network, trace or model file.",
    "info": "Say what is installed and which backends work here.",
    "bench": "Measure what this project promises.",
}
"""Command to its summary; `commands.<name>` holds the rest and is loaded when the command is called.

What is a word of Python can't name a module: those of `import` and `export` are `import_nir` and `export_nir`.
"""

__all__ = [*PUBLIC, "main"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module 'quantal' has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "COMMANDS", "PUBLIC"]


def command_line() -> CommandLine:
    """The command line as a click group."""
    from quantal.commands.cli import CommandLine

    return CommandLine(COMMANDS, help="Free-energy models as integer spike-count networks, equal on every backend.")


def main() -> None:
    """Run the command line and exit."""
    command_line().main(prog_name="quantal")
