"""How compilation to integers changes the recurrent Braille network of the NIR paper.

    git clone --depth 1 https://github.com/neuromorphs/NIR
    python -m quantal.bench.experiments.braille NIR/paper bench/results/braille.json

The network (38 recurrent and 7 output units, trained by others in snnTorch, Pedersen et al., Nature Communications 15,
8122, 2024) is read from its NIR file. The record holds

- `published_letter`: the one letter of the test set that the paper shows. Its events are decoded from the figure, and
  the spikes of the hidden layer compared with those that the paper's repository records for snnTorch and other tools;
- `made_up`: synthetic letters made from that one by moving each row of events to another taxel and another time: the
  spikes of both layers in floating point and in integers, and the correlation of the output's spike counts;
- `varied`: the share of letters taken for the published one, where these are the published one with events missing or
  moved by some steps;
- `everywhere`: whether every integer of some of them is equal to the reference on the other backends;
- `test_set`: accuracy in floating point and in integers on all 140 letters, if the clone holds `ds_test.pt`.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nir
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import TensorDataset

from quantal.bench.record import write_record
from quantal.hardware.backends import backend
from quantal.neuro import engine
from quantal.neuro.compare.certificate import certify
from quantal.neuro.compare.traces import check
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.compile.calibrate import calibrated
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.inputs import host_share
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.nir import read_nir, to_graph
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode
from quantal.neuro.simulate.floats import simulate

Floats = NDArray[np.float64]

MODEL = "noDelay_bias_zero"
DT_S = 1e-4
"""According to the README of the paper's folder `03_rnn`."""

LABEL, MISSING, MOVED_STEPS = 1, 0.5, 24
"""Class of the published letter; share of its events that varied letters lack, and most steps that the others move."""
TAXELS, STEPS, LATENCY = 12, 256, 2
"""Two layers after the input population."""
HIDDEN, OUTPUT = "lif1.lif", "lif2"
LETTERS, CALIBRATION_LETTERS, LETTERS_EVERYWHERE = 1000, 64, 3
PRECISIONS = {
    "8 bits": Options(),
    "two slices of 8 bits": Options(weight_slices=2),
    "8 bits, input from the host": Options(input="host"),
}
BACKENDS = ("engine", "brian2", "lava", "lava-fused")
TOOLS = {
    "snntorch": "snnTorch",
    "norse": "Norse",
    "spyx": "Spyx",
    "s2": "SpiNNaker2",
    "nengo": "Nengo",
    "lava": "Lava",
}


