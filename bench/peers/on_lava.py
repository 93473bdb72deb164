"""Answers of lava-nc: weights, sums and neurons by its own model classes, or a network in its own runtime.

    python -m quantal.bench.peers.on_lava classes questions.npz answers.npz
    python -m quantal.bench.peers.on_lava runtime questions.npz answers.npz

A model class is stepped directly, with ports that hand over one array.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from quantal.hardware.lava.names import (
    Dense,
    Loihi2SimCfg,
    PyDelayDenseModelBitAcc,
    PyDenseModelBitAcc,
    RunSteps,
    named,
)

PyLifModelBitAcc = named("proc.lif.models", "PyLifModelBitAcc")
LIF = named("proc.lif.process", "LIF")
RingBuffer = named("proc.io.source", "RingBuffer")
REFUSED = -1


class Port:
    """An array that comes in, and the array that was sent last."""

    incoming: Any = None
    sent: Any = None

    def recv(self) -> Any:
        return self.incoming

    def send(self, value: Any) -> None:
        self.sent = np.array(value)


def neuron(units: int, numbers: Any, row: int) -> Any:
    """Lava's fixed-point LIF for one set of numbers; the register of the current's decay is one less."""
    model = PyLifModelBitAcc({})
    model.a_in, model.s_out = Port(), Port()
    model.u, model.v = np.zeros(units, np.int32), np.zeros(units, np.int32)
    model.du, model.dv = int(numbers["decay_u"][row]) - 1, int(numbers["decay_v"][row])
    model.vth = int(numbers["threshold_mant"][row])
    model.bias_mant, model.bias_exp = (numbers[name][row].astype(np.int16) for name in ("bias_mant", "bias_exp"))
    return model


def traces(numbers: Any) -> dict[str, np.ndarray]:
    """u, v and spikes, `(sets, steps, units)`, of units of which each set shares its decays and threshold."""
    a = numbers["a"]
    u, v, spikes = (np.zeros(a.shape, np.int64) for _ in range(3))
    for row in range(len(a)):
        model = neuron(a.shape[-1], numbers, row)
        for step, arriving in enumerate(a[row].astype(np.int32)):
            model.a_in.incoming = arriving
            model.run_spk()
            u[row, step], v[row, step], spikes[row, step] = model.u, model.v, model.s_out.sent
    return {"u": u, "v": v, "spikes": spikes}


def connection(model: Any, weights: np.ndarray) -> Any:
    """A connection that stands by itself: weights `(target units, source units)`."""
    model.weights, model.num_message_bits = weights, np.zeros(1, int)
    model.s_in, model.a_out = Port(), Port()
    return model


def sums(weights: np.ndarray, exponent: int) -> np.ndarray:
    """What arrives where every source spikes once: weights `(target units, source units)`."""
    dense = connection(PyDenseModelBitAcc({"weight_exp": exponent}), weights)
    dense.a_buff, dense.s_in.incoming = np.zeros(len(weights), int), np.ones(weights.shape[1], int)
    dense.run_spk()
    dense.run_spk()
    return dense.a_out.sent


def arrival(delay: int, steps: int = 80) -> int:
    """Steps from a spike to its arrival, for a register of the delay."""
    dense = connection(PyDelayDenseModelBitAcc({}), np.ones((1, 1), int))
    dense.delays, dense.a_buff = np.array([[delay]]), np.zeros((1, delay + 1), int)
    try:
        for step in range(steps):
            dense.s_in.incoming = np.array([step == 0])
            dense.run_spk()
            if dense.a_out.sent[0]:
                return step
    except ValueError:
        pass
    return REFUSED


def runtime(numbers: Any) -> dict[str, np.ndarray]:
    """The same from Lava's runtime: sources that spike, Dense and LIF as processes; one run for each set."""
    shape = len(numbers["decay_u"]), numbers["source"].shape[1], numbers["weights"].shape[1]
    u, v = (np.zeros(shape, np.int64) for _ in range(2))
    for row in range(shape[0]):
        source, lif = RingBuffer(data=numbers["source"][row].T), process(numbers, row)
        dense = Dense(weights=numbers["weights"][row], weight_exp=int(numbers["exponent"][row]))
        source.s_out.connect(dense.s_in)
        dense.a_out.connect(lif.a_in)
        for step in range(shape[1]):
            lif.run(RunSteps(num_steps=1), Loihi2SimCfg(select_tag="fixed_pt"))
            u[row, step], v[row, step] = lif.u.get(), lif.v.get()
        lif.stop()
    return {"u": u, "v": v}


def process(numbers: Any, row: int) -> Any:
    """Lava's LIF as a process for one set of numbers."""
    return LIF(
        shape=(numbers["weights"].shape[1],),
        du=int(numbers["decay_u"][row]) - 1,
        dv=int(numbers["decay_v"][row]),
        vth=int(numbers["threshold_mant"][row]),
        bias_mant=numbers["bias_mant"][row],
        bias_exp=numbers["bias_exp"][row],
    )


def classes(numbers: Any) -> dict[str, np.ndarray]:
    """Answers to all questions that the model classes can answer."""
    found = {"arrivals": np.array([arrival(delay) for delay in numbers["delays"].tolist()])}
    for name in numbers["matrices"]:
        for exponent in numbers["exponents"].tolist():
            found[f"{name} {exponent}"] = sums(numbers[name], exponent)
    for name in numbers["cases"]:
        mine = {key.split("/")[1]: value for key, value in numbers.items() if key.startswith(f"{name}/")}
        found |= {f"{name}/{key}": value for key, value in traces(mine).items()}
    return found


if __name__ == "__main__":
    _, what, questions, answers = sys.argv
    np.savez(answers, **{"classes": classes, "runtime": runtime}[what](dict(np.load(questions))))
