"""The command line: one file per command, which calls a function that does the work and prints its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantal.commands.cli import CommandLine

COMMANDS = {
    "demo": "Do the main job: learn from photographs, compile, run on every backend, compare, report.",
    "train": "Train a model on samples.",
    "compile": "Compile a trained model or a graph to an integer network.",
    "import": "Read a NIR file as a graph.",
    "export": "Write a graph as a NIR file.",
    "run": "Run a network on samples and measure its code.",
    "check": "Run a network on several backends and compare every integer.",
    "show": "Show what is in a network, trace or model file.",
    "info": "Show what is installed and which backends work here.",
    "bench": "Measure this project's targets.",
}
"""Command to its summary; the module `commands.<name>` is loaded when the command is called.

A Python keyword can't be the name of a module, so `import`, and its counterpart `export`, are in `import_nir` and
`export_nir`.
"""


def command_line() -> CommandLine:
    """The command line as a click group."""
    from quantal.commands.cli import CommandLine

    return CommandLine(COMMANDS, help="Free-energy models as integer spike-count networks, equal on every backend.")


def main() -> None:
    """Run the command line and exit."""
    command_line().main(prog_name="quantal")
