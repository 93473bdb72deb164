"""Errors are reported in a few lines, with the right exit code, and as one object with `--json`."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from quantal.commands.cli import INTERNAL_ERROR, INTERRUPTED, USER_ERROR
from quantal.neuro import engine, errors
from quantal.neuro.network.files import load_network, save_network


def write_nan(path, data):
    samples = np.load(data)
    samples[3, 5] = np.nan
    np.save(path, samples)
    return path


def write_narrow(path, data):
    np.save(path, np.load(data)[:, :10])
    return path


def write_truncated(path, data):
    path.write_bytes(data.read_bytes()[:-7])
    return path


def write_nothing(path, data):
    return path


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (write_nothing, "no such file or folder"),
        (write_nan, "not a finite number"),
        (write_narrow, "expected 16 features"),
        (write_truncated, "can't be read"),
    ],
)
def test_bad_samples(invoke, network, data, tmp_path, write, text):
    result = invoke("run", network, "--data", write(tmp_path / "bad.npy", data))
    assert result.code == USER_ERROR
    assert text in result.err
    assert len(result.err.strip().splitlines()) <= 3


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--backend", "nest"), "expected one of reference, engine"),
        (("--steps", "0"), "--steps"),
        (("--samples", "-1"), "--samples"),
        (("--resume",), "--out"),
        (("--backend", "brian2", "--resume", "--out", "trace"), "--backend reference or engine"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_bad_options_of_run(invoke, network, data, options, text):
    result = invoke("run", network, "--data", data, *options)
    assert result.code == USER_ERROR
    assert text in result.err


def test_an_unknown_dialect_lists_the_known_ones(invoke, model, tmp_path):
    result = invoke("compile", model, "--dialect", "pidgin", "--out", tmp_path / "network")
    assert result.code == USER_ERROR
    assert "'pidgin' is not one of 'lava-0.10', 'brian2-loihi-0.5', 'nengo-loihi-1.1'" in result.err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--circuit", "predictive-codin"), "did you mean predictive-coding?"),
        (("--dialect", "lava-0.1"), "did you mean lava-0.10?"),
    ],
)
def test_mistyped_choices_of_compile_get_a_suggestion(invoke, model, options, hint):
    result = invoke("compile", model, *options)
    assert result.code == USER_ERROR
    assert hint in result.err


@pytest.mark.parametrize(
    "options", [("--weight-bits", 9), ("--weight-slices", 3), ("--state-bits", 2), ("--stop-after", "never")]
)
def test_bad_options_of_compile(invoke, model, tmp_path, options):
    result = invoke("compile", model, *options, "--out", tmp_path / "network", "--json")
    assert result.code == USER_ERROR
    assert set(result.value["error"]) == {"what", "where", "expected", "got", "hint"}
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--set", "latents=0"), "latents: setting out of range\n  expected a whole number from 1 to 65536, got 0"),
        (
            ("--set", "latents=many"),
            "latents: setting out of range\n  expected a whole number from 1 to 65536, got many",
        ),
        (("--set", "step=99"), "step: setting out of range\n  expected a number from 0.0001 to 10, got 99.0"),
        (("--set", "latent=3"), "latent: no such setting\n  expected one of latents, updates, batch"),
        (("--set", "latent=3"), "did you mean latents?"),
        (("--set", "latents"), "--set latents: not an assignment\n  expected --set name=value"),
        (("mnist-conv", "--set", "coding=row"), "got row\n  did you mean rows?"),
        (("mnist-cnv",), "no such recipe\n  expected one of poisson-vae, mnist-mlp"),
        (("mnist-cnv",), "did you mean mnist-conv?"),
        (("--latents", 24), "--latents: settings are given with --set\n  expected --set latents=24"),
        (("--shift-pixels=2",), "--shift-pixels: settings are given with --set\n  expected --set shift_pixels=2"),
        (
            ("--recipe", "mnist-conv"),
            "--recipe: a recipe is an argument, not an option\n  expected quantal train mnist-conv",
        ),
        (("--dat", "x"), "--dat: no such option\n  did you mean --data?"),
    ],
)
def test_bad_settings(invoke, data, tmp_path, arguments, text):
    result = invoke("train", *arguments, "--data", data, "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert text in result.err
    assert len(result.err.strip().splitlines()) <= 3
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("latents = 0", "latents: setting out of range"),
        ("latents = true", "expected a whole number from 1 to 65536, got True"),
        ("speed = 9", "speed: no such setting"),
        ("latents 12", "not a settings file\n  expected TOML with lines such as epochs = 5, got "),
    ],
)
def test_bad_settings_files(invoke, data, tmp_path, text, error):
    (tmp_path / "settings.toml").write_text(text)
    result = invoke("train", "--data", data, "--config", tmp_path / "settings.toml", "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert error in result.err


def test_a_missing_settings_file(invoke, data, tmp_path):
    result = invoke("train", "--data", data, "--config", tmp_path / "none.toml", "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert "none.toml: not a settings file" in result.err


def test_a_mistyped_command_gets_a_suggestion(invoke):
    result = invoke("trian")
    assert result.code == USER_ERROR
    assert result.err.startswith("trian: no such command\n  expected one of demo, train")
    assert result.err.strip().endswith("did you mean train?")


def test_an_empty_folder(invoke, tmp_path):
    (tmp_path / "empty").mkdir()
    result = invoke("train", "--data", tmp_path / "empty", "--out", tmp_path / "model")
    assert result.code == USER_ERROR
    assert "the folder is empty" in result.err


@pytest.mark.parametrize("command", ["run", "check", "show"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_network(invoke, network, tmp_path, command, share):
    whole = network.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(share * len(whole))])
    result = invoke(command, tmp_path / "cut", "--json")
    assert result.code == USER_ERROR
    assert result.value["error"]["what"] == "not a valid quantal file"


@pytest.mark.parametrize("command", ["compile", "run", "check", "show"])
def test_a_missing_file(invoke, tmp_path, command):
    result = invoke(command, tmp_path / "absent")
    assert result.code == USER_ERROR
    assert "no such file" in result.err


def test_a_network_is_not_a_model(invoke, network):
    result = invoke("compile", network)
    assert result.code == USER_ERROR
    assert "another kind of file" in result.err


def test_no_photographs_for_a_network_of_rows(invoke, network):
    result = invoke("run", network)
    assert result.code == USER_ERROR
    assert "--data" in result.err


def without(*packages):
    """A `find_spec` that does not find some packages."""
    found = importlib.util.find_spec
    return lambda name: None if name in packages else found(name)


def test_a_missing_backend_that_was_requested(invoke, network, monkeypatch):
    monkeypatch.setattr(errors, "find_spec", without("lava"))
    result = invoke("check", network, "--backends", "engine,lava")
    assert result.code == USER_ERROR
    assert 'pip install "quantal[lava]"' in result.err


def test_a_missing_backend_is_reported_before_samples_are_chosen(invoke, network, monkeypatch):
    """Photographs, which this network would run on, come with packages that may be missing too."""
    monkeypatch.setattr("quantal.commands.check.drive_for", fail)
    monkeypatch.setattr(errors, "find_spec", without("brian2", "sklearn"))
    result = invoke("check", network, "--backends", "brian2")
    assert result.code == USER_ERROR
    assert result.err.startswith("backend brian2: the package brian2 is not installed")
    assert "sklearn" not in result.err


def test_a_missing_backend_that_was_not_requested(invoke, network, monkeypatch):
    monkeypatch.setattr(errors, "find_spec", without("brian2", "lava"))
    result = invoke("check", network, "--steps", 5, "--json")
    assert result.code == 0
    assert result.value["skipped"] == dict.fromkeys(["brian2", "lava", "lava-fused"], "not installed")


@pytest.mark.parametrize("names", ["reference", ",", "engine,nest"])
def test_backends_that_cannot_be_compared(invoke, network, names):
    assert invoke("check", network, "--backends", names).code == USER_ERROR


def test_check_names_the_first_difference(invoke, network, monkeypatch):
    run = engine.run

    def off_by_one(*arguments):
        trace = run(*arguments)
        trace.messages["latent"][3, 1, 2] += 1
        return trace

    monkeypatch.setattr("quantal.neuro.engine.run", off_by_one)
    result = invoke("check", network, "--backends", "engine", "--steps", 10)
    assert result.code == USER_ERROR
    assert "latent.message at step 3, sample 1, unit 2" in result.out
    assert "step 3: input" in result.out
    assert "Traceback" not in result.err


def test_weights_that_would_overflow(invoke, network, tmp_path):
    loaded = load_network(network)
    loud = tuple(replace(projection, exponent=16) for projection in loaded.projections)
    with pytest.raises(Exception, match="can reach"):
        save_network(replace(loaded, projections=loud), tmp_path / "loud")


def fail(*_arguments, **_options):
    raise ZeroDivisionError("one\ntwo\nthree\nfour")


def test_an_internal_error(invoke, network, monkeypatch):
    monkeypatch.setattr("quantal.commands.show.show", fail)
    result = invoke("show", network)
    assert result.code == INTERNAL_ERROR
    assert result.err.startswith("internal error: ZeroDivisionError: one")
    assert len(result.err.strip().splitlines()) <= 3
    assert "Traceback" in invoke("show", network, "--debug").err
    assert "internal error" in invoke("show", network, "--json").value["error"]["what"]


def test_ctrl_c(invoke, network, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("quantal.commands.show.show", interrupt)
    assert invoke("show", network).code == INTERRUPTED


def test_a_full_disk(invoke, network, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "picture.png")

    monkeypatch.setattr("quantal.commands.show.show", full)
    result = invoke("show", network)
    assert result.code == USER_ERROR
    assert "picture.png: No space left on device" in result.err


def test_a_model_cannot_be_written_to_a_folder(invoke, data, tmp_path):
    result = invoke("train", "--data", data, "--out", tmp_path)
    assert result.code == USER_ERROR
    assert "is a folder" in result.err


def test_brian2_without_a_compiler(network, data):
    command = [sys.executable, "-m", "quantal", "check", network, "--data", data, "--backends", "brian2"]
    environment = {**os.environ, "CC": "absent-compiler", "CXX": "absent-compiler", "PATH": ""}
    done = subprocess.run([*map(str, command), "--steps", "5", "--samples", "2"], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
