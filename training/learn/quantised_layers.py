"""Populations of an integer network as torch modules: exact integer arithmetic, surrogate gradients backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, Integers
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import Population
from quantal.neuro.neurons import Cuba, Graded, Memoryless, Silent, Spike
from quantal.neuro.neurons.cuba import INPUT_SHIFT, U_MAX, bias_parts
from quantal.training.learn.quantised_weights import straight_through

State = dict[str, Tensor]


class SurrogateSpike(torch.autograd.Function):
    """1 where x > 0, else 0; its derivative is replaced by `1 − tanh²(slope · x)`."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor, slope: float) -> Tensor:
        """Spike where `distance`, which is v − threshold relative to the threshold, is positive."""
        ctx.save_for_backward(distance)
        ctx.slope = slope
        return (distance > 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Pass the gradient where v is near the threshold."""
        (distance,) = ctx.saved_tensors
        return gradients[0] * (1 - torch.tanh(ctx.slope * distance) ** 2), None


def leak(state: Tensor, decay: Tensor) -> Tensor:
    """Leak as in `neuro.arithmetic.leak`; the product has at most 36 bits, so it and its quotient by 4096 are exact."""
    remaining = state * (DECAY_UNITY - decay) / DECAY_UNITY
    return straight_through(remaining, torch.trunc(remaining))


def wrap(u: Tensor) -> Tensor:
    """Wrap u into (−2^23, 2^23]."""
    return straight_through(u, U_MAX - torch.remainder(U_MAX - u, 2 * U_MAX))


class Layer(nn.Module):
    """One population: its registers are tensors, its bias is a parameter in physical units."""

    def __init__(self, population: Population, bias: np.ndarray, slope: float) -> None:
        super().__init__()
        self.population, self.slope = population, slope
        cuba = population.integration
        self.bias = nn.Parameter(torch.from_numpy(bias.copy()))
        self.register_buffer("decay_u", torch.from_numpy((cuba.decay_u + cuba.decay_offset).astype(np.float64)))
        self.register_buffer("decay_v", torch.from_numpy(cuba.decay_v.astype(np.float64)))

    def integer_bias(self) -> Tensor:
        """The bias as the chip holds it, rounded to a mantissa and an exponent."""
        mantissa, exponent = self.bias_parts()
        return straight_through(
            self.bias / self.population.state_scale, torch.from_numpy((mantissa << exponent).astype(np.float64))
        )

    def bias_parts(self) -> tuple[Integers, Integers]:
        """Mantissa and exponent of the bias."""
        return bias_parts((self.bias.detach() / self.population.state_scale).round().long().numpy())

    def integrate(self, state: State, a: Tensor, bias: Tensor) -> State:
        """Integrate the input `a` as in `Cuba.step`."""
        u = wrap(leak(state["u"], self.decay_u) + a * 2**INPUT_SHIFT)
        v = leak(state["v"], self.decay_v) + u + bias
        return {**state, "u": u, "v": v.clamp(-STATE_MAX, STATE_MAX)}

    def deployed(self) -> Population:
        """The population with its trained bias."""
        mantissa, exponent = self.bias_parts()
        integration = replace(self.population.integration, bias_mant=mantissa, bias_exp=exponent)
        return replace(self.population, integration=integration)


class SpikingLayer(Layer):
    """A population that spikes."""

    def __init__(self, population: Population, bias: np.ndarray, slope: float) -> None:
        super().__init__(population, bias, slope)
        self.register_buffer("threshold", torch.from_numpy(population.emission.threshold.astype(np.float64)))

    def emit(self, state: State) -> tuple[Tensor, State]:
        """Spike and reset as in `Spike.step`."""
        spike = self.population.emission
        v = torch.where(state["refractory_left"] > 0, 0.0, state["v"])
        message = SurrogateSpike.apply((v - self.threshold) / self.threshold.clamp(min=1), self.slope)
        reset = v - self.threshold if spike.reset == "subtract" else torch.zeros_like(v)
        waiting = (state["refractory_left"] - 1).clamp(min=0)
        return message, {
            **state,
            "v": torch.where(message > 0, reset, v),
            "refractory_left": torch.where(message > 0, float(spike.refractory_steps), waiting),
        }


class SilentLayer(Layer):
    """A leaky integrator that sends nothing."""

    def emit(self, state: State) -> tuple[Tensor, State]:
        """Send nothing, as in `Silent.step`."""
        return torch.zeros_like(state["v"]), state


class InputLayer(nn.Module):
    """An input population, which sends its samples as they are and learns nothing."""

    def __init__(self, population: Population, bias: np.ndarray, slope: float) -> None:
        super().__init__()
        own_ranges = getattr(population.integration, "unit_range", None) is not None
        if population.emission != Graded() or bias.any() or own_ranges:
            raise QuantalError(
                "can't be trained",
                where=f"population {population.name}",
                expected="an input population, without a bias, a shift, a dead zone or ranges of single units",
                got=str(population.emission),
            )
        self.population = population

    def integer_bias(self) -> Tensor:
        """An input population has none."""
        return torch.zeros(())

    def integrate(self, state: State, a: Tensor, bias: Tensor) -> State:
        """Hold the samples of this step, as in `Memoryless.step`."""
        return {"v": a.clamp(self.population.integration.lowest, self.population.integration.highest)}

    def emit(self, state: State) -> tuple[Tensor, State]:
        """Send them, as in `Graded.step`."""
        return state["v"], state

    def deployed(self) -> Population:
        """The population as it is."""
        return self.population


AnyLayer: TypeAlias = SpikingLayer | SilentLayer | InputLayer

LAYERS: dict[tuple[type, type], type[AnyLayer]] = {
    (Cuba, Spike): SpikingLayer,
    (Cuba, Silent): SilentLayer,
    (Memoryless, Graded): InputLayer,
}
"""Integration and emission of the populations that can be part of a trained network, to their layer."""


def initial_state(population: Population, batch: int) -> State:
    """The state of every sample before the first step."""
    zero = np.zeros(population.size, np.int64)
    return {
        name: torch.from_numpy(population.initial.get(name, zero).astype(np.float64)).expand(batch, -1)
        for name in population.states
    }
