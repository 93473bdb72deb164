"""An attractor memory of sign units, added to Quantal from outside: an emission, a circuit and a recipe."""

from dataclasses import dataclass

import numpy as np

from quantal.neuro.circuits import Circuit, register_circuit
from quantal.neuro.network.count_network import Input
from quantal.neuro.network.files import read, write
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.neurons import FloatMemoryless, register_emission
from quantal.neuro.protocols import NO_STATES, Equations, no_draws, no_limits
from quantal.training.data.samples import load_samples
from quantal.training.learn.setting import WholeNumbers, setting
from quantal.training.recipes import Recipe, register_recipe


@dataclass(frozen=True)
class Sign:
    """`m = sign(v)`: −1, 0 or 1."""

    states = NO_STATES
    limits = no_limits
    draw_count = no_draws

    def problems(self, size):
        return []

    def step(self, own, v, uniform):
        return np.sign(v), own, v

    def message_range(self, lowest, highest):
        return -1, 1

    def equations(self):
        return Equations("message = int(v > 0) - int(v < 0)")


@dataclass(frozen=True)
class FloatSign:
    """The same in a graph, where a message is −1, 0 or 1 too."""

    states = NO_STATES

    def problems(self, size):
        return []

    def step(self, own, v, generator):
        return np.sign(v), own, v

    def message_bound(self, lowest, highest):
        return 1.0

    def message_scale(self, state_scale, bound, message_bits):
        return 1.0

    def finest_state_scale(self):
        return 0.0

    def quantise(self, state_scale, message_scale, integration):
        return Sign()


@dataclass(frozen=True)
class Settings:
    """What the recipe takes."""

    patterns: int = setting(3, WholeNumbers(1, 100), "Number of samples that are stored.")


def attractor(patterns, seed):
    """Hopfield's memory (PNAS 79, 1982): `v ← Σ_p ξ_p (ξ_p · sign(v)) / n + x`."""
    units = len(patterns.T)
    population = FloatPopulation("unit", units, FloatMemoryless(np.zeros(units), -8.0, 8.0), FloatSign())
    recall = FloatProjection("recall", "unit", "unit", patterns.T @ patterns / units)
    return Graph("attractor", (population,), (recall,), (Input("cue", "unit", np.full(units, 0.1)),), seed=seed)


def store(samples, settings, path, resume, progress):
    """Take the signs of the first samples as patterns."""
    patterns = np.sign(samples.train[: settings.patterns] - samples.train.mean(0))
    write(path, "checkpoint", {"recipe": "hopfield"}, {"patterns": patterns})
    return stored(path)


def stored(path):
    """The patterns in a file."""
    return read(path, "checkpoint")[1]["patterns"].astype(float)


def evaluate(patterns, samples):
    """Share of the units that keep their sign when a pattern is recalled."""
    return {"accuracy": float((np.sign(patterns @ patterns.T @ patterns) == patterns).mean())}


def register():
    """Called once, when a registry of Quantal is first read."""
    register_emission(Sign, FloatSign)
    register_circuit("attractor", Circuit("Sign units that settle on a stored pattern.", np.ndarray, attractor))
    recipe = Recipe("Patterns in an attractor's weights.", Settings, load_samples, store, stored, evaluate, np.asarray)
    register_recipe("hopfield", recipe)
