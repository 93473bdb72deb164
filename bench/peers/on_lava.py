"""Answers of lava-nc: weights, sums and neurons from its model classes, or networks in its runtime.

    python -m quantal.bench.peers.on_lava classes questions.npz answers.npz
    python -m quantal.bench.peers.on_lava runtime questions.npz answers.npz

Model classes are stepped without Lava's runtime.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from quantal.hardware.lava.lava_imports import (
    LIF,
    DelayDense,
    Dense,
    Loihi2SimCfg,
    PyDelayDenseModelBitAcc,
    PyDenseModelBitAcc,
    PyLifModelBitAcc,
    RunSteps,
    from_lava,
)
from quantal.hardware.lava.stepping import SteppedModel

RingBuffer = from_lava("proc.io.source", "RingBuffer")
REFUSED = -1


def traces(numbers: Any) -> dict[str, np.ndarray]:
    """u, v and spikes, `(sets, steps, units)`, where the units of a set share decays and threshold."""
    a = numbers["a"]
    u, v, spikes = (np.zeros(a.shape, np.int64) for _ in range(3))
    for row in range(len(a)):
        neurons = SteppedModel(lif(numbers, row), PyLifModelBitAcc)
        for step, arriving in enumerate(a[row]):
            spikes[row, step] = neurons.step(arriving)
            u[row, step], v[row, step] = neurons.model.u, neurons.model.v
    return {"u": u, "v": v, "spikes": spikes}


def lif(numbers: Any, row: int) -> Any:
    """Lava's LIF process for one set of numbers; the register of the current's decay holds one less."""
    return LIF(
        shape=(numbers["bias_mant"].shape[1],),
        du=int(numbers["decay_u"][row]) - 1,
        dv=int(numbers["decay_v"][row]),
        vth=int(numbers["threshold_mant"][row]),
        bias_mant=numbers["bias_mant"][row],
        bias_exp=numbers["bias_exp"][row],
    )


def sums(weights: np.ndarray, exponent: int) -> np.ndarray:
    """The input that arrives when every source spikes once; weights are `(target units, source units)`."""
    dense = SteppedModel(Dense(weights=weights, weight_exp=exponent), PyDenseModelBitAcc)
    every_source = np.ones(weights.shape[1])
    dense.step(every_source)
    return dense.step(every_source)


def arrival(delay: int, steps: int = 80) -> int:
    """Steps from a spike to its arrival, for a value of the delay register; the model refuses one out of range."""
    dense = SteppedModel(DelayDense(weights=np.ones((1, 1)), delays=np.array([[delay]])), PyDelayDenseModelBitAcc)
    try:
        return next(step for step in range(steps) if dense.step([step == 0]).any())
    except ValueError:
        return REFUSED


def runtime(numbers: Any) -> dict[str, Any]:
    """u and v from Lava's runtime, with spiking sources, Dense and LIF as processes, one run for each set."""
    shape = len(numbers["decay_u"]), numbers["source"].shape[1], numbers["weights"].shape[1]
    u, v = (np.zeros(shape, np.int64) for _ in range(2))
    for row in range(shape[0]):
        source, neurons = RingBuffer(data=numbers["source"][row].T), lif(numbers, row)
        dense = Dense(weights=numbers["weights"][row], weight_exp=int(numbers["exponent"][row]))
        source.s_out.connect(dense.s_in)
        dense.a_out.connect(neurons.a_in)
        for step in range(shape[1]):
            neurons.run(RunSteps(num_steps=1), Loihi2SimCfg(select_tag="fixed_pt"))
            u[row, step], v[row, step] = neurons.u.get(), neurons.v.get()
        neurons.stop()
    return {"u": u, "v": v}


def classes(numbers: Any) -> dict[str, Any]:
    """The answers of the model classes."""
    found: dict[str, Any] = {"arrivals": np.array([arrival(delay) for delay in numbers["delays"].tolist()])}
    for name in numbers["matrices"]:
        for exponent in numbers["exponents"].tolist():
            found[f"{name} {exponent}"] = sums(numbers[name], exponent)
    for name in numbers["cases"]:
        own = {key.split("/")[1]: value for key, value in numbers.items() if key.startswith(f"{name}/")}
        found |= {f"{name}/{key}": value for key, value in traces(own).items()}
    return found


if __name__ == "__main__":
    _, what, questions, answers = sys.argv
    np.savez(answers, **{"classes": classes, "runtime": runtime}[what](dict(np.load(questions))))
