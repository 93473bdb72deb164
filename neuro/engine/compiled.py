"""Compile functions, and cache their machine code on disk under a digest of all sources that it was compiled from.

Numba caches machine code in a folder beside a function's source file, and only checks whether that one file has
changed. Kernels call helpers from other files, so here the names of cache files contain a digest of every source file
of this package that the function's module imports, directly or indirectly: code compiled from other sources is never
found, and two processes with different sources never write to the same file.

Two names are not part of Numba's public interface: `CompileResultCacheImpl.get_filename_base`, which names the files,
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
    """Cache files, named after a function and the digest of its sources."""

    def __init__(self, function: Any) -> None:
        self.digest = sources_digest(function.__module__)
        super().__init__(function)

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """The name of a function's cache files, without suffixes."""
        return f"{super().get_filename_base(fullname, abiflags)}-{self.digest[:DIGEST_LETTERS]}"


class SourceKeyedCache(FunctionCache):
    """The cache of one function."""

    _impl_class = SourceKeyedFiles

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write machine code; if it can't be written, as on a full disk, carry on without."""
        with suppress(OSError):
            super().save_overload(sig, data)


def compiled(signature: Any) -> Callable[[Any], Any]:
    """Compile a function for exactly one signature, or load its machine code from disk."""

    def compile_function(function: Any) -> Any:
        dispatcher = cached(function)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return dispatcher

    return compile_function


def cached(function: Any) -> Any:
    """Compile a function on its first call with each set of types, and cache its machine code on disk."""
    dispatcher: Any = njit(nogil=True)(function)
    try:
        dispatcher._cache = SourceKeyedCache(function)
    except RuntimeError:
        # Numba raises this if it can write neither beside the source nor in the user's cache folder.
        warnings.warn(
            "no cache folder for machine code is writable, so the engine is compiled again in every process; "
            "set NUMBA_CACHE_DIR to a writable folder",
            RuntimeWarning,
            stacklevel=2,
        )
    return dispatcher


def sources_digest(module: str) -> str:
    """SHA-256 of the sources of a module and of all that it imports, directly or not, from its package and ours."""
    sha = hashlib.sha256()
    for name in sorted(import_closure(module, {module.split(".")[0], __name__.split(".")[0]})):
        sha.update(name.encode() + b"\0" + source_of(name) + b"\0")
    return sha.hexdigest()


def import_closure(module: str, packages: set[str]) -> set[str]:
    """A module and all loaded modules of `packages` that it imports, directly or indirectly."""
    closure, pending = {module}, [module]
    while pending:
        found = imports_of(pending.pop())
        new = {name for name in found if name.split(".")[0] in packages and name in sys.modules} - closure
        closure |= new
        pending += new
    return closure


@cache
def source_of(module: str) -> bytes:
    """The source of a loaded module; empty if it has no file."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file).read_bytes() if file else b""


@cache
def imports_of(module: str) -> frozenset[str]:
    """Absolute names that the source of a loaded module imports."""
    package = getattr(sys.modules.get(module), "__package__", None) or ""
    return frozenset(absolute_names(imported_names(source_of(module).decode(errors="replace")), package))


def absolute_names(names: Iterable[str], package: str) -> Iterator[str]:
    """Resolve names with leading dots against a package; skip those that lead outside it."""
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
