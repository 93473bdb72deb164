"""Every command on a small data set: its output, its files and its exit code."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pytest

from quantal.commands import COMMANDS
from quantal.hardware.backends import BACKENDS
from quantal.neuro.dialects import DIALECTS
from quantal.neuro.network.files import load_network, load_trace
from quantal.neuro.network.graph_files import load_graph
from quantal.neuro.network.text import text
from quantal.training.recipes.registry import RECIPES

PNG = b"\x89PNG"


def test_summaries_are_listed_in_order(invoke):
    out = invoke("--help").out
    places = [out.index(f"  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(invoke, name):
    result = invoke(name, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert "--debug" in result.out


def test_train_reports_the_quality_of_the_model(invoke, data, small, tmp_path):
    value = invoke("train", "--data", data, *small, "--out", tmp_path / "model", "--json").value
    assert value["samples"] == {"source": "samples.npy", "train": 320, "held_out": 80}
    assert value["settings"]["latents"] == 12
    assert value["distance"] == pytest.approx(np.hypot(1 - value["r2"], 1 - value["zeros"]))


def test_train_takes_settings_from_a_file_and_from_the_command_line(invoke, data, tmp_path):
    (tmp_path / "settings.toml").write_text("latents = 9\nupdates = 2\nbatch = 10\nstep = 1\n")
    train = ("train", "--data", data, "--config", tmp_path / "settings.toml", "--set", "latents=7", "--json")
    settings = invoke(*train, "--out", tmp_path / "model").value["settings"]
    assert (settings["latents"], settings["updates"], settings["step"], settings["drift"]) == (7, 2, 1, 0.04)


def test_train_help_lists_the_recipes(invoke):
    out = invoke("train", "--help").out
    assert all(f"  {name} " in out for name in RECIPES)
    assert "latents" not in out


def test_help_of_a_recipe_shows_its_own_settings(invoke):
    out = invoke("train", "mnist-conv", "--help").out
    assert "epochs=10 " in out
    assert "[1 to 100000]" in out
    assert "latents" not in out
    assert "drift=0.04 " in invoke("train", "--help", "poisson-vae").out


def test_the_version_is_that_of_the_distribution(invoke):
    result = invoke("--version")
    assert result.code == 0
    assert result.out == f"quantal {version('quantal')}\n"


def test_resuming_a_finished_run_changes_nothing(invoke, data, small, model, tmp_path):
    copy = tmp_path / "model.safetensors"
    copy.write_bytes(model.read_bytes())
    assert invoke("train", "--data", data, *small, "--out", copy, "--resume").code == 0
    assert copy.read_bytes() == model.read_bytes()


@pytest.mark.parametrize("circuit", ["lateral-competition", "predictive-coding"])
def test_compile_writes_a_network_and_reports_each_pass(invoke, model, tmp_path, circuit):
    out = tmp_path / "network.safetensors"
    value = invoke("compile", model, "--circuit", circuit, "--weight-bits", 6, "--out", out, "--json").value
    assert {note["pass_name"] for note in value["notes"]} == {"inputs", "scales", "lower", "prove"}
    assert load_network(out).provenance["model"] == model.name


def test_compile_uses_the_first_circuit_for_the_model(invoke, model, tmp_path):
    value = invoke("compile", model, "--out", tmp_path / "network.safetensors", "--json").value
    assert value["circuit"] == "lateral-competition"


def test_a_model_without_a_circuit_is_refused(invoke, model, tmp_path, monkeypatch):
    monkeypatch.setattr("quantal.training.export.graph_of_file.circuits_for", lambda parameters: {})
    result = invoke("compile", model, "--out", tmp_path / "network.safetensors")
    assert (result.code, result.err) == (
        2,
        f"{model}: no circuit can be built from this model\n  expected a circuit for PoissonVae\n"
        "  register one with register_circuit\n",
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_compile_follows_a_dialect_and_show_names_it(invoke, model, tmp_path, dialect):
    out = tmp_path / "network.safetensors"
    value = invoke("compile", model, "--dialect", dialect, "--out", out, "--json").value
    assert value["options"]["dialect"] == load_network(out).dialect == dialect
    assert all(
        f"of {DIALECTS[dialect].sum_bits} bits)" in n["text"] for n in value["notes"] if n["pass_name"] == "prove"
    )
    assert invoke("show", out, "--json").value["dialect"] == dialect


def test_compile_follows_lava_by_default(network):
    assert load_network(network).dialect == "lava-0.10"


def test_compile_stops_after_any_pass_and_resumes_from_there(invoke, model, tmp_path):
    half, whole, direct = (tmp_path / f"{name}.safetensors" for name in ("half", "whole", "direct"))
    sliced = ("--weight-slices", 2)
    result = invoke("compile", model, *sliced, "--stop-after", "slices", "--out", half)
    assert result.code == 0
    assert "(graph, after slices)" in result.out
    assert "half.safetensors" in result.out
    invoke("compile", half, "--out", whole)
    invoke("compile", model, *sliced, "--out", direct)
    assert text(load_network(whole)) == text(load_network(direct))


def test_compile_prints_what_a_pass_made(invoke, model, tmp_path):
    out = tmp_path / "network.safetensors"
    options = ("compile", model, "--print-after", "scales", "--print-after", "prove", "--out", out)
    result = invoke(*options)
    assert result.code == 0
    printed = invoke(*options, "--json").value["printed"]
    assert [*printed] == ["scales", "prove"]
    assert printed["scales"].startswith("Graph poisson-vae-lateral-competition: ")
    assert printed["prove"] == text(load_network(out))
    for line in printed["prove"].splitlines():
        assert line in result.out


@pytest.mark.parametrize("stop", ["scales", "prove"])
def test_show_prints_graphs_and_networks_as_text(invoke, model, tmp_path, stop):
    out = tmp_path / "made.safetensors"
    invoke("compile", model, "--stop-after", stop, "--out", out)
    written = invoke("show", out, "--text", "--json").value["text"]
    assert written.splitlines()[0].startswith({"scales": "Graph ", "prove": "CountNetwork "}[stop])
    assert "PoissonCount(" in written
    assert written in invoke("show", out, "--text").out


def test_a_model_has_no_text_form(invoke, model):
    result = invoke("show", model, "--text")
    assert result.code == 2
    assert "has no text form\n  expected network or graph, got checkpoint" in result.err


@pytest.mark.parametrize("backend", ["engine", "reference"])
def test_run_measures_and_writes_a_trace(invoke, network, data, tmp_path, backend):
    out = tmp_path / "trace.safetensors"
    options = ("--data", data, "--backend", backend, "--steps", 25, "--samples", 5, "--every", 10, "--out", out)
    value = invoke("run", network, *options, "--json").value
    assert len(value["by_step"]["r2"]) == 25
    assert value["zeros"] == pytest.approx(np.mean(value["by_step"]["zeros"][-5:]))
    assert load_trace(out).messages["latent"].shape == (25, 5, 12)
    assert [*tmp_path.iterdir()] == [out]


def test_run_without_output_gives_the_same_result(invoke, network, data, tmp_path):
    options = (network, "--data", data, "--steps", 25, "--samples", 5, "--json")
    with_output = invoke("run", *options, "--every", 7, "--out", tmp_path / "trace").value
    assert invoke("run", *options).value["by_step"] == with_output["by_step"]


def test_run_prints_a_table(invoke, network, data):
    out = invoke("run", network, "--data", data, "--steps", 20).out
    assert "share of zeros" in out
    assert "400 samples (samples of samples.npy)" in out
    out = invoke("run", network, "--data", data, "--steps", 20, "--split", "held-out").out
    assert "80 samples (held-out samples of samples.npy)" in out


def test_check_finds_every_backend_equal(invoke, network, data):
    names = [name for name in BACKENDS if name != "reference"]
    result = invoke("check", network, "--data", data, "--steps", 12, "--samples", 2, "--json")
    assert result.code == 0
    assert result.value["equal"] == dict.fromkeys(names, True)
    assert result.value["skipped"] == {}


def test_check_without_data_uses_and_reports_random_drive(invoke, network):
    result = invoke("check", network, "--backends", "engine", "--steps", 30)
    assert result.code == 0
    assert "random drive" in result.out


@pytest.mark.parametrize(("noun", "fact"), [("network", "latent->latent"), ("model", "poisson-vae")])
def test_show_lists_the_contents_of_a_file_and_draws_them(invoke, request, tmp_path, noun, fact):
    picture = tmp_path / "picture.png"
    result = invoke("show", request.getfixturevalue(noun), "--picture", picture)
    assert result.code == 0
    assert fact in result.out
    assert picture.read_bytes().startswith(PNG)


def test_show_lists_what_is_in_a_graph(invoke, model, tmp_path):
    out = tmp_path / "graph.safetensors"
    invoke("compile", model, "--stop-after", "scales", "--out", out)
    value = invoke("show", out, "--json").value
    assert value["noun"] == "graph"
    assert [row["name"] for row in value["populations"]] == ["latent"]
    assert value["populations"][0]["emission"] == "FloatPoissonCount"
    weight = load_graph(out).projections[0].weight.values()
    shown = value["projections"][0]
    assert (shown["smallest"], shown["largest"]) == (weight.min(), weight.max())
    assert "latent->latent" in invoke("show", out).out


def test_show_names_the_lava_process_of_each_part(invoke, network):
    rows = {row["part"]: row for row in invoke("show", network, "--json").value["lava"]}
    assert rows["population latent"]["process"] == "PopulationProcess"
    assert {row["process"] for part, row in rows.items() if part.startswith("projection")} == {"Dense"}


def test_show_a_trace(invoke, network, data, tmp_path):
    trace, picture = tmp_path / "trace.safetensors", tmp_path / "trace.png"
    invoke("run", network, "--data", data, "--steps", 9, "--samples", 3, "--out", trace)
    value = invoke("show", trace, "--picture", picture, "--json").value
    assert value["recorded"][0]["shape"] == [9, 3, 12]
    assert picture.read_bytes().startswith(PNG)


def test_info_runs_every_backend(invoke):
    value = invoke("info", "--json").value
    assert value["backends"] == {name: "works" for name in BACKENDS if name != "reference"}
    assert value["versions"]["numpy"] == np.__version__


def test_run_reads_an_archive(invoke, network, data, tmp_path):
    np.savez(tmp_path / "samples.npz", x=np.load(data), labels=np.zeros(400))
    assert invoke("run", network, "--data", tmp_path / "samples.npz", "--steps", 5).code == 0


def test_photographs_are_the_samples_of_a_network_of_patches(invoke, tmp_path):
    model, network = tmp_path / "model.safetensors", tmp_path / "network.safetensors"
    train = (
        "train",
        "--patch-side",
        8,
        "--set",
        "latents=20",
        "--set",
        "updates=3",
        "--set",
        "batch=20",
        "--out",
        model,
    )
    assert invoke(*train).code == 0
    assert invoke("compile", model, "--out", network).code == 0
    value = invoke("run", network, "--steps", 5, "--samples", 4, "--json").value
    assert "photographs" in value["source"]
    assert value["samples"] == 4


def test_a_folder_of_images(invoke, tmp_path):
    from quantal.training.data import photographs

    folder, model = tmp_path / "images", tmp_path / "model.safetensors"
    folder.mkdir()
    for image in sorted(photographs.FOLDER.glob("*.png"))[:3]:
        (folder / image.name).symlink_to(image)
    train = (
        "train",
        "--patch-side",
        8,
        "--set",
        "latents=20",
        "--set",
        "updates=2",
        "--set",
        "batch=20",
        "--out",
        model,
    )
    value = invoke(*train, "--data", folder, "--json").value
    assert value["samples"]["held_out"] > 100
