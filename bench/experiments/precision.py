"""How many bits the code needs: its quality by weight bits, weight slices and state bits, in both circuits.

    python -m quantal.bench.experiments.precision runs/demo/model.safetensors bench/results/precision.json

runs a trained model on 500 held-out patches for 500 steps, and writes one row for each setting, averaged over the last
100 steps.
"""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np

from quantal.bench.record import write_record
from quantal.neuro import engine
from quantal.neuro.circuits import circuits_for
from quantal.neuro.circuits.poisson_vae import PoissonVae
from quantal.neuro.compare.measures import Quality, mean_quality, quality_by_step
from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.trace import Recording
from quantal.neuro.simulate.drive import encode
from quantal.training.data.samples import load_samples
from quantal.training.export import to_parameters
from quantal.training.learn.poisson_vae import load_poisson_vae

STEPS, LAST, PATCHES = 500, 100, 500
SETTINGS = [
    *(Options(weight_bits=bits) for bits in range(8, 3, -1)),
    *(Options(weight_bits=bits, weight_slices=2) for bits in (6, 5, 4)),
    *(Options(state_bits=bits) for bits in (20, 18, 16, 14, 12)),
]


def quality(graph: Graph, options: Options, patches: np.ndarray) -> Quality:
    """Mean quality over the last steps of a graph compiled with the given options."""
    network, _ = compile_graph(graph, options)
    drive = encode(network, patches)
    before = engine.run(network, drive, STEPS - LAST, Recording((), ()))
    trace = engine.run(network, drive, LAST, Recording(("latent",), ()), start=before.end)
    return mean_quality(quality_by_step(network.readouts[0], patches, trace.messages["latent"]))


def main(model: str, out: str) -> None:
    """Measure every setting and write the table."""
    parameters = to_parameters(load_poisson_vae(model))
    held_out = load_samples().held_out
    patches = held_out[np.linspace(0, len(held_out) - 1, PATCHES).astype(int)].astype(float)
    rows = []
    for name, circuit in circuits_for(PoissonVae).items():
        for options in SETTINGS:
            found = quality(circuit.build(parameters), options, patches)
            rows.append({"circuit": name, **asdict(options), **asdict(found), "distance": found.distance})
            print(rows[-1], flush=True)
    results = {"patches": PATCHES, "steps": STEPS, "rows": rows}
    command = "python -m quantal.bench.experiments.precision runs/demo/model.safetensors bench/results/precision.json"
    write_record(out, command, 0, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
