"""The text of an error, three lines at most, and the error for a package that is not installed."""

from __future__ import annotations

import shutil
import sys

import pytest

from quantal.neuro import errors
from quantal.neuro.errors import (
    MissingPackage,
    QuantalError,
    install_command,
    missing_package,
    optional_packages,
    require,
    type_of,
)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({}, "broken"),
        ({"where": "here"}, "here: broken"),
        ({"expected": "1"}, "broken\n  expected 1"),
        ({"got": "2"}, "broken\n  got 2"),
        (
            {"where": "here", "expected": "1", "got": "2", "hint": "fix it"},
            "here: broken\n  expected 1, got 2\n  fix it",
        ),
    ],
)
def test_text(parts: dict[str, str], text: str):
    assert str(QuantalError("broken", **parts)) == text


@pytest.fixture
def plain_python(monkeypatch: pytest.MonkeyPatch):
    """A shell whose `python` is this interpreter, with pip but no optional packages."""
    monkeypatch.setattr(shutil, "which", lambda name: sys.executable)
    monkeypatch.setattr(errors, "has", lambda package: False)
    monkeypatch.setattr(errors, "has_pip", lambda: True)


@pytest.mark.usefixtures("plain_python")
def test_a_missing_package_is_named_with_the_command_that_adds_it():
    with pytest.raises(MissingPackage) as raised:
        require("brian2", "backend brian2")
    assert str(raised.value) == (
        "backend brian2: the package brian2 is not installed\n"
        '  expected the extra "brian2", for the backend brian2\n'
        '  python -m pip install "quantal[brian2]"'
    )


@pytest.mark.usefixtures("plain_python")
def test_a_failed_import_of_a_missing_package_is_the_same_error():
    with pytest.raises(MissingPackage, match=r"torch is not installed\n.*\n.*quantal\[train\]"), optional_packages():
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")


@pytest.mark.parametrize("package", ["numpy", "a_module_of_the_user"])
def test_other_failed_imports_are_not_changed(package: str):
    with pytest.raises(ModuleNotFoundError) as raised, optional_packages():
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    assert not isinstance(raised.value, QuantalError)


def test_an_installed_but_broken_package_is_not_reported_as_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(errors, "has", lambda package: True)
    with pytest.raises(ImportError, match="undefined symbol"), optional_packages():
        raise ImportError("undefined symbol", name="torch")


@pytest.mark.usefixtures("plain_python")
@pytest.mark.parametrize(("version", "commands"), [((3, 10), 1), ((3, 11), 2), ((3, 13), 2)])
def test_lava_has_a_separate_command_where_pip_cannot_resolve_it(monkeypatch, version, commands):
    monkeypatch.setattr(sys, "version_info", version)
    parts = install_command("lava").split(" && ")
    assert parts[0] == 'python -m pip install "quantal[lava]"'
    assert parts[1:] == ["python -m pip install --no-deps --ignore-requires-python lava-nc==0.10.0"][: commands - 1]


def test_an_environment_without_pip_installs_it_first(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/with a space/python")
    monkeypatch.setattr(errors, "has_pip", lambda: False)
    assert install_command("nir") == (
        "'/with a space/python' -m ensurepip && '/with a space/python' -m pip install \"quantal[nir]\""
    )


def test_a_missing_package_is_an_import_error_too():
    assert isinstance(missing_package("nir"), ImportError)


def test_asking_for_the_command_leaves_distutils_in_place():
    """Without distutils, which setuptools unloads when pip is looked up, Brian2 could not compile in this process."""
    import setuptools  # noqa: F401 # brings distutils, also where Python has none

    loaded = {name for name in sys.modules if name.partition(".")[0] == "distutils"}
    assert loaded
    assert install_command("brian2")
    assert loaded <= sys.modules.keys()


@pytest.mark.parametrize(("value", "text"), [(1, "an int"), ("", "a str"), (OSError(), "an OSError")])
def test_a_type_has_the_right_article(value: object, text: str):
    assert type_of(value) == text
