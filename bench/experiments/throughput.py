"""Images per second: the integer network on the engine against the Norse model in torch, alternating.

    quantal train mnist-conv --data mnist.npz --out mnist-conv.safetensors
    python -m quantal.bench.experiments.throughput mnist.npz bench/results/throughput.json mnist-conv.safetensors

runs the 10 000 held-out images of MNIST through both several times, on all cores, from bytes to scores, and writes
images per second and the median ratio.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

from quantal.bench.experiments.speed import seconds_of
from quantal.bench.record import command_line, write_record
from quantal.training.data.digits import load_digits_dataset
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.deployment import accuracy, deploy
from quantal.training.models.spiking_classifier import evaluate_classifier

REPETITIONS = 5


def main(data: str, out: str, path: str) -> None:
    """Measure both, and write the table."""
    digits, model = load_digits_dataset(data), load_classifier(path)
    images, labels = digits.held_out, digits.held_out_labels
    deployment = deploy(model)
    pairs = [
        (
            seconds_of(lambda part: evaluate_classifier(model, part, labels), images),
            seconds_of(lambda part: accuracy(deployment, part, labels), images),
        )
        for _ in range(REPETITIONS)
    ]
    results = {
        "cores": os.cpu_count(),
        "model": Path(path).stem,
        "norse_pictures_a_second": len(images) / statistics.median(norse for norse, _ in pairs),
        "integer_pictures_a_second": len(images) / statistics.median(integer for _, integer in pairs),
        "times_faster": statistics.median(norse / integer for norse, integer in pairs),
    }
    write_record(out, command_line("throughput", out, [data, path]), 0, results)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
