"""Norse and the float simulator are equal, spike for spike: every cell, stacks of cells, images, all parameters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import norse.torch as snn
import numpy as np
import pytest
import torch
from norse.torch.functional.reset import reset_subtract
from torch import nn

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.latency import latency_steps
from quantal.neuro.simulate.floats import FloatTrace, simulate_states
from quantal.neuro.synapses import FloatConvolution, FloatDense
from quantal.training.export.cells import CELLS
from quantal.training.export.module_tree import OVER_TIME, READOUTS
from quantal.training.export.norse import from_norse

STEPS, BATCH = 200, 2
Model = nn.Module
Made = tuple[Model, tuple[int, ...]]


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def parameters(rng: np.random.Generator, units: int | None = None) -> snn.LIFParameters:
    """Parameters that differ from their defaults and make an active cell; one value per unit if `units` is given."""

    def draw(low: float, high: float) -> torch.Tensor:
        return torch.tensor(rng.uniform(low, high, units))

    return snn.LIFParameters(
        tau_syn_inv=draw(150, 400),
        tau_mem_inv=draw(60, 200),
        v_leak=draw(-0.2, 0.1),
        v_th=draw(0.2, 0.6),
        v_reset=draw(-0.5, -0.1),
    )


def excited(model: Model, rng: np.random.Generator, strength: float = 1.0) -> Model:
    """Weights with more excitation than inhibition, scaled by the number of inputs, and biases of both signs."""
    model.double()
    with torch.no_grad():
        for name, value in model.named_parameters():
            inputs = value[0].numel() if value.ndim > 1 else 1
            scale = strength * 3 / np.sqrt(inputs) if value.ndim > 1 else 0.1
            shift = 0.25 if value.ndim > 1 and "recurrent" not in name else 0
            value.copy_(torch.tensor(scale * rng.normal(shift, 1, value.shape)))
    return model


def outputs_of(model: Model, samples: torch.Tensor) -> list[np.ndarray]:
    """Output of each cell of a model, in the order in which they are applied, `(steps, batch, units)` each."""
    outputs: list[list[torch.Tensor]] = []
    hooks = [
        module.register_forward_hook(lambda module, _, output: outputs[-1].append(output[0].detach().clone()))
        for module in model.modules()
        if type(module) in CELLS
    ]
    over_time = any(type(module) in OVER_TIME for module in model.modules())
    with torch.no_grad():
        if over_time:
            outputs.append([])
            model(samples)
        state = None
        for sample in () if over_time else samples:
            outputs.append([])
            _, state = model(sample, state)
    for hook in hooks:
        hook.remove()
    joined = torch.cat if over_time else torch.stack
    return [joined(list(steps)).reshape(len(samples), BATCH, -1).numpy() for steps in zip(*outputs, strict=True)]


def simulated(graph: Graph, samples: torch.Tensor) -> FloatTrace:
    """The graph on the same samples, followed by silence until the last of them has passed through all layers."""
    latency = max(latency_steps(graph).values())
    flat = samples.reshape(*samples.shape[:2], -1).numpy()
    flat = np.concatenate([flat, np.zeros((latency, *flat.shape[1:]))])
    return simulate_states(graph, flat, len(flat), [p.name for p in graph.populations])


def check(
    model: Model, shape: tuple[int, ...], rng: np.random.Generator, active: bool = True, steps: int = STEPS
) -> Graph:
    """Every spike of every layer is equal, delayed by its latency, and read-outs agree to 12 digits."""
    model.eval()
    samples = torch.tensor((rng.random((steps, BATCH, *shape)) < 0.2).astype(float))
    graph = from_norse(model, shape)
    trace, latency = simulated(graph, samples), latency_steps(graph)
    expected = outputs_of(model, samples)
    assert len(expected) == len(graph.populations)
    for index, (population, outputs) in enumerate(zip(graph.populations, expected, strict=True)):
        assert latency[population.name] == index
        here = slice(index, index + steps)
        if trace.messages[population.name].any() or type(model.get_submodule(population.name)) not in READOUTS:
            np.testing.assert_array_equal(trace.messages[population.name][here], outputs)
            assert not active or 0.003 < outputs.mean() < 0.9
        else:
            v = trace.states[population.name]["v"][here]
            np.testing.assert_allclose(v, outputs, rtol=1e-12, atol=1e-12 * np.abs(outputs).max())
            assert np.abs(outputs).max() > 0.01
    return graph


LAYERS: dict[str, Callable[[np.random.Generator], list[Model]]] = {
    "LIFCell": lambda rng: [nn.Linear(12, 10), snn.LIFCell(parameters(rng))],
    "LIFCell with parameters per unit": lambda rng: [nn.Linear(12, 10), snn.LIFCell(parameters(rng, 10))],
    "LIFCell in steps of 0.25 ms": lambda rng: [nn.Linear(12, 10), snn.LIFCell(parameters(rng), dt=0.00025)],
    "LIFCell without memory": lambda rng: [
        nn.Linear(12, 10),
        snn.LIFCell(parameters(rng)._replace(tau_syn_inv=scalar(1000), tau_mem_inv=scalar(1000))),
    ],
    "LIFBoxCell": lambda rng: [
        nn.Linear(12, 10),
        snn.LIFBoxCell(snn.LIFBoxParameters(scalar(300.0), scalar(-0.1), scalar(0.4), scalar(-0.3))),
    ],
    "LIFBoxCell by subtraction": lambda rng: [
        nn.Linear(12, 10),
        snn.LIFBoxCell(
            snn.LIFBoxParameters(scalar(300.0), scalar(-0.1), scalar(0.4), scalar(-0.3), reset_method=reset_subtract)
        ),
    ],
    "LIFRecurrentCell": lambda rng: [snn.LIFRecurrentCell(12, 10, parameters(rng))],
    "LIFRefracCell": lambda rng: [
        nn.Linear(12, 10),
        snn.LIFRefracCell(snn.LIFRefracParameters(parameters(rng), scalar(3.0))),
    ],
    "LIFRefracCell for part of a step": lambda rng: [
        nn.Linear(12, 10),
        snn.LIFRefracCell(snn.LIFRefracParameters(parameters(rng), scalar(1.5))),
    ],
    "LIFRefracRecurrentCell": lambda rng: [
        snn.LIFRefracRecurrentCell(12, 10, snn.LIFRefracParameters(parameters(rng), scalar(2.0)))
    ],
    "LICell": lambda rng: [nn.Linear(12, 10), snn.LICell(snn.LIParameters(v_leak=scalar(0.3)))],
    "LILinearCell": lambda rng: [snn.LILinearCell(12, 10)],
    "LIBoxCell": lambda rng: [nn.Linear(12, 10), snn.LIBoxCell(snn.LIBoxParameters(v_leak=scalar(-0.2)))],
}


@pytest.mark.parametrize("name", LAYERS)
def test_one_layer(name: str):
    rng = np.random.default_rng(0)
    check(excited(snn.SequentialState(*LAYERS[name](rng)), rng), (12,), rng)


@pytest.mark.parametrize("name", LAYERS)
def test_as_the_third_layer(name: str):
    rng = np.random.default_rng(0)
    layers = LAYERS[name](rng)
    dt = layers[-1].dt
    front = [nn.Linear(20, 16), snn.LIFCell(parameters(rng), dt=dt), nn.Linear(16, 12), snn.LIFCell(dt=dt)]
    model = excited(snn.SequentialState(*front, *layers), rng, 1.5 if dt == 0.001 else 6)
    check(model, (20,), rng, active=dt == 0.001)


OVER_TIME_LAYERS: dict[str, Callable[[np.random.Generator], list[Model]]] = {
    "LIF": lambda rng: [nn.Linear(12, 10), snn.LIF(parameters(rng)._replace(v_leak=scalar(0.0)))],
    "LIFRecurrent": lambda rng: [snn.LIFRecurrent(12, 10)],
    "LIFRefracRecurrent": lambda rng: [snn.LIFRefracRecurrent(12, 10)],
    "LI": lambda rng: [nn.Linear(12, 10), snn.LI()],
}


@pytest.mark.parametrize("name", OVER_TIME_LAYERS)
def test_layers_over_time(name: str):
    rng = np.random.default_rng(3)
    model = snn.SequentialState(snn.Lift(nn.Linear(9, 12)), snn.LIF(), *OVER_TIME_LAYERS[name](rng))
    check(excited(model, rng), (9,), rng)


def test_images_over_time():
    rng = np.random.default_rng(4)
    cells = [snn.Lift(snn.LIFCell()), snn.LIF()]
    between = [snn.Lift(nn.AvgPool2d(2)), nn.Flatten(2), nn.Linear(12, 5)]
    model = snn.SequentialState(snn.Lift(nn.Conv2d(1, 3, 3)), cells[0], *between, cells[1])
    graph = from_norse(excited(model, rng, 1.5), (1, 6, 6))
    samples = torch.tensor((rng.random((STEPS, BATCH, 1, 6, 6)) < 0.2).astype(float))
    trace = simulated(graph, samples)
    with torch.no_grad():
        outputs = model(samples)[0].numpy()
    np.testing.assert_array_equal(trace.messages["5"][1 : STEPS + 1], outputs)
    assert 0.003 < outputs.mean() < 0.9


IMAGES: dict[str, Callable[[], list[Model]]] = {
    "convolution": lambda: [nn.Conv2d(3, 4, 3)],
    "stride, padding, dilation, groups": lambda: [nn.Conv2d(3, 6, 2, (2, 1), (1, 2), (1, 2), groups=3)],
    "same padding, reflected": lambda: [nn.Conv2d(3, 2, 3, padding="same", padding_mode="reflect")],
    "pool": lambda: [nn.AvgPool2d(2, padding=1)],
    "pool and convolution": lambda: [nn.AvgPool2d(2), nn.Conv2d(3, 4, 2, bias=False)],
    "convolution and pool": lambda: [nn.Conv2d(3, 4, 2), nn.AvgPool2d((3, 2), stride=1)],
    "flattened": lambda: [nn.AvgPool2d(2), nn.Flatten(), nn.Linear(27, 10)],
    "rows": lambda: [nn.Linear(6, 3)],
    "nothing": lambda: [nn.Identity()],
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str):
    rng = np.random.default_rng(5)
    front = [nn.Conv2d(2, 3, 3), snn.LIFCell(parameters(rng)), nn.Dropout2d()]
    back = [snn.LIFBoxCell(snn.LIFBoxParameters(v_th=scalar(0.05))), nn.Flatten(), nn.LazyLinear(4), snn.LICell()]
    model = snn.SequentialState(*front, *IMAGES[name](), *back)
    model(torch.zeros(1, 2, 8, 8))
    check(excited(model, rng), (2, 8, 8), rng, steps=200)


def test_images_have_parameters_of_channels():
    rng = np.random.default_rng(6)
    p = parameters(rng)._replace(v_th=torch.tensor(rng.uniform(0.2, 0.6, (3, 1, 1))))
    check(excited(snn.SequentialState(nn.Conv2d(2, 3, 3), snn.LIFCell(p)), rng), (2, 5, 5), rng)


@pytest.mark.parametrize("seed", range(6))
def test_any_stack(seed: int):
    """Two or three spiking cells of any kind, with random legal parameters and weights."""
    rng = np.random.default_rng(100 + seed)
    spiking = [name for name in LAYERS if not name.startswith("LI") or name.startswith("LIF")]
    chosen = [name for name in spiking if "0.25" not in name and "memory" not in name]
    modules: list[Model] = []
    for name in rng.choice(chosen, rng.integers(2, 4)):
        modules += [nn.Linear(10 if modules else 15, 12), *LAYERS[name](rng)]
    model = excited(snn.SequentialState(*modules, nn.Linear(10, 3), snn.LICell()), rng, 1.5)
    check(model, (15,), rng, active=False)


def test_layers_in_nested_containers_are_named_by_their_path():
    rng = np.random.default_rng(7)
    inner = nn.Sequential(OrderedDict(weights=nn.Linear(8, 6), drop=nn.Dropout(0.5)))
    model = snn.SequentialState(inner, snn.SequentialState(snn.LIFCell(), nn.Linear(6, 5)), snn.LIFCell())
    graph = check(excited(model, rng, 2), (8,), rng)
    assert [p.name for p in graph.populations] == ["1.0", "2"]
    assert [p.name for p in graph.projections] == ["1.0->2"]


def test_a_module_that_is_used_twice_becomes_two():
    rng = np.random.default_rng(8)
    weight, cell = nn.Linear(8, 8), snn.LIFCell()
    graph = check(excited(snn.SequentialState(weight, cell, weight, cell), rng, 2), (8,), rng)
    assert [p.name for p in graph.populations] == ["1", "3"]


def test_cells_may_follow_each_other_or_be_a_whole_model():
    rng = np.random.default_rng(9)
    box = [snn.LIFBoxCell(snn.LIFBoxParameters(v_th=scalar(0.04))) for _ in range(2)]
    check(snn.SequentialState(*box), (8,), rng)
    assert [p.name for p in from_norse(snn.LIFCell(), (2, 3)).populations] == ["model"]


def test_the_model_is_not_changed():
    model = snn.SequentialState(nn.Linear(4, 3), snn.LIFCell()).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    from_norse(model, (4,))
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_linear_modules_after_the_last_cell_are_the_readout():
    model = snn.SequentialState(snn.LIFCell(), nn.Flatten(), nn.Linear(12, 5, bias=False))
    (readout,) = from_norse(model, (3, 2, 2)).readouts
    assert (readout.name, readout.source) == ("output", "0")
    np.testing.assert_array_equal(readout.weight, model[2].weight.detach().double().numpy())


def test_weights_are_exact_in_the_smallest_form():
    cells = [snn.LIFBoxCell(snn.LIFBoxParameters(scalar(500.0))) for _ in range(4)]
    shared, one_by_one = nn.Conv2d(1, 4, 3), nn.Linear(4, 2)
    model = [cells[0], shared, cells[1], nn.AvgPool2d(7), cells[2], nn.Flatten(), one_by_one, cells[3]]
    graph = from_norse(snn.SequentialState(*model), (1, 9, 9))
    kernel, mean, full = (p.weight for p in graph.projections)
    assert isinstance(kernel, FloatConvolution)
    np.testing.assert_array_equal(kernel.weight, 0.5 * shared.weight.detach().double().numpy())
    assert isinstance(mean, FloatConvolution)
    assert mean.groups == 4
    np.testing.assert_allclose(mean.weight, np.full((4, 1, 7, 7), 0.5 / 49), rtol=1e-15)
    assert isinstance(full, FloatDense)
    np.testing.assert_array_equal(full.matrix, 0.5 * one_by_one.weight.detach().double().numpy())
    assert graph.sample_shape == (1, 9, 9)
    assert graph.provenance["dt_s"] == "0.001"


def test_the_hardest_input_stays_just_inside_the_range():
    """The range is proven, so even the largest possible input comes close to its ends without being clipped."""
    weights = nn.Linear(6, 4)
    model = excited(snn.SequentialState(weights, snn.LICell()), np.random.default_rng(0))
    graph = from_norse(model, (6,), largest_sample=3.0)
    integration = graph.population("1").integration
    hardest = 3.0 * np.sign(weights.weight.detach().numpy())
    v = simulate_states(graph, np.concatenate([hardest, -hardest]), 400, ["1"]).states["1"]["v"]
    assert integration.lowest < v.min() < 0.9 * integration.lowest < 0
    assert integration.highest > v.max() > 0.9 * integration.highest > 0


def test_the_range_includes_recurrent_input():
    cell = snn.LIFRecurrentCell(1, 4, snn.LIFParameters(tau_mem_inv=scalar(500.0), tau_syn_inv=scalar(250.0)))
    with torch.no_grad():
        cell.input_weights.fill_(1)
        cell.recurrent_weights.fill_(20)
    graph, state = from_norse(cell.double(), (1,)), None
    trace = simulate_states(graph, np.ones((1, 1)), 50, ["model"])
    with torch.no_grad():
        for _ in range(50):
            _, state = cell(torch.ones(1, 1, dtype=torch.float64), state)
    assert (trace.messages["model"][-1] == 1).all()
    # Norse stores the current after its decay.
    np.testing.assert_allclose(trace.states["model"]["u"][-1], 0.5 * state.i.numpy() / 0.75, rtol=1e-12)
    assert trace.states["model"]["u"].max() > 0.9 * 0.5 * (1 + 4 * 20) / 0.25


EARLY: dict[str, Callable[[], tuple[Model, Model, float]]] = {
    "box": lambda: (snn.LIFBoxCell(), snn.LIFBoxCell(snn.LIFBoxParameters(scalar(600.0), v_th=scalar(0.2))), -3.0),
    "current": lambda: (snn.LIFCell(), snn.LIFCell(snn.LIFParameters(scalar(600.0), scalar(700.0))), 0.9),
    "no memory": lambda: (snn.LIFBoxCell(), snn.LIFBoxCell(snn.LIFBoxParameters(scalar(1000.0), scalar(0.1))), 1.4),
}


@pytest.mark.parametrize("name", EARLY)
def test_units_that_would_fire_early_are_held_refractory(name: str):
    front, last, bias = EARLY[name]()
    rng = np.random.default_rng(10)
    middle = [nn.Linear(6, 6), front, nn.Linear(6, 6), front, nn.Linear(6, 4)]
    model = excited(snn.SequentialState(nn.Linear(8, 6), front, *middle, last), rng, 2)
    with torch.no_grad():
        middle[-1].bias.copy_(torch.tensor([0.0, bias, 0.0, bias / 2]))
    graph = check(model, (8,), rng, active=False)
    assert graph.populations[-1].initial["refractory_left"][1] == 3


def seq(*modules: Model) -> Model:
    return snn.SequentialState(*modules)


def nan_weights() -> Model:
    layer = nn.Linear(4, 3)
    layer.weight.data[2, 1] = float("nan")
    return seq(layer, snn.LIFCell())


def lif_with(**changes: object) -> Model:
    return seq(nn.Linear(4, 3), snn.LIFCell(snn.LIFParameters(**{k: torch.as_tensor(v) for k, v in changes.items()})))


def box_with(**changes: object) -> Model:
    return seq(nn.Linear(4, 3), snn.LIFBoxCell(snn.LIFBoxParameters(**changes)))


REFUSED: dict[str, tuple[Callable[[], Model], str]] = {
    "ReLU": (
        lambda: seq(nn.Linear(4, 3), nn.Sequential(nn.ReLU()), snn.LIFCell()),
        "module 1.0 (ReLU): this module can't be exported",
    ),
    "LSNN": (lambda: seq(nn.Linear(4, 3), snn.LSNNCell()), "got norse.torch.module.lsnn.LSNNCell"),
    "a subclass": (lambda: seq(type("Mine", (nn.Linear,), {})(4, 3), snn.LIFCell()), "module 0 (Mine)"),
    "batch norm": (lambda: seq(nn.BatchNorm1d(4), snn.LIFCell()), "\n  fold it into the weights of the layer before"),
    "max pool": (lambda: seq(nn.MaxPool2d(2), snn.LIFCell()), "\n  a maximum is not linear; train with AvgPool2d"),
    "no cell": (
        lambda: seq(nn.Linear(4, 3)),
        "model: contains no Norse cell\n  expected at least one of LIFCell, LIF, ",
    ),
    "NaN": (nan_weights, "module 0 (Linear): weight is not finite at (2, 1)\n  expected finite numbers, got nan"),
    "NaN in a cell": (lambda: lif_with(v_th=float("nan")), "module 1 (LIFCell): v_th is not finite at ()"),
    "fast": (
        lambda: lif_with(tau_mem_inv=1500.0),
        "module 1 (LIFCell): dt · tau_mem_inv of unit 0 is out of range\n"
        "  expected 0 to 1, got 1.5 with dt = 0.001\n  choose a shorter dt or a longer time constant",
    ),
    "negative": (lambda: lif_with(tau_syn_inv=-1.0), "expected 0 to 1, got -0.001 with dt = 0.001"),
    "shapes": (
        lambda: lif_with(v_leak=[0.1, 0.2]),
        "module 1 (LIFCell): v_leak does not fit the units\n"
        "  expected one number, or an array that broadcasts to (3,), got (2,)",
    ),
    "threshold": (
        lambda: lif_with(v_reset=2.0),
        "v_th of unit 0 is below the value to which a spike resets v\n  expected a difference of 0 or more",
    ),
    "reset": (lambda: box_with(reset_method=max), "expected reset_value or reset_subtract, got max"),
    "long": (
        lambda: seq(snn.LIFRefracCell(snn.LIFRefracParameters(rho_reset=torch.tensor(64.0)))),
        "module 0 (LIFRefracCell): rho_reset is not a refractory time that can be exported\n"
        "  expected one number from 0 to 63, got 64",
    ),
    "rho of each unit": (
        lambda: seq(snn.LIFRefracCell(snn.LIFRefracParameters(rho_reset=torch.tensor([1.0, 2, 2, 2])))),
        "expected one number from 0 to 63, got 1, 2",
    ),
    "two time steps": (
        lambda: seq(snn.LIFCell(), snn.LIFCell(dt=0.01)),
        "module 1 (LIFCell): cells have different time steps\n"
        "  expected dt = 0.001 as in module 0 (LIFCell), got dt = 0.01",
    ),
    "sequences and steps": (
        lambda: seq(snn.LIF(), snn.LIFCell()),
        "module 1 (LIFCell): the model mixes cells for whole sequences and for single steps",
    ),
    "after a read-out": (lambda: seq(snn.LICell(), nn.Linear(4, 3)), "module 1 (Linear): a module follows a read-out"),
    "biased read-out": (
        lambda: seq(snn.LIFCell(), nn.Linear(4, 3)),
        "module 1 (Linear): a linear module after the last cell has a bias",
    ),
    "features": (lambda: seq(nn.Linear(5, 3), snn.LIFCell()), "module 0 (Linear): can't take samples of shape (4,)"),
    "image": (lambda: seq(nn.Conv2d(1, 1, 1), snn.LIFCell()), "module 0 (Conv2d): can't take samples of shape (4,)"),
    "recurrent features": (
        lambda: seq(snn.LIFRecurrentCell(5, 3)),
        "module 0 (LIFRecurrentCell): the input has the wrong shape\n  expected (5,), got (4,)",
    ),
    "flattened batch": (
        lambda: seq(nn.Flatten(0), snn.LIFCell()),
        "module 0 (Flatten): can't take samples of shape (4,)",
    ),
    "endless": (
        lambda: lif_with(tau_syn_inv=0.0),
        "module 1 (LIFCell): the current of unit 0 grows without bound",
    ),
    "early": (
        lambda: seq(snn.LIFBoxCell(), snn.LIFBoxCell(snn.LIFBoxParameters(v_leak=scalar(1.1)))),
        "module 1 (LIFBoxCell): unit 0 fires without input, before its first input can arrive\n"
        "  expected v_leak equal to v_reset, or a lower v_leak or bias, in every layer but the first, "
        "got a spike within the first 1 step",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exported_is_named(name: str):
    torch.manual_seed(0)
    make, text = REFUSED[name]
    with pytest.raises(QuantalError) as caught:
        from_norse(make(), (4,))
    assert text in str(caught.value)


def test_a_cell_that_forgets_everything_in_a_step_is_noted():
    def noted(tau_syn_inv: float) -> str:
        cell = snn.LIFCell(snn.LIFParameters(tau_syn_inv=scalar(tau_syn_inv), tau_mem_inv=scalar(100.0)), dt=0.001)
        return from_norse(snn.SequentialState(nn.Linear(3, 3), cell), (3,)).provenance.get("notes", "")

    assert noted(200.0) == ""
    assert noted(1000.0).startswith("module 1 (LIFCell): 1 / tau_syn_inv of 1 of 1 units is one time step")
    assert "is more than 8192 time steps" in noted(0.1)
