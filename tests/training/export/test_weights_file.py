from __future__ import annotations

import pickle
from pathlib import Path

import norse.torch as snn
import pytest
import torch
from torch import nn

from quantal.neuro.errors import QuantalError
from quantal.training.export.weights import load_weights


def model() -> nn.Module:
    return snn.SequentialState(nn.Linear(3, 2), snn.LIFRecurrentCell(2, 2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(model().state_dict(), tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def error_of(into: nn.Module, path: Path) -> str:
    before = {name: value.clone() for name, value in into.state_dict().items()}
    with pytest.raises(QuantalError) as caught:
        load_weights(into, path)
    assert all(torch.equal(before[name], value) for name, value in into.state_dict().items())
    return str(caught.value)


def test_weights_are_loaded(path: Path):
    into, expected = model(), torch.load(path, weights_only=True)
    load_weights(into, path)
    assert {*into.state_dict()} == {"0.weight", "0.bias", "1.input_weights", "1.recurrent_weights"}
    assert all(torch.equal(expected[name], value) for name, value in into.state_dict().items())


def test_a_missing_file(tmp_path: Path):
    assert error_of(model(), tmp_path / "none.pt") == f"{tmp_path}/none.pt: no such file\n  expected a weights file"


class Trap:
    """Creates a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path("sprung"),)


def test_pickle_is_never_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pt").write_bytes(pickle.dumps(Trap()))
    torch.save({"0.weight": Trap()}, tmp_path / "b.pt")
    torch.save(nn.Linear(3, 2), tmp_path / "c.pt")
    for name in ("a.pt", "b.pt", "c.pt"):
        text = error_of(model(), tmp_path / name)
        assert text.startswith(f"{tmp_path / name}: not a weights file\n  expected tensors by name, got ")
        assert text.endswith("torch.save(model.state_dict(), path); a whole pickled model is never opened")
    assert not (tmp_path / "sprung").exists()


def test_truncated_files(path: Path):
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        assert "not a weights file" in error_of(model(), path)


@pytest.mark.parametrize("other", [[1, 2], {"0.weight": 3}, torch.zeros(3)])
def test_files_of_other_objects(other: object, tmp_path: Path):
    torch.save(other, tmp_path / "other.pt")
    assert "that holds more than tensors" in error_of(model(), tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (
            nn.Sequential(nn.Linear(3, 2)),
            "1.input_weights is only in the model\n  expected 0.weight, 0.bias, 1.input",
        ),
        (snn.SequentialState(*model(), nn.Linear(2, 1)), "2.weight is only in the file"),
        (
            snn.SequentialState(nn.Linear(4, 2), snn.LIFRecurrentCell(2, 2)),
            "0.weight has a different shape in the model\n  expected (2, 3), got (2, 4)",
        ),
    ],
)
def test_weights_of_another_model(other: nn.Module, text: str, tmp_path: Path):
    torch.save(other.state_dict(), tmp_path / "other.pt")
    assert text in error_of(model(), tmp_path / "other.pt")
