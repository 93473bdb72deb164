"""An integer network as a torch module: exact integer arithmetic in the forward pass, surrogate gradients backwards.

The forward pass rounds whatever the chip rounds, in floats that hold every integer exactly: states and sums of at most
31 bits in 64-bit floats, products of integer mantissas with integer messages in 32-bit floats, since
`neuro.network.verify` bounds their sums by 24 bits. So the accuracy in training is the accuracy of the network. In the
backward pass, rounding counts as the identity (Bengio, Léonard and Courville 2013), and a spike has the derivative of
tanh.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quantal.neuro.arithmetic import DECAY_UNITY, STATE_MAX, Integers
from quantal.neuro.compile.options import Options
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.graph import FloatProjection, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import Cuba, Silent, Spike
from quantal.neuro.neurons.cuba import INPUT_SHIFT, U_MAX, bias_parts
from quantal.training.learn.quantised_weights import SUMS, Synapses, straight_through

State = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Response:
    """The response of a quantised network, by population, each `(steps, batch, units)`.

    `messages` holds every population, `potentials` v of the recorded ones.
    """

    messages: dict[str, Tensor]
    potentials: dict[str, Tensor]


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

    def initial_state(self, batch: int) -> State:
        """The state of every sample before the first step."""
        zero = np.zeros(self.population.size, np.int64)
        return {
            name: torch.from_numpy(self.population.initial.get(name, zero).astype(np.float64)).expand(batch, -1)
            for name in self.population.states
        }

    def integrate(self, state: State, a: Tensor, bias: Tensor) -> State:
        """Integrate the input `a` as in `Cuba.step`."""
        u = wrap(leak(state["u"], self.decay_u) + a * 2**INPUT_SHIFT)
        v = leak(state["v"], self.decay_v) + u + bias
        return {**state, "u": u, "v": v.clamp(-STATE_MAX, STATE_MAX)}


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


LAYERS: dict[tuple[type, type], type[SpikingLayer] | type[SilentLayer]] = {
    (Cuba, Spike): SpikingLayer,
    (Cuba, Silent): SilentLayer,
}
"""Integration and emission of the populations that can be trained, to their layer."""


class QuantisedNetwork(nn.Module):
    """A compiled network with trainable weights and biases.

    Parameters
    ----------
    graph
        The float network, whose weights and biases initialise the parameters.
    network
        The same network, compiled. Scales, exponents, thresholds and decays are not trained.
    options
        The options that it was compiled with; only one weight slice is supported.
    slope
        Slope of the surrogate derivative.

    A population or a weight of a kind that can't be trained is a `QuantalError`.
    """

    def __init__(self, graph: Graph, network: CountNetwork, options: Options | None = None, slope: float = 2.0) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(layer(p, graph, slope) for p in network.populations)
        self.synapses = nn.ModuleList(
            synapses(network, projection, float_projection, options or Options())
            for projection, float_projection in zip(network.projections, graph.projections, strict=True)
        )

    def forward(self, drive: Mapping[str, Tensor], steps: int, recorded: Collection[str] = ()) -> Response:
        """Run for some steps; `drive` holds integers as for the engine, `(batch, units)` or `(steps, batch, units)`."""
        batch = next(iter(drive.values())).shape[-2]
        mantissas, biases = [s.mantissas() for s in self.synapses], [layer.integer_bias() for layer in self.layers]
        states = [layer.initial_state(batch) for layer in self.layers]
        sent: dict[str, list[Tensor]] = {p.name: [] for p in self.network.populations}
        potentials: dict[str, list[Tensor]] = {name: [] for name in recorded}
        for step in range(steps):
            sums = self.input_sums(drive, sent, mantissas, step, batch)
            for index, layer in enumerate(self.layers):
                name = layer.population.name
                message, states[index] = layer.emit(layer.integrate(states[index], sums[name], biases[index]))
                sent[name].append(message)
                if name in potentials:
                    potentials[name].append(states[index]["v"])
        return Response(
            {name: torch.stack(messages) for name, messages in sent.items()},
            {name: torch.stack(values) for name, values in potentials.items()},
        )

    def input_sums(
        self, drive: Mapping[str, Tensor], sent: dict[str, list[Tensor]], mantissas: list[Tensor], step: int, batch: int
    ) -> dict[str, Tensor]:
        """The sum of all input to every population at one step, `(batch, units)`."""
        sums = {p.name: torch.zeros(batch, p.size, dtype=torch.float64) for p in self.network.populations}
        for name, value in drive.items():
            sums[name] = sums[name] + (value if value.ndim == 2 else value[step])
        for synapses, weights in zip(self.synapses, mantissas, strict=True):
            projection = synapses.projection
            if step >= projection.delay_steps:
                arriving = synapses(weights, sent[projection.source][-projection.delay_steps])
                sums[projection.target] = sums[projection.target] + arriving
        return sums

    @torch.no_grad()
    def deployed(self) -> CountNetwork:
        """The integer network with the trained weights, equal to `forward` integer for integer."""
        network = replace(
            self.network,
            populations=tuple(with_bias(layer) for layer in self.layers),
            projections=tuple(synapses.deployed() for synapses in self.synapses),
        )
        verify(network)
        return network


def layer(population: Population, graph: Graph, slope: float) -> Layer:
    """The module of a population."""
    kinds = (type(population.integration), type(population.emission))
    if kinds not in LAYERS:
        raise QuantalError(
            "can't be trained",
            where=f"population {population.name}",
            expected=" or ".join(" + ".join(kind.__name__ for kind in known) for known in LAYERS),
            got=" + ".join(kind.__name__ for kind in kinds),
        )
    return LAYERS[kinds](population, graph.population(population.name).integration.bias, slope)


def synapses(
    network: CountNetwork, projection: Projection, float_projection: FloatProjection, options: Options
) -> Synapses:
    """The module of a projection."""
    if type(projection.weight) not in SUMS:
        raise QuantalError(
            "can't be trained",
            where=f"projection {projection.name}",
            expected=" or ".join(kind.__name__ for kind in SUMS),
            got=type(projection.weight).__name__,
        )
    target, source = network.population(projection.target), network.population(projection.source)
    mantissa_scale = target.state_scale * 2**INPUT_SHIFT / source.message_scale * 2**projection.exponent
    return Synapses(projection, float_projection.weight, mantissa_scale, options.weight_bits)


def with_bias(layer: Layer) -> Population:
    """The population with its trained bias."""
    mantissa, exponent = layer.bias_parts()
    integration = replace(layer.population.integration, bias_mant=mantissa, bias_exp=exponent)
    return replace(layer.population, integration=integration)
