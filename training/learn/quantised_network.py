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

import numpy as np
import torch
from torch import Tensor, nn

from quantal.neuro.compile.inputs import inputs_on_chip
from quantal.neuro.compile.options import Options, Report
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.network.graph import FloatProjection, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons.cuba import INPUT_SHIFT
from quantal.training.learn.quantised_layers import LAYERS, AnyLayer, initial_state
from quantal.training.learn.quantised_weights import SUMS, Arriving, Synapses


@dataclass(frozen=True, eq=False)
class Response:
    """The response of a quantised network, by population, each `(steps, batch, units)`.

    `messages` holds every population, `potentials` v of the recorded ones.
    """

    messages: dict[str, Tensor]
    potentials: dict[str, Tensor]


class QuantisedNetwork(nn.Module):
    """A compiled network with trainable weights and biases.

    Parameters
    ----------
    graph
        The float network, whose weights and biases initialise the parameters; its input may still be on the host.
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
        self.network, chosen = network, options or Options()
        for projection in network.projections:
            refuse_own_delays(projection)
        prepared = inputs_on_chip(graph, chosen, Report())
        self.layers = nn.ModuleList(layer(p, prepared, slope) for p in network.populations)
        self.synapses = nn.ModuleList(
            synapses(network, projection, float_projection, chosen)
            for projection, float_projection in zip(network.projections, prepared.projections, strict=True)
        )

    def forward(self, drive: Mapping[str, Tensor], steps: int, recorded: Collection[str] = ()) -> Response:
        """Run for some steps; `drive` holds integers as for the engine, `(batch, units)` or `(steps, batch, units)`."""
        batch = next(iter(drive.values())).shape[-2]
        arriving = [Arriving(each, each.mantissas()) for each in self.synapses]
        biases = [layer.integer_bias() for layer in self.layers]
        states = [initial_state(layer.population, batch) for layer in self.layers]
        sent: dict[str, list[Tensor]] = {p.name: [] for p in self.network.populations}
        potentials: dict[str, list[Tensor]] = {name: [] for name in recorded}
        for step in range(steps):
            sums = self.input_sums(drive, sent, arriving, step, batch)
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
        self,
        drive: Mapping[str, Tensor],
        sent: dict[str, list[Tensor]],
        arriving: list[Arriving],
        step: int,
        batch: int,
    ) -> dict[str, Tensor]:
        """The sum of all input to every population at one step, `(batch, units)`."""
        sums = {p.name: torch.zeros(batch, p.size, dtype=torch.float64) for p in self.network.populations}
        for name, value in drive.items():
            sums[name] = sums[name] + (value if value.ndim == 2 else value[step])
        for each in arriving:
            projection = each.synapses.projection
            if step >= projection.delay_steps:
                message = sent[projection.source][-projection.delay_steps]
                sums[projection.target] = sums[projection.target] + each.sums_of(message)
        return sums

    @torch.no_grad()
    def deployed(self) -> CountNetwork:
        """The integer network with the trained weights, equal to `forward` integer for integer."""
        network = replace(
            self.network,
            populations=tuple(layer.deployed() for layer in self.layers),
            projections=tuple(synapses.deployed() for synapses in self.synapses),
        )
        verify(network)
        return network


def refuse_own_delays(projection: Projection) -> None:
    """Refuse connections with delays of their own, which would need a sum for each delay at every step."""
    if isinstance(projection.delay_steps, np.ndarray):
        raise QuantalError(
            "connections with their own delays can't be trained",
            where=f"projection {projection.name}",
            expected="one delay for all connections",
        )


def layer(population: Population, graph: Graph, slope: float) -> AnyLayer:
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
