"""
Explaining away, in whole packets
=================================

Three units have features that overlap: two narrow bumps, and a wide one that resembles
both together. The sample is the wide one. At first it excites every unit; each packet
then inhibits the units that explain the same part of the sample, and the wide one wins.
"""

import matplotlib.pyplot as plt
import numpy as np

from quantal.neuro import engine
from quantal.neuro.circuits.poisson_vae import PoissonVae, lateral_competition
from quantal.neuro.compile import compile_graph
from quantal.neuro.simulate.drive import decode, encode

# %%
# A dictionary by hand, and its network: one population that competes through its own packets.
position = np.linspace(-1, 1, 48)


def bump(centre, width):
    """A bump of height 0.2."""
    return 0.2 * np.exp(-0.5 * ((position - centre) / width) ** 2)


dictionary = np.stack([bump(-0.3, 0.12), bump(0.3, 0.12), bump(0.0, 0.4)], axis=1)
model = PoissonVae(
    dictionary=dictionary,
    step=0.1,
    drift=np.full(3, 0.3),
    noise_scale=np.ones(48),
    initial_log_rate=np.zeros(3),
    log_rate_bounds=(-6.0, 4.0),
    input_scale=1.0,
    sample_shape=(48,),
)
network, _ = compile_graph(lateral_competition(model))

# %%
# The sample is ten packets of the wide feature. Everything from here on is integers.
sample = 10 * dictionary[:, 2]
trace = engine.run(network, encode(network, sample[np.newaxis]), 300)
counts = trace.messages["latent"][:, 0]
log_rate = trace.states["latent"]["v"][:, 0] * network.population("latent").state_scale

# %%
names, colours = ["left", "right", "wide"], ["#d1495b", "#edae49", "#00798c"]
figure, (features, rates, raster, estimate) = plt.subplots(
    4,
    1,
    figsize=(7.5, 8.5),
    gridspec_kw={"height_ratios": [1, 1.3, 1, 1.2]},
    layout="constrained",
)
for unit, (name, colour) in enumerate(zip(names, colours, strict=True)):
    features.plot(position, dictionary[:, unit], color=colour, label=name)
    rates.plot(log_rate[:, unit], color=colour)
    steps = np.flatnonzero(counts[:, unit])
    raster.scatter(
        steps,
        np.full(len(steps), 2 - unit),
        s=1.5 * counts[steps, unit],
        color=colour,
        linewidths=0,
    )
features.set(
    title="what one packet of each unit stands for", xlabel="position", ylabel="amplitude"
)
features.legend(frameon=False, loc="upper right")
rates.set(title="log-rate v", xlabel="step", ylabel="nats", xlim=(0, 300))
raster.set(title="packets per step (area)", xlabel="step", xlim=(0, 300), ylim=(-0.6, 2.6))
raster.set_yticks([2, 1, 0], names)
estimate.plot(position, sample, color="black", lw=2.5, alpha=0.35, label="sample")
estimate.plot(
    position,
    decode(network, counts[-100:]).mean(axis=0),
    color="black",
    label="mean of the last 100 steps",
)
estimate.set(title="reconstruction", xlabel="position", ylabel="amplitude")
estimate.legend(frameon=False)
for axis in figure.axes:
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
