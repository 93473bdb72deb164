from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save

from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files
from quantal.training.learn.poisson_vae_checkpoint import (
    PoissonVaeCheckpoint,
    load_poisson_vae_checkpoint,
    save_poisson_vae,
)
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings


@pytest.fixture
def state() -> PoissonVaeCheckpoint:
    torch.manual_seed(0)
    return PoissonVaeCheckpoint(
        recipe="poisson-vae",
        settings=PoissonVaeSettings(latents=3, drift=0.1),
        update=17,
        samples="two by two",
        sample_shape=(2, 2),
        samples_digest="ab" * 32,
        input_scale=1 / 3,
        dictionary=torch.randn(4, 3),
        energy=torch.rand(3),
    )


@pytest.fixture
def path(state: PoissonVaeCheckpoint, tmp_path: Path) -> Path:
    save_poisson_vae(state, tmp_path / "run.safetensors")
    return tmp_path / "run.safetensors"


def test_a_checkpoint_survives_a_round_trip(state: PoissonVaeCheckpoint, path: Path) -> None:
    found = load_poisson_vae_checkpoint(path)
    for name, value in vars(state).items():
        same = torch.equal if isinstance(value, torch.Tensor) else lambda a, b: a == b
        assert same(getattr(found, name), value), name


def test_the_same_state_gives_the_same_bytes(state: PoissonVaeCheckpoint, path: Path, tmp_path: Path) -> None:
    save_poisson_vae(state, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_a_checkpoint_truncated_anywhere_is_an_error(path: Path) -> None:
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(QuantalError, match="not a valid quantal file"):
            load_poisson_vae_checkpoint(path)


def test_a_flipped_byte_anywhere_is_an_error(path: Path) -> None:
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        with pytest.raises(QuantalError):
            load_poisson_vae_checkpoint(path)


def rewrite_header(path: Path, **changes: object) -> None:
    """Rewrite the file with another header, as another version would."""
    with safe_open(str(path), framework="np") as file:
        header = json.loads(file.metadata()[files.HEADER]) | changes
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    path.write_bytes(save(tensors, metadata={files.HEADER: json.dumps(header)}))


def test_a_newer_schema_is_named(path: Path) -> None:
    rewrite_header(path, schema=files.SCHEMA + 1)
    with pytest.raises(QuantalError) as caught:
        load_poisson_vae_checkpoint(path)
    assert str(caught.value) == (
        f"{path}: written by a newer version\n  expected schema {files.SCHEMA} or older, got {files.SCHEMA + 1}\n"
        "  update quantal to read it"
    )


def test_a_network_is_not_a_checkpoint(path: Path) -> None:
    rewrite_header(path, noun="network")
    with pytest.raises(QuantalError) as caught:
        load_poisson_vae_checkpoint(path)
    assert str(caught.value) == f"{path}: another kind of file\n  expected checkpoint, got network"


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuantalError, match=r"none: no such file\n  expected a checkpoint file"):
        load_poisson_vae_checkpoint(tmp_path / "none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"latents": 3, "speed": 9}}, "TypeError: "),
        ({"settings": {"latents": 4}}, "dictionary and energy of shape (4, 3) and (3,)"),
        ({"sample_shape": [2, 3]}, "dictionary and energy of shape (4, 3) and (3,)"),
        ({"sample_shape": None}, "TypeError: "),
        ({"colour": "red"}, "TypeError: "),
    ],
)
def test_an_intact_file_with_a_wrong_body_is_an_error(path: Path, change: dict[str, object], message: str) -> None:
    body, tensors = files.read(path, "checkpoint")
    files.write(path, "checkpoint", body | change, tensors)
    with pytest.raises(QuantalError) as caught:
        load_poisson_vae_checkpoint(path)
    assert f"{path}: not a valid quantal file\n  got {message}" in str(caught.value)


def test_missing_tensors_are_an_error(path: Path) -> None:
    body, tensors = files.read(path, "checkpoint")
    files.write(path, "checkpoint", body, {"energy": tensors["energy"]})
    with pytest.raises(QuantalError, match="KeyError: 'dictionary'"):
        load_poisson_vae_checkpoint(path)


class Trap:
    """Creates a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path("sprung"),)


def test_pickle_is_never_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pt").write_bytes(pickle.dumps(Trap()))
    torch.save({"dictionary": Trap()}, tmp_path / "b.pt")
    for name in ("a.pt", "b.pt"):
        with pytest.raises(QuantalError, match="not a valid quantal file"):
            load_poisson_vae_checkpoint(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_a_failed_write_leaves_the_old_file(
    state: PoissonVaeCheckpoint, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda handle: np.zeros(1)[handle + 1])
    with pytest.raises(IndexError):
        save_poisson_vae(state, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
