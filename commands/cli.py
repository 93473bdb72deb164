"""The group of commands: loads each when it is called, and turns every error into a short message and an exit code."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

import click

from quantal.neuro.errors import QuantalError, did_you_mean, optional_packages
from quantal.neuro.registry import Registry

INTERNAL_ERROR, USER_ERROR, INTERRUPTED = 1, 2, 130
"""Exit codes: a bug in this program, an error that the user can fix, Ctrl-C."""
MODULES = {"import": "import_nir", "export": "export_nir"}
"""Modules of the commands whose name is a Python keyword or the counterpart of one."""
LINE_LENGTH = 300
"""Characters at which a line of an internal error is cut off."""


class KnownName(click.ParamType):
    """A name in a registry; a mistyped one is an error that suggests the nearest."""

    name = "name"

    def __init__(self, registry: Registry[Any]) -> None:
        self.registry = registry

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name itself."""
        self.registry.check(value)
        return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """The names, in the help of an option; an argument is shown by its own name."""
        return f"[{'|'.join(self.registry)}]" if param.param_type_name == "option" else None


class Choice(click.Choice):
    """One word of a fixed list; a mistyped one is an error that suggests the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word itself."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = did_you_mean(str(value), map(str, self.choices))
            raise click.BadParameter(f"{error.message} {hint}".strip(), ctx, param) from None


class CommandLine(click.Group):
    """Commands by name and summary; the command itself is `command` in the module `commands.<name>`."""

    def __init__(self, summaries: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options, context_settings={"help_option_names": ["-h", "--help"]})
        self.summaries = summaries
        self.params.append(
            click.Option(["--version"], is_flag=True, is_eager=True, callback=print_version, help="Show the version.")
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the summaries."""
        return [*self.summaries]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a mistyped one is an error that suggests the nearest."""
        name = args[0]
        if name not in self.summaries and not name.startswith("-"):
            known = ", ".join(self.summaries)
            hint = did_you_mean(name, self.summaries)
            raise QuantalError("no such command", where=name, expected=f"one of {known}", hint=hint)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in self.summaries:
            return None
        return import_module(f"quantal.commands.{MODULES.get(cmd_name, cmd_name)}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([*self.summaries.items()])

    def main(self, args: Sequence[str] | None = None, *others: Any, **extra: Any) -> NoReturn:
        """Run the command line and exit; the arguments are those of click."""
        arguments = sys.argv[1:] if args is None else [*args]
        run = partial(super().main, arguments, *others, **{**extra, "standalone_mode": False})
        sys.exit(exit_code_of(run, as_json="--json" in arguments, debug="--debug" in arguments))


def print_version(ctx: click.Context, option: click.Parameter, requested: bool) -> None:
    """Print the version of the installed distribution, and exit."""
    if not requested or ctx.resilient_parsing:
        return
    try:
        click.echo(f"quantal {version('quantal')}")
    except PackageNotFoundError:
        click.echo("quantal, version unknown: run from a source tree that is not installed")
    ctx.exit()


def exit_code_of(run: Callable[[], Any], as_json: bool, debug: bool) -> int:
    """Run, report any error, and return the exit code."""
    try:
        with optional_packages():
            code = run()
        return code if type(code) is int else 0
    except (click.Abort, KeyboardInterrupt):
        report({"what": "interrupted"}, "interrupted", as_json)
        return INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exc()
        fields, text, code = explain(error)
        report(fields, text, as_json)
        return code


def explain(error: Exception) -> tuple[dict[str, str], str, int]:
    """Fields, text and exit code of an error, by the first type in `EXPLANATIONS` that it is an instance of."""
    return next(explanation(error) for kind, explanation in EXPLANATIONS.items() if isinstance(error, kind))


def explain_quantal_error(error: QuantalError) -> tuple[dict[str, str], str, int]:
    """An error that the user can fix."""
    keys = ("what", "where", "expected", "got", "hint")
    return {key: getattr(error, key) for key in keys}, error.text(), USER_ERROR


def explain_click_error(error: click.ClickException) -> tuple[dict[str, str], str, int]:
    """Invalid arguments."""
    context = getattr(error, "ctx", None)
    hint = f"see {context.command_path} --help" if context else ""
    return explain_quantal_error(QuantalError(error.format_message(), hint=hint))


def explain_system_error(error: OSError) -> tuple[dict[str, str], str, int]:
    """A file that can't be read or written, or a full disk."""
    return explain_quantal_error(QuantalError(error.strerror or str(error), where=str(error.filename or "")))


def explain_internal_error(error: Exception) -> tuple[dict[str, str], str, int]:
    """A bug in this program."""
    lines = [line[:LINE_LENGTH] for line in str(error).splitlines()[:2]]
    text = "\n  ".join([f"internal error: {type(error).__name__}: {lines[0] if lines else ''}", *lines[1:]])
    hint = "run again with --debug for the traceback, and report it"
    return {"what": text, "where": "", "expected": "", "got": "", "hint": hint}, f"{text}\n  {hint}", INTERNAL_ERROR


EXPLANATIONS: dict[type[Exception], Callable[[Any], tuple[dict[str, str], str, int]]] = {
    QuantalError: explain_quantal_error,
    click.ClickException: explain_click_error,
    OSError: explain_system_error,
    Exception: explain_internal_error,
}


def report(fields: Mapping[str, str], text: str, as_json: bool) -> None:
    """Print an error as text on standard error, and with `--json` as one object on standard output."""
    click.echo(text, err=True)
    if as_json:
        click.echo(json.dumps({"error": fields}))


def command(work: Callable[..., Any], kind: type[click.Command] = click.Command) -> click.Command:
    """A command with the options `--json` and `--debug`; its function gets a `Screen` as its first argument."""

    @wraps(work)
    def entry(as_json: bool, debug: bool, **options: Any) -> Any:
        from quantal.commands.console import Screen

        return work(Screen(as_json), **options)

    wrapped = click.command(cls=kind)(entry)
    wrapped.params += [
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object and nothing else."),
        click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
    ]
    return wrapped
