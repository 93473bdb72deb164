"""Compiled functions whose machine code on disk can't outlive the source that it was made from.

Numba keeps machine code in a folder beside a function's file, and compares that one file with what it was when the code
was made. Kernels call helpers of other files, so here the names of the files on disk contain a digest of every source
file of ours that the function's module imports, directly or not: code made from other sources is never found, and two
processes with different sources never write to the same file.

Two names are no part of Numba's public interface: `CompileResultCacheImpl.get_filename_base`, which names the files,
and `Dispatcher._cache`, which reads and writes them.
"""

from __future__ import annotations

import hashlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache

DIGEST_LETTERS = 16
COMMENT = re.compile(r"#[^\n]*")
IMPORT = re.compile(
    r"""(?:^|[;:])[ \t]*(?:
        from[ \t]+(?P<package>[\w.]+)[ \t]+import\b[ \t]*(?P<names>\([^)]*\)|(?:\\\n|[^\n;\\])*)
        | import[ \t]+(?P<modules>(?:\\\n|[^\n;\\])*)
    )""",
    re.MULTILINE | re.VERBOSE,
)


class SourceKeyedFiles(CompileResultCacheImpl):
    """Files of machine code, named after a function and the digest of its sources."""

    def __init__(self, function: Any) -> None:
        self.digest = sources_digest(function.__module__)
        super().__init__(function)

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """The name of a function's files without their ends."""
        return f"{super().get_filename_base(fullname, abiflags)}-{self.digest[:DIGEST_LETTERS]}"


class SourceKeyedCache(FunctionCache):
    """Machine code of one function on disk."""

    _impl_class = SourceKeyedFiles

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write machine code; on a full disk, do without."""
        with suppress(OSError):
            super().save_overload(sig, data)


def compiled(signature: str) -> Callable[[Any], Any]:
    """Compile a function for one signature alone, or take its machine code from disk."""

    def compile_it(function: Any) -> Any:
        made = cached(function)
        made.compile(signature)
        made.disable_compile()
        return made

    return compile_it


def cached(function: Any) -> Any:
    """Compile a function for the types it is called with, when it is called, and keep its machine code on disk."""
    made: Any = njit(nogil=True)(function)
    try:
        made._cache = SourceKeyedCache(function)
    except RuntimeError:
        # This is how Numba says that it may write neither beside the source nor in the user's folder.
        warnings.warn(
            "no folder for machine code can be written to, so the engine is compiled anew in every process; "
            "set NUMBA_CACHE_DIR to one that can",
            RuntimeWarning,
            stacklevel=2,
        )
    return made


def sources_digest(module: str) -> str:
    """SHA-256 of the sources of a module and of all it imports, directly or not, from its own package and from ours."""
    sha = hashlib.sha256()
    for name in sorted(import_closure(module, {module.split(".")[0], __name__.split(".")[0]})):
        sha.update(name.encode() + b"\0" + source_of(name) + b"\0")
    return sha.hexdigest()


def import_closure(module: str, packages: set[str]) -> set[str]:
    """A module and all loaded modules of some packages that it imports, directly or not."""
    closure, left = {module}, [module]
    while left:
        found = imports_of(left.pop())
        new = {name for name in found if name.split(".")[0] in packages and name in sys.modules} - closure
        closure |= new
        left += new
    return closure


@cache
def source_of(module: str) -> bytes:
    """The text of a loaded module, or nothing where it has no file."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file).read_bytes() if file else b""


@cache
def imports_of(module: str) -> frozenset[str]:
    """Absolute names that the source of a loaded module imports."""
    package = getattr(sys.modules.get(module), "__package__", None) or ""
    return frozenset(absolute_names(imported_names(source_of(module).decode(errors="replace")), package))


def absolute_names(names: Iterable[str], package: str) -> Iterator[str]:
    """Names with leading dots resolved against a package; those that lead out of it are left out."""
    for name in names:
        with suppress(ImportError):
            yield resolve_name(name, package)


def imported_names(source: str) -> Iterator[str]:
    """Every name in import statements that may be a module: `a` of `import a`; `a` and `a.b` of `from a import b`."""
    for statement in IMPORT.finditer(COMMENT.sub("", source)):
        package, names, modules = statement.group("package", "names", "modules")
        if modules is not None:
            yield from re.findall(r"[\w.]+", modules)
            continue
        prefix = package if package.endswith(".") else f"{package}."
        yield package
        yield from (prefix + name for name in re.findall(r"\w+", names))
