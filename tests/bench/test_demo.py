"""The main job on a small data set, end to end."""

from __future__ import annotations

import json
import re
from functools import partial

import pytest

from quantal.bench.experiments.demo import Plan
from quantal.bench.targets.main import demo_targets, speed_targets
from quantal.commands.console import to_json
from quantal.commands.demo import demo_with_report, readable
from quantal.commands.report.pictures import PICTURES
from quantal.neuro.simulate.progress import silent_part
from quantal.training.data.samples import load_samples
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings

SETTINGS = PoissonVaeSettings(latents=12, updates=30, batch=50)


@pytest.fixture(scope="module")
def done(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    plan = Plan(out, data=data, settings=SETTINGS, patches=2, held_out=40, steps=30, last=10)
    return out, demo_with_report(plan)


def test_every_simulator_is_measured_and_equal(done):
    _, result = done
    assert result["equal"] == {"engine": True, "brian2": True, "lava": True, "lava-fused": True}
    for name in ("float", "reference", "engine", "brian2", "lava"):
        assert set(result[name]) == {"r2", "zeros", "distance", "seconds"}
    assert result["lava"]["r2"] == result["reference"]["r2"]


def test_everything_is_on_disk(done):
    out, result = done
    names = {path.name for path in out.iterdir()}
    assert names == {
        "model.safetensors", "lateral-competition.safetensors", "predictive-coding.safetensors",
        "pictures", "report.html", "demo.json",
    }  # fmt: skip
    assert json.loads((out / "demo.json").read_text()) == to_json(result)


def test_the_page_holds_every_picture_and_is_self_contained(done):
    out, _ = done
    page = (out / "report.html").read_text()
    assert {path.stem for path in (out / "pictures").iterdir()} == set(PICTURES)
    assert page.count("data:image/png;base64,") == len(PICTURES)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "http" not in page


def test_the_demo_is_readable(done):
    parts = readable(done[1])
    assert len(parts) == 5
    assert parts[2].startswith("Synapses that stay on the host: ")
    assert parts[2].endswith("0% in predictive-coding")


def test_resuming_reuses_the_trained_model(done, data):
    out, result = done
    plan = Plan(out, True, data, SETTINGS, patches=2, held_out=40, steps=30, last=10, backends=("engine",))
    again = demo_with_report(plan)
    assert again["networks"] == result["networks"]
    assert again["held_out"]["distance"] == result["held_out"]["distance"]


def test_demo_targets(done):
    _, result = done
    targets = {target.name: target for target in demo_targets(result)}
    assert targets["lava-fused equals the reference"].holds
    assert len(targets) == 11


def test_speed_targets(done, data, monkeypatch):
    out, _ = done
    monkeypatch.setattr("quantal.bench.targets.main.load_samples", partial(load_samples, data))
    monkeypatch.setattr("quantal.bench.targets.main.SPEEDS", {20: (5.0, 3), 1: (10.0, 3)})
    monkeypatch.setattr("quantal.bench.targets.main.STEPS", 20)
    assert all(target.value > 0 for target in speed_targets(out, silent_part))
