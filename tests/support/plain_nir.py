"""A second implementation of NIR: every node by its equation, one step after the other, with torch for images.

A unit receives what others sent in the previous step; external input arrives without a delay; v starts at 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import nir
import numpy as np
import torch


def tensor(value: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(value, np.float64))


def convolved(node: Any, x: np.ndarray) -> np.ndarray:
    call = torch.nn.functional.conv2d if node.weight.ndim == 4 else torch.nn.functional.conv1d
    arguments = [
        value if isinstance(value, str | int) else tuple(map(int, value))
        for value in (node.stride, node.padding, node.dilation)
    ]
    return call(tensor(x)[None], tensor(node.weight), tensor(node.bias), *arguments, node.groups)[0].numpy()


def averaged(node: Any, x: np.ndarray) -> np.ndarray:
    sizes = [tuple(map(int, value)) for value in (node.kernel_size, node.stride, node.padding)]
    return torch.nn.functional.avg_pool2d(tensor(x)[None], *sizes)[0].numpy()


LINEAR: dict[type, Any] = {
    nir.Affine: lambda node, x: node.weight @ x + node.bias,
    nir.Linear: lambda node, x: node.weight @ x,
    nir.Scale: lambda node, x: node.scale * x,
    nir.Flatten: lambda node, x: x.reshape(-1),
    nir.Conv1d: convolved,
    nir.Conv2d: convolved,
    nir.AvgPool2d: averaged,
    nir.SumPool2d: lambda node, x: averaged(node, x) * np.prod(node.kernel_size),
    nir.Output: lambda node, x: x,
}


class Unit:
    """v, I and the message of a unit."""

    def __init__(self, node: Any, dt: float) -> None:
        self.node, self.dt = node, dt
        shape = node.output_type["output"]
        self.v, self.current = np.zeros(shape), np.zeros(shape)

    def step(self, x: np.ndarray) -> np.ndarray:
        node, kind = self.node, type(self.node).__name__
        if kind == "Threshold":
            return (x > node.threshold) * 1.0
        if kind.startswith("Cuba"):
            self.current = self.current + self.dt / node.tau_syn * (node.w_in * x - self.current)
            x = self.current
        if kind in ("I", "IF"):
            self.v = self.v + self.dt * node.r * x
        else:
            tau = node.tau_mem if kind.startswith("Cuba") else node.tau
            self.v = self.v + self.dt / tau * (node.v_leak - self.v + node.r * x)
        if not hasattr(node, "v_threshold"):
            return self.v
        spikes = self.v > node.v_threshold
        self.v = np.where(spikes, node.v_reset, self.v)
        return spikes * 1.0


def run(graph: nir.NIRGraph, samples: np.ndarray, dt: float) -> dict[str, np.ndarray]:
    """What every unit sends, `(steps, …)`, for samples `(steps, …)`."""
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    stateful = ("I", "LI", "CubaLI", "IF", "LIF", "CubaLIF", "Threshold")
    units = {name: Unit(node, dt) for name, node in graph.nodes.items() if kinds[name] in stateful}
    sent: dict[str, list[np.ndarray]] = {name: [] for name in units}

    @cache
    def leaving(name: str, step: int) -> np.ndarray:
        node = graph.nodes[name]
        if kinds[name] == "Input":
            return samples[step]
        if name in units:
            return sent[name][step - 1] if step > 0 else np.zeros(node.output_type["output"])
        if kinds[name] == "Delay":
            late = [leaving_before(name, step - round(d / dt))[unit] for unit, d in enumerate(node.delay)]
            return np.array(late)
        return LINEAR[type(node)](node, arriving(name, step))

    def leaving_before(name: str, step: int) -> np.ndarray:
        return arriving(name, step) if step >= 0 else np.zeros(len(graph.nodes[name].delay))

    def arriving(name: str, step: int) -> np.ndarray:
        return sum(leaving(source, step) for source, target in graph.edges if target == name)

    for step in range(len(samples)):
        now = {name: unit.step(arriving(name, step)) for name, unit in units.items()}
        for name, message in now.items():
            sent[name].append(message)
    return {name: np.array(messages) for name, messages in sent.items()}
