"""The targets of trained spiking networks: measurements can fail, and records are read."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import norse.torch as snn
import pytest
import torch

from quantal.bench.record import read_record
from quantal.bench.targets import norse
from quantal.bench.targets.norse import (
    CELLS,
    compile_seconds,
    deployment_targets,
    dialect_targets,
    equals_its_graph,
    nir_targets,
)
from quantal.training.export.norse import from_norse


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_equals_its_graph(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(norse, "STEPS", 200)
    assert equals_its_graph(CELLS[name])


def test_a_wrong_threshold_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_another_threshold(model, shape):
        for module in model.modules():
            if isinstance(module, snn.LIFCell):
                module.p = module.p._replace(v_th=torch.as_tensor(1.01))
        return from_norse(model, shape)

    def build():
        return [*norse.dense(), snn.LIFCell(snn.LIFParameters(v_th=torch.as_tensor(1.0)))]

    monkeypatch.setattr(norse, "from_norse", lambda model, shape: with_another_threshold(deepcopy(model), shape))
    monkeypatch.setattr(norse, "STEPS", 200)
    assert not equals_its_graph(build)


def test_without_records_no_target_is_met() -> None:
    targets = [*dialect_targets({}), *deployment_targets({})]
    assert targets
    assert not any(target.holds for target in targets)


def test_the_records_of_this_project_meet_the_targets() -> None:
    assert all(target.holds for target in dialect_targets(read_record("dialects")))


def test_a_small_compilation_takes_time() -> None:
    assert 0 < compile_seconds(20) < 10


def test_files_of_other_tools_survive_a_round_trip() -> None:
    (target,) = nir_targets()
    assert target.holds


def test_without_files_the_target_is_not_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(norse, "NIR_FILES", tmp_path)
    (target,) = nir_targets()
    assert not target.holds
