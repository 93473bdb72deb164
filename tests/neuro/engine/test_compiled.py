"""Machine code on disk: used while all sources it was compiled from are unchanged, and compiled again otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache

from quantal.neuro.engine import compiled, loop, rounding
from quantal.neuro.engine.compiled import import_closure, imported_names, sources_digest

KERNEL = """
from quantal.neuro.engine.compiled import cached, compiled
from {package}.helpers import (
    one,
    half,
)

@compiled("int64(int64)")
def eager(number):
    return half(one(number))

@cached
def lazy(number):
    return one(number) + 10
"""
HELPERS = {
    "__init__.py": "from .inner import one\nfrom . import inner, outer as half_of\nhalf = half_of.half\n",
    "inner.py": "from numba import njit\n@njit\ndef one(number):\n    return number + 1\n",
    "outer.py": "from numba import njit\n@njit\ndef half(number):\n    return number * 1\n",
}
ASK = """
import json
from {package}.kernel import eager, lazy
answers = [eager(5), lazy(5)]
hits = [sum(function.stats.cache_hits.values()) for function in (eager, lazy)]
print(json.dumps([answers, hits]))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with kernels that call helpers from other files, imported in every possible way."""
    folder = tmp_path / "plugin"
    (folder / "helpers").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "kernel.py").write_text(KERNEL.format(package="plugin"))
    for name, text in HELPERS.items():
        (folder / "helpers" / name).write_text(text)
    return folder


def ask(package: Path, **environment: str) -> tuple[list[int], list[int]]:
    """The results of the two kernels in a new process, and how much of their code was loaded from disk."""
    path = os.pathsep.join([str(package.parent), *filter(None, map(os.path.abspath, sys.path))])
    # Python checks its own bytecode by time and size of the source, which these tests do not change.
    environment = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", ASK.format(package=package.name)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers, hits = json.loads(done.stdout)
    return answers, hits


def change(file: Path, old: str, new: str) -> None:
    """Change the text of a file, but neither its size nor its time."""
    before, text = file.stat(), file.read_text()
    assert text.count(old) == 1
    assert len(old) == len(new)
    file.write_text(text.replace(old, new))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (before.st_mtime_ns, before.st_size)


def test_stale_machine_code_is_never_used(package: Path) -> None:
    assert ask(package) == ([6, 16], [0, 0])
    assert ask(package) == ([6, 16], [1, 1])
    change(package / "helpers" / "inner.py", "number + 1", "number + 2")
    change(package / "helpers" / "outer.py", "number * 1", "number * 7")
    assert ask(package) == ([49, 17], [0, 0])


def add(number):
    return number + 1


def test_another_folder_for_machine_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    made = compiled.compiled("int64(int64)")(add)
    assert [file.suffix for file in tmp_path.rglob("test_compiled.add-*.nb?")] in ([".nbi", ".nbc"], [".nbc", ".nbi"])
    assert Path(made.stats.cache_path).is_relative_to(tmp_path)
    assert sum(compiled.compiled("int64(int64)")(add).stats.cache_hits.values()) == 1


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder of this file, nor the user's, nor `NUMBA_CACHE_DIR` can be written to."""
    blocked = tmp_path / "file"
    blocked.touch()
    for locator in CompileResultCacheImpl._locator_classes:
        monkeypatch.setattr(locator, "get_cache_path", lambda self: str(blocked / "folder"))


@pytest.mark.usefixtures("read_only")
def test_without_a_folder_functions_are_compiled_in_memory() -> None:
    with pytest.warns(RuntimeWarning, match=r"no cache folder for machine code is writable.*set NUMBA_CACHE_DIR"):
        made = compiled.compiled("int64(int64)")(add)
    assert made(3) == 4
    assert isinstance(made._cache, NullCache)


def test_a_full_disk_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(FunctionCache, "save_overload", fail)
    assert compiled.compiled("int64(int64)")(add)(3) == 4


def test_numba_has_the_private_interface_that_is_used() -> None:
    """`SourceKeyedFiles` and `cached` rely on these names; a Numba without them would silently use stale code."""
    assert isinstance(njit(add)._cache, NullCache)
    assert FunctionCache._impl_class is CompileResultCacheImpl
    for function in (loop.run_samples, rounding._nearest_integers):
        assert isinstance(function._cache, compiled.SourceKeyedCache)
        digest = sources_digest(function.py_func.__module__)[: compiled.DIGEST_LETTERS]
        assert function._cache._cache_file._index_name.endswith(f"-{digest}.nbi")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b, c as d", {"a.b", "c", "as", "d"}),
        ("from a.b import c", {"a.b", "a.b.c"}),
        ("from a import (  # (a note)\n    b,  # and)\n    c,\n)\nx = d", {"a", "a.b", "a.c"}),
        ("from a import b, \\\n    c", {"a", "a.b", "a.c"}),
        ("from . import a\nfrom ..b import c", {".", ".a", "..b", "..b.c"}),
        ("if x: import a; from b import c; y = 1", {"a", "b", "b.c"}),
        ("    import a\n\tfrom b import *", {"a", "b"}),
        ("important = 1\nfrom_a = 2\nraise X from a", set()),
    ],
)
def test_imported_names(source: str, names: set[str]) -> None:
    assert set(imported_names(source)) == names


def test_relative_names_are_resolved_and_those_outside_the_package_are_skipped() -> None:
    assert [*compiled.absolute_names([".a", "..b", "c", "....d"], "x.y")] == ["x.y.a", "x.b", "c"]


def test_the_import_closure_of_a_kernel_holds_all_that_it_calls() -> None:
    closure = import_closure("quantal.neuro.engine.kernels.convolution", {"quantal"})
    ours = "quantal.neuro.engine"
    assert {f"{ours}.{name}" for name in ("simd", "compiled", "kernels.dense", "kernels.convolution_index")} <= closure
    assert not {f"{ours}.run", f"{ours}.loop", f"{ours}.kernels.neurons.cuba"} & closure


def test_the_digest_changes_with_the_source_of_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources_digest(rounding.__name__)
    assert sources_digest(rounding.__name__) == before
    source_of = compiled.source_of
    monkeypatch.setattr(compiled, "source_of", lambda name: source_of(name) + b"#" * name.endswith("arithmetic"))
    assert sources_digest(rounding.__name__) != before
