"""How well do the trained digit classifiers do? Accuracy and spikes on the 10 000 held-out pictures of MNIST.

    quantal train --recipe mnist-mlp --data mnist.npz --out mlp.safetensors
    quantal train --recipe mnist-conv --data mnist.npz --out conv.safetensors
    quantal train --recipe mnist-rows --data mnist.npz --out rows.safetensors
    python bench/mnist.py mnist.npz bench/results/mnist.json mlp.safetensors conv.safetensors rows.safetensors

writes one row a model: its settings, accuracy and rate in floating point, and accuracy with each layer's weights
rounded to 255 levels from its largest, which tells whether the model bears 8 bits before anything is compiled.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import norse
import numpy as np
import torch

from training.classifier_checkpoint import load_classifier_checkpoint
from training.classify import load_classifier
from training.digits import LabelledImages, load_digits_dataset
from training.models.spiking_classifier import SpikingClassifier, judged

LEVELS = 127
"""On each side of 0."""


@torch.no_grad()
def rounded(model: SpikingClassifier) -> SpikingClassifier:
    """The model with weights of 255 levels a layer."""
    for weight in model.parameters():
        unit = weight.abs().max() / LEVELS
        weight.copy_(torch.round(weight / unit) * unit)
    return model


def rates_by_layer(model: SpikingClassifier, digits: LabelledImages) -> list[float]:
    """Spikes per unit and step of each layer that spikes, on the first 1000 held-out pictures."""
    with torch.no_grad():
        return model(torch.from_numpy(digits.held_out[:1000]), torch.Generator().manual_seed(0)).rates.tolist()


def row(path: str, digits: LabelledImages) -> dict[str, Any]:
    """What is said of a model."""
    found, model = load_classifier_checkpoint(path), load_classifier(path)
    images = digits.held_out, digits.held_out_labels
    return {
        "model": Path(path).stem,
        "settings": asdict(found.settings),
        "updates": found.update,
        "weights": sum(weight.numel() for weight in model.parameters()),
        **judged(model, *images),
        "rates": rates_by_layer(model, digits),
        "accuracy_8_bit_weights": judged(rounded(model), *images)["accuracy"],
    }


def main(data: str, out: str, *models: str) -> None:
    """Judge every model and write the table."""
    digits = load_digits_dataset(data)
    rows = [row(model, digits) for model in models]
    about = {"command": " ".join(["python", *sys.argv]), "date": time.strftime("%Y-%m-%d")}
    about |= {"python": platform.python_version(), "numpy": np.__version__}
    about |= {"torch": torch.__version__, "norse": norse.__version__}
    Path(out).write_text(json.dumps({**about, "held_out": len(digits.held_out), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
