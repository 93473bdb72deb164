"""Compiled functions whose machine code on disk belongs to the source that it was made from, all of it.

Numba keeps machine code beside a function's file, and looks at that file alone to see whether it still holds. Kernels
call helpers of other files, so what is looked at here is every file of ours that the function's module imports, and
all that those import.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+\(?([\w, \t]*)|import\s+([\w.]+))", re.MULTILINE)


class SourceKeyedCache(FunctionCache):
    """Machine code on disk that is taken only where the digest of its sources is the same."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        # Numba compares this stamp, by default that of one file, before it takes anything from the index.
        stamped: Any = self._cache_file
        stamped._source_stamp = sources_digest(function.__module__)


def compiled(signature: str) -> Callable[[Any], Any]:
    """Compile a function for these types alone, or take it from disk."""

    def compile_it(function: Any) -> Any:
        made = cached(function)
        made.compile(signature)
        made.disable_compile()
        return made

    return compile_it


def cached(function: Any) -> Any:
    """A function that is compiled for the types that it is called with, and then kept on disk."""
    made: Any = njit(nogil=True)(function)
    made._cache = SourceKeyedCache(function)
    return made


def sources_digest(module: str) -> str:
    """SHA-256 of the sources of a module and of all that it imports from its package and from ours, directly or not."""
    own = {module.split(".")[0], __name__.split(".")[0]}
    sha, left, seen = hashlib.sha256(), [module], {module}
    while left:
        source = source_of(left.pop())
        sha.update(source.encode())
        found = sorted(name for name in imported(source) if name.split(".")[0] in own and name in sys.modules)
        left += [name for name in found if name not in seen]
        seen.update(found)
    return sha.hexdigest()


def source_of(module: str) -> str:
    """The text of a loaded module; nothing where it has no file."""
    file = getattr(sys.modules[module], "__file__", None)
    return Path(file).read_text("utf-8") if file else ""


def imported(source: str) -> Iterator[str]:
    """Names in a text that may be modules: after `import`, after `from`, and the two together."""
    for package, names, whole in IMPORT.findall(source):
        yield whole or package
        yield from (f"{package}.{name}" for name in re.findall(r"\w+", names))
