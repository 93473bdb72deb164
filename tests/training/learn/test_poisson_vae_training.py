from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantal.neuro.errors import QuantalError
from quantal.training.data.samples import Samples, load_samples
from quantal.training.learn.poisson_vae import fit_poisson_vae, load_poisson_vae
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings
from quantal.training.models.poisson_vae import PoissonVAE, quality

SMALL = PoissonVaeSettings(latents=24, updates=160, batch=150, inference_steps=12)


def hidden_features(seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((20, 36))


def sparse_samples(seed: int = 0) -> Samples:
    """Sparse sums of 20 hidden features."""
    rng, hidden = np.random.default_rng([seed, 1]), hidden_features(seed)
    amounts = rng.exponential(size=(1200, 20)) * (rng.random((1200, 20)) < 0.15)
    rows = (amounts @ hidden + 0.05 * rng.standard_normal((1200, 36))).astype(np.float32)
    return Samples(rows[:1000], rows[1000:], (6, 6), "sums of hidden features")


def same(one: PoissonVAE, other: PoissonVAE) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_training_on_photographs_lowers_the_distance() -> None:
    """60 of the default 1500 updates: from 0.57 to 0.32 for four seeds, with a deviation of 0.002 between draws.

    The first updates don't overshoot: the share explained stays above half of that of the initial dictionary.
    """
    samples, explained = load_samples(), []
    evaluated = samples.held_out[:110]
    before = quality(fit_poisson_vae(samples, PoissonVaeSettings(updates=1)), evaluated, 200).distance
    model = fit_poisson_vae(
        samples, PoissonVaeSettings(updates=60), progress=lambda *reported: explained.append(reported[2]["explained"])
    )
    assert before > 0.5
    assert quality(model, evaluated, 200).distance < 0.36
    assert min(explained) > explained[0] / 2


@pytest.mark.parametrize("seed", range(3))
def test_training_finds_hidden_features(seed: int) -> None:
    """Initially at most two of 20 hidden features lie along a column, after training 16 or more."""
    hidden = hidden_features(seed) / np.linalg.norm(hidden_features(seed), axis=1, keepdims=True)
    for updates, found in [(1, range(3)), (400, range(16, 21))]:
        settings = replace(SMALL, updates=updates, seed=seed)
        columns = fit_poisson_vae(sparse_samples(seed), settings).dictionary.detach() / settings.column_norm
        assert int((hidden @ columns.numpy() > 0.9).any(axis=1).sum()) in found


def test_columns_have_equal_length_and_inputs_unit_energy() -> None:
    samples = sparse_samples()
    model = fit_poisson_vae(samples, replace(SMALL, updates=5, column_norm=0.2))
    assert model.dictionary.detach().norm(dim=0).numpy() == pytest.approx(np.full(24, 0.2), rel=1e-5)
    assert float(np.square(samples.train / model.input_scale.numpy()).mean()) == pytest.approx(1, rel=1e-5)
    assert model.sample_shape == (6, 6)


def test_progress_reports_each_update() -> None:
    reported: list[tuple[int, int, dict[str, float]]] = []
    fit_poisson_vae(sparse_samples(), replace(SMALL, updates=90), progress=lambda *each: reported.append(each))
    assert [each[:2] for each in reported] == [(n, 90) for n in range(1, 91)]
    assert reported[-1][2]["explained"] > reported[0][2]["explained"]


def test_seeds_reproduce_and_differ() -> None:
    first, again, other = (
        fit_poisson_vae(sparse_samples(), replace(SMALL, updates=10, seed=seed)) for seed in (1, 1, 2)
    )
    assert same(first, again)
    assert not same(first, other)


def test_weights_do_not_depend_on_the_number_of_cores() -> None:
    threads, found = torch.get_num_threads(), []
    for cores in (1, 3):
        torch.set_num_threads(cores)
        found.append(fit_poisson_vae(sparse_samples(), replace(SMALL, updates=20)))
    torch.set_num_threads(threads)
    assert same(*found)


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from test_poisson_vae_training import SMALL, fit_poisson_vae, sparse_samples
def kill(done, total, message):
    if done == 137:
        os.kill(os.getpid(), signal.SIGKILL)
fit_poisson_vae(sparse_samples(), SMALL, {checkpoint!r}, progress=kill)
"""


def test_a_killed_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    checkpoint = str(tmp_path / "run.safetensors")
    program = KILLED.format(path=[str(Path(__file__).parent), *sys.path], checkpoint=checkpoint)
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    reported: list[int] = []
    resumed = fit_poisson_vae(
        sparse_samples(), SMALL, checkpoint, resume=True, progress=lambda done, *_: reported.append(done)
    )
    assert reported == list(range(101, 161))
    assert same(resumed, fit_poisson_vae(sparse_samples(), SMALL))
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_finished_run_is_returned_without_training(tmp_path: Path) -> None:
    settings, path = replace(SMALL, updates=7), tmp_path / "run.safetensors"
    model = fit_poisson_vae(sparse_samples(), settings, path)
    reported: list[int] = []
    assert same(
        model,
        fit_poisson_vae(sparse_samples(), settings, path, resume=True, progress=lambda done, *_: reported.append(done)),
    )
    assert reported == []
    assert same(model, load_poisson_vae(path))


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_beginning(tmp_path: Path) -> None:
    settings = replace(SMALL, updates=3)
    assert same(
        fit_poisson_vae(sparse_samples(), settings, tmp_path / "none", resume=True),
        fit_poisson_vae(sparse_samples(), settings),
    )


def test_resuming_needs_a_file() -> None:
    with pytest.raises(QuantalError) as caught:
        fit_poisson_vae(sparse_samples(), SMALL, resume=True)
    assert str(caught.value) == "nothing to resume from\n  expected the checkpoint of an earlier run"


def test_resuming_with_other_settings_names_them(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    fit_poisson_vae(sparse_samples(), replace(SMALL, updates=2), path)
    with pytest.raises(QuantalError) as caught:
        fit_poisson_vae(sparse_samples(), replace(SMALL, updates=2, latents=23, drift=0.5), path, resume=True)
    assert str(caught.value) == (
        f"{path}: the checkpoint belongs to another run\n  expected latents 23, drift 0.5, got latents 24, drift 0.04\n"
        "  train without resuming, or with the settings and samples of the checkpoint"
    )


def test_resuming_with_other_samples_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    fit_poisson_vae(sparse_samples(), replace(SMALL, updates=2), path)
    with pytest.raises(QuantalError, match=r"another run\n  expected samples [0-9a-f]{12}, got samples [0-9a-f]{12}\n"):
        fit_poisson_vae(sparse_samples(seed=1), replace(SMALL, updates=2), path, resume=True)
