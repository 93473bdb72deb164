"""Images per second: the integer network on the engine against the Norse model in torch, alternating.

    quantal train mnist-conv --data mnist.npz --out mnist-conv.safetensors
    python -m quantal.bench.experiments.throughput mnist.npz bench/results/throughput.json mnist-conv.safetensors

runs the 10 000 held-out images of MNIST through both several times, on all cores, from bytes to scores, and writes
images per second and the median ratio, for networks with the first layer on the chip and with a current from the host.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

from quantal.bench.experiments.speed import seconds_of
from quantal.bench.record import command_line, write_record
from quantal.neuro.compile import Options
from quantal.neuro.network.inputs import host_share
from quantal.training.data.digits import load_digits_dataset
from quantal.training.learn.classifier import load_classifier
from quantal.training.learn.deployment import accuracy, deploy
from quantal.training.models.spiking_classifier import evaluate_classifier

REPETITIONS = 5


def main(data: str, out: str, path: str) -> None:
    """Measure both, and write the table."""
    digits, model = load_digits_dataset(data), load_classifier(path)
    images, labels = digits.held_out, digits.held_out_labels
    chip, host = deploy(model, Options(input="chip")), deploy(model, Options(input="host"))
    runs = [
        (
            seconds_of(lambda part: evaluate_classifier(model, part, labels), images),
            seconds_of(lambda part: accuracy(chip, part, labels), images),
            seconds_of(lambda part: accuracy(host, part, labels), images),
        )
        for _ in range(REPETITIONS)
    ]
    norse, on_chip, on_host = (len(images) / statistics.median(seconds) for seconds in zip(*runs, strict=True))
    results = {
        "cores": os.cpu_count(),
        "model": Path(path).stem,
        "norse_pictures_a_second": norse,
        "integer_pictures_a_second": on_chip,
        "integer_pictures_a_second_host": on_host,
        "times_faster": statistics.median(run[0] / run[1] for run in runs),
        "times_faster_host": statistics.median(run[0] / run[2] for run in runs),
        "host_share": {"chip": host_share(chip.network), "host": host_share(host.network)},
    }
    write_record(out, command_line("throughput", out, [data, path]), 0, results)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
