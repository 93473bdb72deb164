"""
The same integers everywhere
============================

A stochastic network on four simulators. The log-rate of one unit is drawn for each of them, one
line per simulator. Below is the difference from the reference: nothing, at every step, for
every unit.
"""

import matplotlib.pyplot as plt
import numpy as np

from quantal.hardware.lava import run_fused
from quantal.neuro import engine
from quantal.neuro.brian import exact as brian
from quantal.neuro.circuits.poisson_vae import PoissonVae, predictive_coding
from quantal.neuro.compare.traces import compare
from quantal.neuro.compile import compile_graph
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.drive import encode

# %%
# A small predictive-coding network with a random dictionary, and a sample that is the sum of
# five of its features.
rng = np.random.default_rng(1)
dictionary = rng.standard_normal((24, 32))
dictionary *= 0.25 / np.linalg.norm(dictionary, axis=0)
model = PoissonVae(
    dictionary,
    0.35,
    np.full(32, 0.1),
    np.ones(24),
    np.full(32, -3.0),
    (-8.0, 4.0),
    input_scale=1.0,
    sample_shape=(24,),
)
network, _ = compile_graph(predictive_coding(model))
sample = dictionary[:, :5].sum(axis=1) * 6
drive = encode(network, sample[np.newaxis])

# %%
# Four simulators, 150 steps.
steps = 150
backends = {
    "reference": reference.run,
    "engine": engine.run,
    "Brian2": brian.run,
    "Lava, one process": run_fused,
}
traces = {name: run(network, drive, steps) for name, run in backends.items()}
agreements = {
    name: compare(network, drive, traces["reference"], trace) for name, trace in traces.items()
}

# %%
figure, axes = plt.subplots(
    2, 1, figsize=(7.5, 5.5), sharex=True, layout="constrained", height_ratios=[2, 1]
)
state_scale = network.population("latent").state_scale
widths = [9, 6, 3.5, 1.2]
colours = ["#d8e2dc", "#9ec1a3", "#40798c", "#1f2041"]
for (name, trace), width, colour in zip(traces.items(), widths, colours, strict=True):
    axes[0].plot(
        trace.states["latent"]["v"][:, 0, 2] * state_scale,
        lw=width,
        color=colour,
        label=name,
        solid_capstyle="round",
    )
    difference = np.abs(
        trace.states["latent"]["v"] - traces["reference"].states["latent"]["v"]
    ).max(axis=(1, 2))
    axes[1].plot(difference, lw=width, color=colour, solid_capstyle="round")
axes[0].set(ylabel="log-rate v of unit 2 (nats)")
axes[0].legend(frameon=False, ncols=2, loc="lower right")
compared = sum(agreement.values for agreement in agreements["engine"])
axes[1].set(
    xlabel="step", ylabel="largest difference\n(integer units)", ylim=(-1, 1), xlim=(0, steps)
)
axes[1].set_title(f"{compared:,} integers compared on each simulator", fontsize=10)
for axis in axes:
    axis.spines[["top", "right"]].set_visible(False)
assert all(agreement.equal for group in agreements.values() for agreement in group)
plt.show()
