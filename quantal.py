"""Quantal: free-energy models as integer spike-count networks, equal on every backend.

The front door. Each public name is loaded when it is first used, so importing this costs nothing::

    import quantal

    network, report = quantal.compile_graph(quantal.lateral(model), quantal.Options(weight_bits=8))
    trace = quantal.run(network, quantal.encode(network, samples), steps=500)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commands.line import CommandLine

PUBLIC = {
    # the nouns
    "Graph": "neuro.graph",
    "CountNetwork": "neuro.network",
    "Population": "neuro.network",
    "Projection": "neuro.network",
    "Trace": "neuro.trace",
    "Recording": "neuro.trace",
    "QuantalError": "neuro.errors",
    # theory to graph to integers
    "PoissonVae": "neuro.circuits.poisson_vae",
    "lateral": "neuro.circuits.poisson_vae",
    "error": "neuro.circuits.poisson_vae",
    "from_norse": "training.export.norse",
    "load_weights": "training.export.weights",
    "compile_graph": "neuro.compile",
    "Options": "neuro.compile",
    # running
    "encode": "neuro.coding",
    "decode": "neuro.coding",
    "simulate": "neuro.simulate",
    "simulate_states": "neuro.simulate",
    "latency_steps": "neuro.latency",
    "by_delay": "neuro.delays",
    "run": "neuro.engine",
    "infer": "neuro.engine",
    "check": "neuro.compare",
    "verify": "neuro.verify",
    # files
    "load_network": "neuro.files",
    "save_network": "neuro.files",
    "load_trace": "neuro.files",
    "save_trace": "neuro.files",
    "load_graph": "neuro.graph_files",
    "save_graph": "neuro.graph_files",
    # exchange with other tools
    "read_nir": "neuro.exchange",
    "write_nir": "neuro.exchange",
    "to_graph": "neuro.exchange",
    "from_graph": "neuro.exchange",
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

What is a word of Python can't name a module: those of `import` and `export` are `importing` and `exporting`.
"""

__all__ = [*PUBLIC, "main"]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module 'quantal' has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "COMMANDS", "PUBLIC"]


def command_line() -> CommandLine:
    """The command line as a click group."""
    from commands.line import CommandLine

    return CommandLine(COMMANDS, help="Free-energy models as integer spike-count networks, equal on every backend.")


def main() -> None:
    """Run the command line and exit."""
    command_line().main(prog_name="quantal")


if __name__ == "__main__":
    main()
