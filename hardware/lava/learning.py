"""Projections that learn as one Lava process, together with all that share their weights.

Lava has no process for these rules. This one receives the messages of every population that a rule or a
projection reads, applies the rule, and sends the sums of the next step, as Lava's own processes do with constant
weights.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from quantal.hardware.lava.lava_imports import (
    CPU,
    AbstractProcess,
    InPort,
    LavaPyType,
    LoihiProtocol,
    OutPort,
    Process,
    PyInPort,
    PyLoihiProcessModel,
    PyOutPort,
    implements,
    requires,
    tag,
)
from quantal.hardware.lava.population import port_shape
from quantal.hardware.lava.run_request import RunRequest
from quantal.neuro.arithmetic import STATE_BITS, Integers
from quantal.neuro.network.count_network import CountNetwork, Projection
from quantal.neuro.network.trace import initial_snapshot
from quantal.neuro.simulate.learning import learn_one, weighted
from quantal.neuro.simulate.trace_buffer import TraceBuffer
from quantal.neuro.synapses.plasticity.protocol import Plasticity


def users(network: CountNetwork, learner: Projection) -> list[Projection]:
    """The projections that use the weights of one that learns, itself included."""
    return [each for each in network.projections if learner.name in (each.name, each.shares)]


def read_populations(network: CountNetwork, learner: Projection, rule: Plasticity) -> list[str]:
    """Populations whose messages are needed to learn and to sum, each once."""
    return [
        *dict.fromkeys(
            [*(factor.population for factor in rule.factors), *(each.source for each in users(network, learner))]
        )
    ]


class LearningProcess(AbstractProcess):
    """One learning rule: port `messages_k` receives from population k, `sums_k` sends to the target of projection k."""

    def __init__(self, learner: Projection, rule: Plasticity, request: RunRequest, buffer: TraceBuffer) -> None:
        super().__init__(name=f"projection {learner.name}", learner=learner, rule=rule, request=request, buffer=buffer)
        network, batch = request.network, request.batch
        self.populations, self.users = read_populations(network, learner, rule), users(network, learner)
        for port, name in zip(ports("messages", self.populations), self.populations, strict=True):
            setattr(self, port, InPort(shape=port_shape(network.population(name).size, batch)))
        for port, user in zip(ports("sums", self.users), self.users, strict=True):
            setattr(self, port, OutPort(shape=port_shape(network.population(user.target).size, batch)))

    @property
    def model(self) -> Any:
        """The model with the ports of this process."""
        return model_with_ports(len(self.populations), len(self.users))


def ports(kind: str, things: Sequence[Any]) -> list[str]:
    """Names of the ports of one kind, in order."""
    return [f"{kind}_{place}" for place in range(len(things))]


@implements(proc=LearningProcess, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class LearningModel(PyLoihiProcessModel):
    """Send the sums that are due, receive the messages of this step, learn from them."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.learner, self.rule = proc_params["learner"], proc_params["rule"]
        self.request: RunRequest = proc_params["request"]
        self.buffer: TraceBuffer = proc_params["buffer"]
        network, start = self.request.network, initial_snapshot(self.request.network, self.request.batch)
        self.users = users(network, self.learner)
        self.populations = read_populations(network, self.learner, self.rule)
        self.sent = {name: deque(start.sent[name].astype(np.int64), len(start.sent[name])) for name in self.populations}
        self.tags = {self.learner.name: start.weights[self.learner.name].astype(np.int64)}

    def run_spk(self) -> None:
        """One step, whose messages arrive at the earliest in the next one."""
        for port, user in zip(ports("sums", self.users), self.users, strict=True):
            getattr(self, port).send(self.port_order(self.sums(user)))
        for port, name in zip(ports("messages", self.populations), self.populations, strict=True):
            received = getattr(self, port).recv().reshape(-1, self.request.batch).T
            self.sent[name].append(received.astype(np.int64))
        learn_one(self.learner, self.rule, self.tags, self.sent)
        self.buffer.write_tags(self.time_step - 1, self.tags)

    def sums(self, user: Projection) -> Integers:
        """What one projection adds to the input of this step, `(batch, target units)`."""
        message = self.sent[user.source][-user.delay_steps]
        return weighted(self.request.network, user, self.tags, message) << user.exponent

    def port_order(self, sums: Integers) -> Integers:
        """Sums as the ports send them."""
        return sums.T.reshape(port_shape(sums.shape[1], self.request.batch)).astype(np.int32)


@lru_cache(maxsize=16)
def model_with_ports(inputs: int, outputs: int) -> Any:
    """The model for this number of ports, which Lava reads from the class."""
    types = {
        **{
            port: LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=STATE_BITS)
            for port in ports("messages", range(inputs))
        },
        **{
            port: LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=STATE_BITS)
            for port in ports("sums", range(outputs))
        },
    }
    return type("LearningModel", (LearningModel,), types)


def learning_processes(request: RunRequest, buffer: TraceBuffer, populations: dict[str, Process]) -> list[Process]:
    """A connected process for each learning rule."""
    made: list[Process] = []
    for learner, rule in request.network.learning:
        process = LearningProcess(learner, rule, request, buffer)
        for port, name in zip(ports("messages", process.populations), process.populations, strict=True):
            populations[name].s_out.connect(getattr(process, port))
        for port, user in zip(ports("sums", process.users), process.users, strict=True):
            getattr(process, port).connect(populations[user.target].a_in)
        made.append(process)
    return made
