"""The one error a user sees: the thing, the place, expected and got, and the next step."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.machinery import PathFinder
from importlib.util import find_spec

EXTRAS = {
    "train": ("training, and models in torch and Norse", ("torch", "torchvision", "norse", "skimage", "sklearn")),
    "brian2": ("the backend brian2", ("brian2",)),
    "lava": ("the backends lava and lava-fused", ("lava", "asteval", "networkx")),
    "nir": ("files in NIR", ("nir", "h5py")),
}
"""Extra of `pyproject.toml` to what it is for and the import names that only it brings."""
EXTRA_OF = {package: extra for extra, (_, packages) in EXTRAS.items() for package in packages}
LAVA_PIP_ARGUMENTS = "--no-deps --ignore-requires-python lava-nc==0.10.0"
"""Arguments with which pip installs Lava on a Python newer than 3.10, the only one that Lava's metadata allows."""


class QuantalError(Exception):
    """An error that the user can fix.

    Parameters
    ----------
    what
        The problem, as a sentence without a full stop.
    where
        The place: a file, a population, a projection, an option.
    expected, got
        The expected value and the actual one.
    hint
        The next step.

    The text has at most three lines, so that a command line can print it whole.
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", got: str = "", hint: str = "") -> None:
        self.what, self.where, self.expected, self.got, self.hint = what, where, expected, got, hint
        super().__init__(self.text())

    def text(self) -> str:
        """The message: `where: what`, then `expected …, got …`, then the hint."""
        first = f"{self.where}: {self.what}" if self.where else self.what
        pair = [f"expected {self.expected}"] if self.expected else []
        pair += [f"got {self.got}"] if self.got else []
        return "\n  ".join(line for line in (first, ", ".join(pair), self.hint) if line)


class Refusal(QuantalError):
    """A backend can't run a network exactly; the message says why."""


class MissingPackage(QuantalError, ImportError):
    """An optional package is not installed; the hint is the command that adds it."""


def require(package: str, where: str = "") -> None:
    """Raise `MissingPackage` unless an optional package can be found; it is not imported."""
    if not has(package):
        raise missing_package(package, where)


def has(package: str) -> bool:
    """Whether a package can be found, without importing it."""
    return find_spec(package) is not None


@contextmanager
def optional_packages() -> Generator[None]:
    """Turn the failed import of a package that is not installed into `MissingPackage`."""
    try:
        yield
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        # An installed package may fail for reasons that installing it again does not fix.
        if package not in EXTRA_OF or has(package):
            raise
        raise missing_package(package) from error


def missing_package(package: str, where: str = "") -> MissingPackage:
    """The error for a package that is not installed; a package that a plug-in needs belongs to no extra."""
    if package not in EXTRA_OF:
        hint = f"{python()} -m pip install {package}"
        return MissingPackage(f"the package {package} is not installed", where=where, hint=hint)
    extra = EXTRA_OF[package]
    expected = f'the extra "{extra}", for {EXTRAS[extra][0]}'
    return MissingPackage(
        f"the package {package} is not installed", where=where, expected=expected, hint=install_command(extra)
    )


def install_command(extra: str) -> str:
    """The shell command that installs an extra in this environment."""
    pip = f"{python()} -m pip install"
    first = [] if has_pip() else [f"{python()} -m ensurepip"]
    lava = [f"{pip} {LAVA_PIP_ARGUMENTS}"] if extra == "lava" and sys.version_info >= (3, 11) else []
    return " && ".join([*first, f'{pip} "quantal[{extra}]"', *lava])


def has_pip() -> bool:
    """Whether this environment has pip; environments made by uv have none.

    Import hooks are bypassed, because that of setuptools takes this lookup for the start of pip and unloads distutils,
    with which Brian2 compiles.
    """
    return PathFinder.find_spec("pip") is not None


def python() -> str:
    """The command that starts this interpreter in a shell."""
    return "python" if shutil.which("python") == sys.executable else shlex.quote(sys.executable)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that suggests the known word closest to a mistyped one; empty if none is close."""
    nearest = get_close_matches(word, [*known], n=1)
    return f"did you mean {nearest[0]}?" if nearest else ""


def type_of(value: object) -> str:
    """The type of a value with its indefinite article, as an error names it: `a Graph`, `an int`."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
