"""What it costs the Poisson VAE to receive its samples as messages instead of as a bias from the host.

    quantal train poisson-vae --out model.safetensors
    python -m quantal.bench.experiments.vae_inputs model.safetensors bench/results/vae_inputs.json

writes R², share of zeros and distance from the optimum for both circuits, on held-out patches of the photographs that
ship with quantal: with the bias that the host computes, and with messages of an input population. Whitened patches have
no natural range, so messages cover a number of standard deviations of the training patches, and what lies beyond is cut
off before it is encoded. `cut_off` is the share of pixels that it touches.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.bench.record import command_line, write_record
from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.compare.quality import engine_curve
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.compile.inputs import resolution_of, with_input_population
from quantal.neuro.network.bounds import message_range
from quantal.neuro.network.graph import Graph, SampleRange
from quantal.neuro.network.inputs import host_share
from quantal.training.data.network_samples import evenly_spaced
from quantal.training.data.samples import load_samples
from quantal.training.export.graph_of_file import load_parameters

Floats = NDArray[np.float64]

PATCHES, STEPS, LAST = 400, 500, 100
DEVIATIONS = (4.0, 8.0, 16.0)
"""Standard deviations of a pixel that messages cover, on each side of 0."""


def measured(graph: Graph, samples: Floats) -> dict[str, Any]:
    """Quality of the integer network over its last steps, and how its samples enter."""
    network, _ = compile_graph(graph, Options())
    target = network.population(network.inputs[0].target)
    quality = asdict(engine_curve(network, samples, STEPS, lambda done, total: None).last(LAST))
    return {**quality, "host_share": host_share(network), "messages": message_range(target), "to": target.name}


def on_chip(graph: Graph, samples: SampleRange) -> Graph:
    """The graph with an input population, also where its gain has no synapses."""
    return with_input_population(graph, samples, resolution_of(graph, samples, Options()))


def main(model: str, out: str) -> None:
    """Measure both circuits, and write the table."""
    parameters, patches = load_parameters(Path(model)), load_samples()
    held_out = evenly_spaced(patches.held_out, PATCHES).astype(np.float64)
    deviation = float(patches.train.std())
    rows: list[dict[str, Any]] = []
    for name in CIRCUITS:
        graph = CIRCUITS[name].build(parameters)
        rows.append({"circuit": name, "input": "host", **measured(graph, held_out)})
        for count in DEVIATIONS:
            edge = count * deviation
            found = measured(on_chip(graph, SampleRange(-edge, edge)), held_out.clip(-edge, edge))
            cut_off = float((np.abs(held_out) > edge).mean())
            rows.append({"circuit": name, "input": "chip", "deviations": count, "cut_off": cut_off, **found})
    for row in rows:
        print(json.dumps(row))
    settings = {"patches": PATCHES, "steps": STEPS, "averaged_over": LAST}
    write_record(out, command_line("vae_inputs", out, [model]), 0, {**settings, "rows": rows})


if __name__ == "__main__":
    main(*sys.argv[1:])
