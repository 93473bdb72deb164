"""
A photograph in packets
=======================

A photograph that the model never saw, cut into patches of 16 × 16 pixels. Each patch becomes
the counts of 256 units, with 8-bit weights and 24-bit states. The packets of one step already
show it, and the mean of 200 steps has less noise.
"""

import matplotlib.pyplot as plt
import numpy as np

import quantal
from quantal.training.data import photographs
from quantal.training.data.samples import load_samples, patches
from quantal.training.export import to_parameters
from quantal.training.learn.poisson_vae import fit_poisson_vae
from quantal.training.learn.poisson_vae_settings import PoissonVaeSettings

# %%
# A dictionary learned from other photographs in a few seconds, as an integer network.
model = fit_poisson_vae(load_samples(), PoissonVaeSettings(updates=250, latents=256))
network, _ = quantal.compile_graph(quantal.lateral_competition(to_parameters(model)))

# %%
# All patches of the photograph as one batch, on the engine. Only the counts are kept.
SIDE, ROWS, COLUMNS = 16, 31, 47
path = next(path for path in photographs.paths("held-out") if path.name == "kodim23.png")
samples = patches(path, SIDE)
counts_only = quantal.Recording(messages=("latent",), states=())
trace = quantal.run(network, quantal.encode(network, samples), 300, counts_only)
counts = trace.messages["latent"]

# %%


def picture(tiles):
    """Patches `(patches, pixels)` side by side again."""
    grid = tiles.reshape(ROWS, COLUMNS, SIDE, SIDE)
    return grid.swapaxes(1, 2).reshape(ROWS * SIDE, COLUMNS * SIDE)


views = {
    "the whitened photograph": picture(samples),
    "one step of packets": picture(quantal.decode(network, counts[-1])),
    "mean of 200 steps": picture(quantal.decode(network, counts[-200:]).mean(axis=0)),
}
figure, axes = plt.subplots(1, 3, figsize=(12, 3), layout="constrained")
for axis, (title, view) in zip(axes, views.items(), strict=True):
    axis.imshow(view, cmap="gray", vmin=-3, vmax=3)
    axis.set_title(title, fontsize=11)
    axis.axis("off")
plt.show()

# %%
print(f"{len(samples)} patches, {counts.shape[2]} units")
print(f"{np.mean(counts == 0):.0%} of all counts are 0")
