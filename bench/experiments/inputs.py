"""What it costs to put the first layer on the chip: every classifier with its input from the host, and on the chip.

    quantal train mnist-conv --data mnist.npz --out mnist-conv.safetensors
    quantal train ecg-beats --data ecg208.npz --out ecg-beats.safetensors
    python -m quantal.bench.experiments.inputs mnist.npz bench/results/inputs.json ecg208.npz \\
        mnist-conv.safetensors ecg-beats.safetensors

writes one row for each model: its accuracy on the held-out samples in Norse, and then twice, with the first layer's
weights as a current from the host and as 8-bit synapses of an input population: the share of all synapses that stays on
the host, the largest input message, the accuracy of the compiled network, and that after fine-tuning in integers.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from quantal.bench.record import command_line, write_record
from quantal.neuro.compile import Options
from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.inputs import host_share
from quantal.training.data.digits import LabelledImages, load_digits_dataset
from quantal.training.data.heartbeats import load_heartbeats
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.classifier_checkpoint import load_classifier_checkpoint
from quantal.training.learn.deployment import Deployment, accuracy, deploy
from quantal.training.learn.fine_tuning import FineTuning, fine_tune
from quantal.training.models.spiking_classifier import SpikingClassifier, evaluate_classifier

HEARTBEATS = "ecg"
"""How the names of models of heartbeats start; all others are of digits."""
TUNING = {True: FineTuning(epochs=10, batch=16, shift_pixels=0), False: FineTuning()}
"""Settings of fine-tuning: for heartbeats, of which there are few, and for digits."""

FEWER = {"mnist-conv": 12_800, "mnist-rows": 12_800}
"""Training samples that fine-tuning takes of models for which all of them take an hour; of the others it takes all."""


def row(path: str, samples: LabelledImages, settings: FineTuning) -> dict[str, Any]:
    """The row of a model."""
    found, model = load_classifier_checkpoint(path), load_classifier(path)
    held_out = samples.held_out, samples.held_out_labels
    return {
        "model": Path(path).stem,
        "coding": found.settings.coding,
        "epochs": found.settings.epochs,
        "held_out": len(samples.held_out),
        "float": evaluate_classifier(model, *held_out)["accuracy"],
        "tuned_on": len(fewer(path, samples).train),
        **{place: measured(model, place, fewer(path, samples), settings) for place in ("host", "chip")},
    }


def fewer(path: str, samples: LabelledImages) -> LabelledImages:
    """The samples, of which fewer are for fine-tuning."""
    count = FEWER.get(Path(path).stem, len(samples.train))
    return replace(samples, train=samples.train[:count], train_labels=samples.train_labels[:count])


def measured(model: SpikingClassifier, place: str, samples: LabelledImages, settings: FineTuning) -> dict[str, Any]:
    """A model with its first layer in one place, before and after fine-tuning."""
    compiled, start = deploy(model, Options(input=place)), time.perf_counter()
    held_out = samples.held_out, samples.held_out_labels
    _, tuned = fine_tune(compiled, samples, settings)
    seconds = time.perf_counter() - start
    return {
        "host_share": host_share(compiled.network),
        "largest_message": largest_message(compiled),
        "steps": compiled.steps,
        "integer": accuracy(compiled, *held_out),
        "tuned": accuracy(tuned, *held_out),
        "seconds_of_tuning": round(seconds),
    }


def largest_message(compiled: Deployment) -> int:
    """Largest message of the input population, 0 where the host computes a current."""
    network = compiled.network
    return 0 if host_share(network) else message_range(network.population(network.inputs[0].target))[1]


def main(digits: str, out: str, heartbeats: str, *models: str) -> None:
    """Measure every model; the table is written anew after each."""
    rows: list[dict[str, Any]] = []
    for path in models:
        is_beats = Path(path).name.startswith(HEARTBEATS)
        samples = load_heartbeats(heartbeats) if is_beats else load_digits_dataset(digits)
        rows.append(row(path, samples, TUNING[is_beats]))
        print(rows[-1], flush=True)
        tuning = {"heartbeats": asdict(TUNING[True]), "digits": asdict(TUNING[False])}
        results = {"tuning": tuning, "rows": rows}
        write_record(out, command_line("inputs", out, [digits, heartbeats, *models]), 0, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
