"""Registries: lookup, errors, and entries of other packages."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path
from types import SimpleNamespace

import pytest

from quantal.neuro import registry
from quantal.neuro.errors import QuantalError
from quantal.neuro.registry import Plugins, Registry

PLUGIN = "pluginoftests"


def test_things_come_in_the_order_in_which_they_were_registered() -> None:
    made: Registry[int] = Registry("number", {"two": 2, "one": 1})
    made.register("zero", 0)
    assert [*made] == ["two", "one", "zero"]
    assert made.items() == [("two", 2), ("one", 1), ("zero", 0)]
    assert made.values() == [2, 1, 0]
    assert len(made) == 3
    assert "one" in made
    assert "three" not in made


def test_a_place_is_imported_on_first_use() -> None:
    made: Registry[type] = Registry("class", {"there": "decimal:Decimal", "absent": "no_such_module:Thing"})
    assert [*made] == ["there", "absent"]
    made.check("absent")
    assert made["there"].__name__ == "Decimal"
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        made["absent"]


def test_the_error_for_an_unknown_name_lists_all_names_and_suggests_the_closest() -> None:
    made: Registry[int] = Registry("circuit", {"lateral-competition": 1, "predictive-coding": 2})
    with pytest.raises(QuantalError) as caught:
        made["predictive-codng"]
    assert str(caught.value) == (
        "no such circuit\n  expected one of lateral-competition, predictive-coding, got predictive-codng\n"
        "  did you mean predictive-coding?"
    )
    with pytest.raises(QuantalError) as caught:
        made["x"]
    assert "did you mean" not in str(caught.value)


def test_a_name_can_be_registered_only_once() -> None:
    made: Registry[int] = Registry("number", {"one": 1})
    with pytest.raises(QuantalError) as caught:
        made.register("one", 2)
    assert str(caught.value) == (
        "registering 2: duplicate number name 'one'\n  expected a name that is not taken, got 'one', which is 1"
    )
    assert made["one"] == 1


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module that an installed distribution names as a plug-in; the plug-ins of this process are loaded again."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "PLUGINS", Plugins())

    def install(text: str, value: str = PLUGIN) -> None:
        (tmp_path / f"{PLUGIN}.py").write_text(text)
        info = tmp_path / f"{PLUGIN}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PLUGIN}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[quantal.plugins]\nmine = {value}\n")
        assert PathDistribution(info).version == "1.5"

    yield install
    sys.modules.pop(PLUGIN, None)


MODULE = "calls = []\ndef register():\n    calls.append(1)\n"


def test_a_plug_in_that_is_a_function_is_called_once(plugin) -> None:
    plugin(MODULE, f"{PLUGIN}:register")
    made: Registry[int] = Registry("number")
    made.register("one", 1)
    assert PLUGIN not in sys.modules
    assert [*made], [*made] == (["one"], ["one"])
    assert sys.modules[PLUGIN].calls == [1]


def test_a_plug_in_that_is_a_module_is_imported(plugin) -> None:
    plugin(MODULE)
    assert "one" not in Registry[int]("number")
    assert sys.modules[PLUGIN].calls == []


def test_a_plug_in_may_read_a_registry_while_it_is_loaded(plugin) -> None:
    plugin("from quantal.neuro.registry import Registry\nnames = [*Registry('number', {'one': 1})]\n")
    assert Registry[int]("number", {"two": 2})["two"] == 2
    assert sys.modules[PLUGIN].names == ["one"]


def test_a_plug_in_that_fails_is_named_with_its_distribution_every_time(plugin) -> None:
    plugin(f"{MODULE}    raise OSError('no such\\n disk')", f"{PLUGIN}:register")
    made: Registry[int] = Registry("number", {"one": 1})
    for _ in range(2):
        with pytest.raises(QuantalError) as caught:
            made["one"]
        assert str(caught.value) == (
            f"{PLUGIN}:register: the plug-in 'mine' of {PLUGIN} 1.5 can't be loaded\n"
            f"  got OSError: no such disk\n  update or uninstall {PLUGIN}"
        )
    assert sys.modules[PLUGIN].calls == [1]


def test_a_plug_in_without_metadata_is_named_by_its_place() -> None:
    entry = SimpleNamespace(name="mine", value="somewhere", dist=None, load=lambda: 1 / 0)
    with pytest.raises(QuantalError, match=r"^somewhere: the plug-in 'mine' of somewhere can't be loaded\n"):
        registry.load_plugin(entry)


def test_importing_quantal_loads_no_plug_in(plugin) -> None:
    plugin("raise SystemExit('loaded')")
    command = [sys.executable, "-c", "import sys; sys.path[:] = sys.argv[1:]; import quantal, quantal.neuro.registry"]
    assert subprocess.run([*command, *sys.path], check=False).returncode == 0
