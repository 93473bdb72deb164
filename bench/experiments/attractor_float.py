"""An attractor network that learns digits by a local rule, in floating point, and how well it retrieves them.

The model is the self-orthogonalising attractor network of Spisak and Friston (arXiv 2505.22749): units in [-1, 1] drawn
from the continuous Bernoulli distribution CB(θ), with weights J from unit j to unit i, no unit onto itself:

    h = J σ_old     σ ~ CB(β (u + h))     J_ij += α (σ_i − L(h_i)) σ_j

where u is the evidence and L(b) = coth b − 1/b the mean of CB(b). The prediction L(h) sees neither evidence nor β.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantal.neuro.neurons.table_rows import langevin, sample_continuous_bernoulli
from quantal.neuro.protocols import Floats

Retrieve = Callable[[Floats], Floats]
"""Evidence `(steps, units)` to the states of a network without learning at β = 1, `(steps, units)`."""


@dataclass(frozen=True)
class Protocol:
    """How the network learns and how retrieval is measured; the balanced regime of the paper by default."""

    evidence: float = 11.0
    beta: float = 0.1668
    alpha: float = 0.001
    presentations: int = 5000
    steps_each: int = 10
    trials: int = 400
    trial_steps: int = 100
    cue_strength: float = 0.1

    @property
    def steps(self) -> int:
        """Number of steps of learning."""
        return self.presentations * self.steps_each


def digits(count: int = 10) -> Floats:
    """The first of scikit-learn's digits, one of each class: squared pixels, each image z-scored, `(count, 64)`."""
    from sklearn.datasets import load_digits

    squared = np.asarray(load_digits(return_X_y=True)[0][:count], np.float64) ** 2
    return (squared - squared.mean(axis=1, keepdims=True)) / squared.std(axis=1, keepdims=True)


def evidence(protocol: Protocol, patterns: Floats, generator: np.random.Generator) -> Floats:
    """Evidence at each step of learning, `(steps, units)`: patterns in random order."""
    order = generator.integers(0, len(patterns), protocol.presentations)
    return np.repeat(protocol.evidence * patterns[order], protocol.steps_each, axis=0)


def learned(protocol: Protocol, evidence: Floats, generator: np.random.Generator) -> Floats:
    """The weights J `(units, units)` after learning from evidence `(steps, units)`."""
    units = evidence.shape[1]
    weights, state = np.zeros((units, units)), np.zeros(units)
    for present in evidence:
        h = weights @ state
        state = sample_continuous_bernoulli(protocol.beta * (present + h), generator)
        weights += protocol.alpha * np.outer(state - langevin(h), state)
        np.fill_diagonal(weights, 0)
    return weights


def retrieval(weights: Floats, generator: np.random.Generator) -> Retrieve:
    """The float network with constant weights, at β = 1."""

    def run(evidence: Floats) -> Floats:
        states, state = np.empty_like(evidence), np.zeros(evidence.shape[1])
        for step, present in enumerate(evidence):
            state = states[step] = sample_continuous_bernoulli(present + weights @ state, generator)
        return states

    return run


def retrieval_gain(protocol: Protocol, patterns: Floats, retrieve: Retrieve, seed: int) -> float:
    """Median over trials of r² of the mean state with the pattern, minus r² of the noisy cue with the pattern.

    A cue is a pattern with Gaussian noise of its own standard deviation, held as evidence for the steps of one trial;
    the state is not reset between trials. The same seed gives the same cues.
    """
    generator = np.random.default_rng(seed)
    chosen = patterns[generator.integers(0, len(patterns), protocol.trials)]
    clean = protocol.cue_strength * protocol.evidence * chosen
    cues = clean + clean.std(axis=1, keepdims=True) * generator.standard_normal(clean.shape)
    states = retrieve(np.repeat(cues, protocol.trial_steps, axis=0))
    means = states.reshape(protocol.trials, protocol.trial_steps, -1).mean(axis=1)
    return float(np.median(r2(means, chosen) - r2(cues, chosen)))


def r2(one: Floats, other: Floats) -> Floats:
    """Squared correlation of each row with that of the other array."""
    a, b = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
    return (a * b).sum(axis=1) ** 2 / ((a**2).sum(axis=1) * (b**2).sum(axis=1))
