"""The wheel and the editable install of a clone, built once, and an environment with each."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.installed import Environment, build, copy_source, install


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository that may be built in."""
    copy = tmp_path_factory.mktemp("source") / "quantal"
    copy_source(copy)
    return copy


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return build("build_wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def wheel_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment in which the wheel is installed."""
    return install(wheel, tmp_path_factory.mktemp("with-wheel"))


@pytest.fixture(scope="session")
def editable_environment(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment in which the source is installed as editable."""
    built = build("build_editable", source, tmp_path_factory.mktemp("editable"))
    return install(built, tmp_path_factory.mktemp("with-editable"))


@pytest.fixture(params=["wheel", "editable"])
def environment(request: pytest.FixtureRequest) -> Environment:
    """An environment with each kind of install in turn."""
    return request.getfixturevalue(f"{request.param}_environment")
