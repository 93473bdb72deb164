"""Accuracy and spike rates of trained digit classifiers on MNIST images that they were not trained on.

    quantal train mnist-mlp --data mnist.npz --out mnist-mlp.safetensors
    quantal train mnist-conv --data mnist.npz --out mnist-conv.safetensors
    quantal train mnist-conv --data mnist.npz --set seed=1 --out mnist-conv-1.safetensors
    python -m quantal.bench.experiments.mnist mnist.npz bench/results/mnist.json \\
        mnist-mlp.safetensors mnist-conv*.safetensors

writes one row for each model: its settings, its accuracy on the 5000 images set aside for validation, and its accuracy
on the 10 000 test images: in floating point, with each layer's weights rounded to 255 levels, and of the compiled
integer network. For models that differ only in their seed it adds mean and standard deviation.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from quantal.bench.record import command_line, write_record
from quantal.neuro.network.inputs import host_share
from quantal.training.data.digits import LabelledImages, load_digits_dataset
from quantal.training.learn.classifier import load_classifier, validation_accuracy
from quantal.training.learn.classifier_checkpoint import load_classifier_checkpoint
from quantal.training.learn.deployment import accuracy, deploy
from quantal.training.models.spiking_classifier import SpikingClassifier, evaluate_classifier

LEVELS = 127
"""Levels on each side of 0."""


@torch.no_grad()
def rounded(model: SpikingClassifier) -> SpikingClassifier:
    """The model with the weights of each layer rounded to 255 levels."""
    for weight in model.parameters():
        level = weight.abs().max() / LEVELS
        weight.copy_(torch.round(weight / level) * level)
    return model


def rates_by_layer(model: SpikingClassifier, digits: LabelledImages) -> list[float]:
    """Spikes per unit and step of each spiking layer, on the first 1000 held-out images."""
    with torch.no_grad():
        return model(torch.from_numpy(digits.held_out[:1000]), torch.Generator().manual_seed(0)).rates.tolist()


def row(path: str, digits: LabelledImages) -> dict[str, Any]:
    """The row of a model; without a validation accuracy if its training images may include those for validation."""
    found, model = load_classifier_checkpoint(path), load_classifier(path)
    validation = validation_accuracy(model, digits) if found.samples_digest == digits.digest() else {}
    images = digits.held_out, digits.held_out_labels
    test, compiled = evaluate_classifier(model, *images), deploy(model)
    return {
        "model": Path(path).stem,
        "settings": asdict(found.settings),
        "updates": found.update,
        "weights": sum(weight.numel() for weight in model.parameters()),
        "validation_accuracy": validation.get("validation"),
        "test_accuracy": test["accuracy"],
        "rate": test["rate"],
        "rates": rates_by_layer(model, digits),
        "test_accuracy_integer": accuracy(compiled, *images),
        "host_share": host_share(compiled.network),
        "test_accuracy_8_bit_weights": evaluate_classifier(rounded(model), *images)["accuracy"],
    }


ACCURACIES = ("validation_accuracy", "test_accuracy", "test_accuracy_integer")


def over_seeds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean and standard deviation of each accuracy over models that differ only in their seed."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in rows:
        groups.setdefault(json.dumps({**each["settings"], "seed": None}), []).append(each)
    return [summary(group) for group in groups.values() if len(group) > 1]


def summary(group: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and standard deviation over models with the same settings."""
    values = {name: [each[name] for each in group] for name in ACCURACIES}
    return {
        "models": [each["model"] for each in group],
        "seeds": [each["settings"]["seed"] for each in group],
        "mean": {name: statistics.mean(value) for name, value in values.items() if None not in value},
        "standard_deviation": {name: statistics.stdev(value) for name, value in values.items() if None not in value},
    }


def main(data: str, out: str, *models: str) -> None:
    """Evaluate every model and write the table."""
    digits = load_digits_dataset(data)
    rows = []
    for model in models:
        rows.append(row(model, digits))
        print(rows[-1], flush=True)
    sizes = {"train": len(digits.train), "validation": len(digits.validation), "test": len(digits.held_out)}
    results = {"pictures": sizes, "rows": rows, "over_seeds": over_seeds(rows)}
    write_record(out, command_line("mnist", out, [data, *models]), None, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
