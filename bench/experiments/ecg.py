"""How well a recurrent classifier distinguishes wide heartbeats from narrow ones, in floating point and in integers.

    for seed in 0 1 2 3 4
    do quantal train ecg-beats --data ecg208.npz --set seed=$seed --out ecg-beats-$seed.safetensors
    done
    python -m quantal.bench.experiments.ecg ecg208.npz bench/results/ecg.json ecg-beats-*.safetensors

writes the number of beats and how their classes were defined, and for each model the accuracy on the beats set aside
for validation and on those held out, which come last in the recording: of the model in Norse and of the integer
network. The labels follow a rule about width, not a cardiologist, so this shows how well a network learns that rule
on one recording of one person, and says nothing about arrhythmia in others.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quantal.bench.record import command_line, write_record
from quantal.neuro import engine
from quantal.neuro.compare.traces import compare
from quantal.neuro.network.inputs import host_share
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.training.data import heartbeats
from quantal.training.data.digits import LabelledImages
from quantal.training.data.heartbeats import load_heartbeats
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.classifier_checkpoint import load_classifier_checkpoint
from quantal.training.learn.deployment import Deployment, accuracy, deploy, samples_of
from quantal.training.models.spiking_classifier import evaluate_classifier

LABELS = (
    f"a beat is a peak above {heartbeats.MIN_PEAK_MV} mV of the signal between {heartbeats.BAND_HZ[0]} and "
    f"{heartbeats.BAND_HZ[1]} Hz; class 1, wide, where it stays above half its peak for over "
    f"{1000 * heartbeats.WIDE_S:g} ms. A rule of this project, not a cardiologist's notes"
)


def beats(images: LabelledImages) -> dict[str, Any]:
    """Numbers of beats, and the accuracy of always guessing the more frequent class of the training beats."""
    likeliest = int(np.bincount(images.train_labels).argmax())
    return {
        part: {"narrow": int((labels == 0).sum()), "wide": int((labels == 1).sum()), "guessing": share}
        for part, _, labels in images.parts()
        for share in [float((labels == likeliest).mean())]
    }


def row(path: str, images: LabelledImages) -> dict[str, Any]:
    """The row of a model, which must have been trained on these beats."""
    found, model = load_classifier_checkpoint(path), load_classifier(path)
    assert found.samples_digest == images.digest(), f"{path} was trained on other beats"
    compiled = deploy(model)
    validation, test = (images.validation, images.validation_labels), (images.held_out, images.held_out_labels)
    return {
        "model": Path(path).stem,
        "seed": found.settings.seed,
        "updates": found.update,
        "host_share": host_share(compiled.network),
        "units": sum(population.size for population in compiled.network.populations),
        "validation_accuracy": evaluate_classifier(model, *validation)["accuracy"],
        "validation_accuracy_integer": accuracy(compiled, *validation),
        "test_accuracy": evaluate_classifier(model, *test)["accuracy"],
        "test_accuracy_integer": accuracy(compiled, *test),
        "rate": evaluate_classifier(model, *test)["rate"],
        "engine_equals_reference": same_on_the_engine(compiled, images),
    }


def same_on_the_engine(compiled: Deployment, images: LabelledImages) -> bool:
    """Whether every integer for the first held-out beats is equal on the engine and the reference."""
    drive = encode(compiled.network, samples_of(compiled, images.held_out[:5]))
    slow, fast = (run(compiled.network, drive, compiled.steps) for run in (reference.run, engine.run))
    return all(each.equal for each in compare(compiled.network, drive, slow, fast))


def main(data: str, out: str, *models: str) -> None:
    """Evaluate every model and write the table."""
    torch.set_num_threads(1)
    images = load_heartbeats(data)
    rows = [row(model, images) for model in models]
    keys = [key for key in rows[0] if "accuracy" in key]
    means = {key: statistics.mean(each[key] for each in rows) for key in keys}
    lowest = {key: min(each[key] for each in rows) for key in keys}
    results = {"labels": LABELS, "beats": beats(images), "rows": rows, "mean": means, "lowest": lowest}
    write_record(out, command_line("ecg", out, [data, *models]), None, results)
    print(json.dumps({"mean": means, "lowest": lowest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