def published_letter(figure: Path) -> Floats:
    """Events of the first letter of the test set, `(256, 12)`, from the one image in the paper's figure.

    The image has one bit per pixel, one row per taxel and one column per step; the first taxel is at the bottom.
    """
    data = figure.read_bytes()
    start = data.index(b"stream", data.index(b"/Subtype /Image /Width 256 /Height 12"))
    rows = np.frombuffer(zlib.decompressobj().decompress(data[start + len("stream\n") :]), np.uint8)
    rows = rows.reshape(TAXELS, 1 + STEPS // 8)
    if rows[:, 0].any():
        raise QuantalError("the image is encoded differently", where=str(figure), expected="rows without a predictor")
    return np.unpackbits(rows[::-1, 1:], axis=1).T.astype(np.float64)


def made_up_letters(letter: Floats, count: int, seed: int) -> Floats:
    """Letters `(steps, count, taxels)` of the same bursts of events, at different taxels and times."""
    rng = np.random.default_rng(seed)
    rows = [[np.roll(letter[:, taxel], rng.integers(STEPS)) for taxel in rng.permutation(TAXELS)] for _ in range(count)]
    return with_latency(np.array(rows).transpose(2, 0, 1))


def varied_letters(letter: Floats, count: int, seed: int) -> Floats:
    """Letters `(steps, count, taxels)` in which events of the published one are missing or come earlier or later."""
    rng = np.random.default_rng(seed)
    steps, taxels = np.nonzero(letter)
    made = np.zeros((STEPS, count, TAXELS))
    for copy in range(count):
        kept = rng.random(len(steps)) >= MISSING
        moved = steps[kept] + rng.integers(-MOVED_STEPS, MOVED_STEPS + 1, kept.sum())
        made[np.clip(moved, 0, STEPS - 1), copy, taxels[kept]] = 1.0
    return with_latency(made)


def on_varied_letters(graph: Graph, networks: dict[str, CountNetwork], letters: Floats) -> dict[str, Any]:
    """Share of varied letters that are taken for the published one."""
    labels = np.full(letters.shape[1], LABEL)
    shares: dict[str, float] = {}
    for name, network in networks.items():
        floating, integer = counts(graph, network, letters)
        shares |= {"float": share(floating, labels), name: share(integer, labels)}
    return {"letters": len(labels), "missing": MISSING, "moved_steps": MOVED_STEPS, "accuracy": shares}


def with_latency(letters: Floats) -> Floats:
    """Letters `(steps, letters, taxels)`, extended by the latency of the output."""
    return np.concatenate([letters, np.zeros((LATENCY, *letters.shape[1:]))])


def counts(graph: Graph, network: CountNetwork, letters: Floats) -> tuple[Floats, Floats]:
    """Spikes of the output units, `(letters, 7)`, in floating point and in integers."""
    floating, integer = (latency_steps(each)[OUTPUT] for each in (graph, network))
    spikes = simulate(graph, letters, len(letters))[OUTPUT][floating : floating + STEPS].sum(axis=0)
    trace = engine.run(network, encode(network, letters), len(letters))
    return spikes, trace.messages[OUTPUT][integer : integer + STEPS].sum(axis=0).astype(np.float64)


def on_the_letter(graph: Graph, network: CountNetwork, letter: Floats, folder: Path) -> dict[str, Any]:
    """The published letter, compared with what the paper's repository records for other tools."""
    shown = with_latency(letter[:, None])
    ours = simulate(graph, shown, len(shown))[HIDDEN][:STEPS, 0]
    recorded = {name: hidden_spikes(folder / f"{tool}_activity_{MODEL}.npy") for tool, name in TOOLS.items()}
    floating, integer = counts(graph, network, shown)
    return {
        "events": int(letter.sum()),
        "hidden_spikes": int(ours.sum()),
        "hidden_spikes_of": {name: int(spikes.sum()) for name, spikes in recorded.items()},
        "differing_from": {name: int((spikes != ours).sum()) for name, spikes in recorded.items()},
        "output_spikes": {"float": floating[0].tolist(), "integer": integer[0].tolist()},
        "label": LABEL,
        "answer": {"float": int(floating[0].argmax()), "integer": int(integer[0].argmax())},
    }


def hidden_spikes(path: Path) -> NDArray[np.bool_]:
    """RecordedValue spikes of the hidden layer, `(256, 38)`; one tool has steps last."""
    spikes = np.load(path, allow_pickle=False) > 0
    return spikes if len(spikes) == STEPS else spikes.T


def agreement(graph: Graph, network: CountNetwork, letters: Floats) -> dict[str, Any]:
    """Differing spikes of each layer in floating point and in integers, and the correlation of the output's counts."""
    found = certify(graph, network, letters, len(letters))
    floating, integer = counts(graph, network, letters)
    rows = [
        {
            "population": layer.population,
            "float_spikes": layer.float_spikes,
            "integer_spikes": layer.integer_spikes,
            "differing": layer.differing,
            "cause_of_the_first": layer.divergence and layer.divergence.cause,
        }
        for layer in found.layers
    ]
    correlation = float(np.corrcoef(floating.ravel(), integer.ravel())[0, 1])
    same = share(integer, floating.argmax(axis=1))
    return {"layers": rows, "correlation_of_counts": correlation, "agreement": same}


def everywhere(network: CountNetwork, letters: Floats) -> dict[str, Any]:
    """Whether every integer on every backend equals that of the reference."""
    drive = encode(network, letters)
    found = check(network, drive, len(letters), reference.run, {name: backend(name).run for name in BACKENDS})
    equal = {name: all(each.equal for each in found if each.backend == name) for name in BACKENDS}
    return {"letters": letters.shape[1], "steps": len(letters), "equal": equal}


def on_the_test_set(graph: Graph, networks: dict[str, CountNetwork], path: Path) -> dict[str, Any]:
    """Share of letters whose unit fires most; the first of several such units counts, as in the paper's scripts."""
    if not path.is_file():
        return {"measured": False, "why": f"no {path.name} in the folder that was given"}
    with torch.serialization.safe_globals([TensorDataset]):
        events, labels = (each.numpy() for each in torch.load(path, weights_only=True).tensors)
    letters = with_latency(events.transpose(1, 0, 2).astype(np.float64))
    shares: dict[str, float] = {}
    for name, network in networks.items():
        floating, integer = counts(graph, network, letters)
        shares |= {"float": share(floating, labels), name: share(integer, labels)}
    return {"measured": True, "letters": len(labels), "accuracy": shares}


def share(values: Floats, labels: NDArray[np.int64]) -> float:
    """Share of correct answers."""
    return float((values.argmax(axis=1) == labels).mean())


def published_accuracies(folder: Path) -> Iterator[tuple[str, float]]:
    """The accuracy that the paper's repository records for each tool, some as a share, some in percent."""
    for tool, name in TOOLS.items():
        value = float(np.load(folder / f"{tool}_accuracy_{MODEL}.npy", allow_pickle=False))
        yield name, round(value / 100 if value > 1 else value, 4)


def main(paper: str, out: str) -> None:
    """Measure everything and write it."""
    folder = Path(paper) / "03_rnn"
    letter = published_letter(Path(paper) / "figures" / "rnn_braille_input.pdf")
    graph = to_graph(read_nir(folder / f"braille_{MODEL}.nir"), DT_S)
    graph = calibrated(graph, made_up_letters(letter, CALIBRATION_LETTERS, seed=0), STEPS + LATENCY)
    networks = {name: compile_graph(graph, options)[0] for name, options in PRECISIONS.items()}
    letters = made_up_letters(letter, LETTERS, seed=1)
    entry = {
        "nir": nir.version,
        "published_accuracies": dict(published_accuracies(folder)),
        "source": "github.com/neuromorphs/NIR, folder paper/03_rnn, files *_accuracy_* and *_activity_*",
        "test_set": on_the_test_set(graph, networks, folder / "data" / "ds_test.pt"),
        "published_letter": on_the_letter(graph, networks["8 bits"], letter, folder),
        "host_share": {name: host_share(each) for name, each in networks.items()},
        "made_up": {"letters": LETTERS} | {name: agreement(graph, each, letters) for name, each in networks.items()},
        "varied": on_varied_letters(graph, networks, varied_letters(letter, LETTERS, seed=2)),
        "everywhere": everywhere(networks["8 bits"], letters[:, :LETTERS_EVERYWHERE]),
    }
    write_record(out, "python -m quantal.bench.experiments.braille NIR/paper bench/results/braille.json", 0, entry)
    print(json.dumps(entry, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
