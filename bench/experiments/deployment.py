"""What 8-bit weights cost a spiking classifier: its accuracy on the 10 000 held-out images of MNIST.

    quantal train mnist-mlp --data mnist.npz --out mnist-mlp.safetensors
    quantal train mnist-conv --data mnist.npz --out mnist-conv.safetensors
    python -m quantal.bench.experiments.deployment mnist.npz bench/results/deployment.json \\
        mnist-mlp.safetensors mnist-conv.safetensors

writes one row for each model: the accuracy of the float model in Norse, of the compiled integer network (post-training
quantisation), and, after one epoch of training in integers, of the torch module and of the network that it deploys,
which must agree. `validation` holds the same for the 5000 images set aside from training.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from quantal.bench.record import command_line, write_record
from quantal.neuro.network.inputs import host_share
from quantal.training.data.digits import LabelledImages, Labels, Pixels, load_digits_dataset
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.deployment import Deployment, accuracy, deploy
from quantal.training.learn.fine_tuning import FineTuning, differentiable_scores, fine_tune
from quantal.training.learn.quantised_network import QuantisedNetwork
from quantal.training.models.spiking_classifier import evaluate_classifier

EVALUATION_BATCH = 100
"""Images evaluated at once in the torch module, which stores every state of every step."""


@torch.no_grad()
def accuracy_in_torch(tuned: Deployment, module: QuantisedNetwork, images: Pixels, labels: Labels) -> float:
    """Accuracy of the trained torch module."""
    correct = 0
    for first in range(0, len(images), EVALUATION_BATCH):
        part = slice(first, first + EVALUATION_BATCH)
        predicted = differentiable_scores(tuned, module, images[part]).argmax(dim=1).numpy()
        correct += int((predicted == labels[part]).sum())
    return correct / len(images)


def row(path: str, digits: LabelledImages, settings: FineTuning) -> dict[str, Any]:
    """The row of a model; the test set is used last, after all training."""
    compiled = deploy(load_classifier(path))
    start = time.perf_counter()
    module, tuned = fine_tune(compiled, digits, settings, lambda done, total, metrics: report(done, total, metrics))
    seconds = time.perf_counter() - start

    def accuracies(images: Pixels, labels: Labels) -> dict[str, float]:
        return {
            "float": evaluate_classifier(compiled.model, images, labels)["accuracy"],
            "integer": accuracy(compiled, images, labels),
            "tuned_in_torch": accuracy_in_torch(tuned, module, images, labels),
            "tuned_integer": accuracy(tuned, images, labels),
        }

    validation = accuracies(digits.validation, digits.validation_labels)
    test = accuracies(digits.held_out, digits.held_out_labels)
    share = {"host_share": host_share(tuned.network)}
    return {"model": Path(path).stem, **test, **share, "validation": validation, "seconds_of_tuning": round(seconds)}


def report(done: int, total: int, metrics: dict[str, float]) -> None:
    """Print a line every hundred updates."""
    if done % 100 == 0:
        print(f"update {done} of {total}, loss {metrics['loss']:.4f}", flush=True)


def main(data: str, out: str, *models: str) -> None:
    """Measure every model and write the table."""
    digits, settings = load_digits_dataset(data), FineTuning()
    rows = []
    for path in models:
        rows.append(row(path, digits, settings))
        print(rows[-1], flush=True)
    results = {"settings": asdict(settings), "rows": rows}
    write_record(out, command_line("deployment", out, [data, *models]), settings.seed, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
