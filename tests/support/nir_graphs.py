"""NIR graphs that the tests read, write and run, made with the nir package."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import nir
import numpy as np

from quantal.neuro.nir import examples

FILES = Path(examples.__file__).parent


def ones(*shape: int, value: float = 1.0, dtype: type = np.float32) -> np.ndarray:
    return np.full(shape, value, dtype)


def lif(size: int, **changed: float) -> nir.LIF:
    values = {"tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **changed}
    return nir.LIF(**{name: np.full(size, value) for name, value in values.items()})


def li(size: int, **changed: float) -> nir.LI:
    values = {"tau": 0.01, "r": 1.0, "v_leak": 0.0, **changed}
    return nir.LI(**{name: np.full(size, value) for name, value in values.items()})


def chain(*nodes: nir.NIRNode, size: int = 3, out: int | None = None) -> nir.NIRGraph:
    """Input, the nodes as `n0`, `n1`, …, and an Output, in a row; nothing is checked by nir."""
    names = ["input", *(f"n{index}" for index in range(len(nodes))), "output"]
    ends = nir.Input(np.array([size])), nir.Output(np.array([out or size]))
    return nir.NIRGraph(
        dict(zip(names, (ends[0], *nodes, ends[1]), strict=True)),
        list(pairwise(names)),
        type_check=False,
    )


def image_chain(*nodes: nir.NIRNode, shape: tuple[int, ...], out: tuple[int, ...]) -> nir.NIRGraph:
    graph = chain(*nodes)
    graph.nodes["input"], graph.nodes["output"] = nir.Input(np.array(shape)), nir.Output(np.array(out))
    return graph


def every_primitive() -> dict[str, nir.NIRGraph]:
    """A graph for each primitive, by its name."""
    rng = np.random.default_rng(0)
    unit = lif(3)
    cuba = {"tau_syn": ones(3, value=0.005), "tau_mem": ones(3, value=0.01), "r": ones(3), "v_leak": ones(3, value=0.1)}
    weight = rng.normal(size=(2, 2, 3)).astype(np.float32)
    conv1d = nir.Conv1d(6, weight, 1, 1, 1, 1, np.zeros(2, np.float32))
    image = rng.normal(size=(4, 1, 3, 2))
    conv2d = nir.Conv2d((6, 5), image, (2, 1), (1, 0), (1, 2), 2, rng.normal(size=4))
    same = nir.Conv2d((6, 5), rng.normal(size=(2, 2, 3, 3)), 1, "same", 1, 1, rng.normal(size=2))
    even = nir.Conv2d((6, 5), rng.normal(size=(2, 2, 2, 2)), 1, "same", (1, 3), 1, rng.normal(size=2))
    pool = {"kernel_size": np.array([2, 2]), "stride": np.array([2, 1]), "padding": np.array([1, 0])}
    spike = nir.IF(ones(2, 6, value=500.0), ones(2, 6), np.zeros((2, 6), np.float32))
    inner = chain(nir.Affine(rng.normal(size=(3, 3)), rng.normal(size=3)), lif(3))
    return {
        "Affine": chain(nir.Affine(rng.normal(size=(4, 3)), rng.normal(size=4)), lif(4), out=4),
        "Linear": chain(nir.Linear(rng.normal(size=(4, 3)).astype(np.float32)), lif(4), out=4),
        "Scale": chain(nir.Scale(np.array([1.0, 2.0, 3.0])), lif(3)),
        "Conv1d": image_chain(conv1d, spike, shape=(2, 6), out=(2, 6)),
        "Conv2d": image_chain(conv2d, nir.Threshold(ones(4, 3, 3)), shape=(2, 6, 5), out=(4, 3, 3)),
        "Conv2d same": image_chain(same, nir.Threshold(ones(2, 6, 5)), shape=(2, 6, 5), out=(2, 6, 5)),
        "Conv2d same even": image_chain(even, nir.Threshold(ones(2, 6, 5)), shape=(2, 6, 5), out=(2, 6, 5)),
        "SumPool2d": image_chain(nir.SumPool2d(**pool), nir.Threshold(ones(2, 4, 4)), shape=(2, 6, 5), out=(2, 4, 4)),
        "AvgPool2d": image_chain(nir.AvgPool2d(**pool), nir.Threshold(ones(2, 4, 4)), shape=(2, 6, 5), out=(2, 4, 4)),
        "Flatten": image_chain(nir.Flatten(np.array([2, 6]), 0), lif(12), shape=(2, 6), out=(12,)),
        "Delay": chain(unit, nir.Delay(np.array([0.001, 0.002, 0.0])), nir.Linear(np.eye(3)), lif(3)),
        "I": chain(nir.I(ones(3)), nir.Linear(np.eye(3)), lif(3)),
        "LI": chain(unit, nir.Scale(ones(3)), nir.LI(ones(3, value=0.01), ones(3), ones(3, value=0.2))),
        "CubaLI": chain(unit, nir.Scale(ones(3)), nir.CubaLI(**cuba, w_in=ones(3, value=2.0))),
        "IF": chain(nir.IF(ones(3, value=500.0), ones(3), ones(3, value=-0.5))),
        "LIF": chain(lif(3, r=3.0, v_leak=0.2, v_reset=-0.5)),
        "CubaLIF": chain(
            nir.CubaLIF(**cuba, v_threshold=ones(3), v_reset=ones(3, value=0.2), w_in=ones(3, value=40.0))
        ),
        "Threshold": chain(nir.Threshold(np.array([0.5, 0.0, 2.0]))),
        "NIRGraph": chain(inner, lif(3)),
    }


def recurrent(between: nir.NIRNode | None) -> nir.NIRGraph:
    """A recurrent LIF, connected through a node or directly."""
    middle = {} if between is None else {"back": between}
    loop = [("lif", "lif")] if between is None else [("lif", "back"), ("back", "lif")]
    return nir.NIRGraph(
        {"input": nir.Input(np.array([3])), "lif": lif(3, r=30.0), "output": nir.Output(np.array([3])), **middle},
        [("input", "lif"), ("lif", "output"), *loop],
        type_check=False,
    )
