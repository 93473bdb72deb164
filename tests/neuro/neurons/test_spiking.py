"""Cuba and Spike: the kernels are the steps, worked examples of the chip's arithmetic, and the float forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.arithmetic import STATE_MAX, Integers
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.network.count_network import Population
from quantal.neuro.network.graph import FloatPopulation
from quantal.neuro.neurons import Cuba, FloatCuba, FloatSpike, Spike
from quantal.neuro.neurons.cuba import U_MAX, bias_parts
from quantal.neuro.simulate.floats import population_step as float_population_step
from quantal.neuro.simulate.reference import population_step

from support.strategies import sizes, vectors

Draw = st.DrawFn


@st.composite
def cubas(draw: Draw, size: int) -> Cuba:
    offset = draw(st.integers(0, 1))
    return Cuba(
        draw(vectors(size, -4096, 4095)),
        draw(vectors(size, 0, 7)),
        draw(vectors(size, 0, 4096 - offset)),
        draw(vectors(size, 0, 4096)),
        offset,
    )


@st.composite
def spikes(draw: Draw, size: int) -> Spike:
    return Spike(
        draw(vectors(size, 0, 2**17 - 1)), draw(st.sampled_from(["zero", "subtract"])), draw(st.integers(0, 63))
    )


@st.composite
def layers(draw: Draw) -> tuple[Cuba, Spike, dict[str, Integers], Integers]:
    """An integration, an emission, a state that they can reach, and any input of 24 bits."""
    size = draw(sizes)
    state = {
        "refractory_left": draw(vectors(size, 0, 63)),
        "u": draw(vectors(size, -STATE_MAX, U_MAX)),
        "v": draw(vectors(size)),
    }
    return draw(cubas(size)), draw(spikes(size)), state, draw(vectors(size))


def as_int32(kind: Cuba | Spike) -> np.ndarray:
    return KERNELS[type(kind)].pack(kind).astype(np.int32)


@settings(max_examples=100, deadline=None)
@given(layers())
def test_kernels_are_the_steps(layer: tuple[Cuba, Spike, dict[str, Integers], Integers]):
    assert_kernels_are_the_steps(*layer)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
@pytest.mark.parametrize("shared", [(), ("decay_u",), ("decay_v", "bias"), ("decay_u", "decay_v", "bias", "threshold")])
@pytest.mark.parametrize("forgotten", [1000, 4095])
def test_kernels_of_many_units(size: int, shared: tuple[str, ...], forgotten: int):
    rng = np.random.default_rng(size)

    def numbers(name: str, lowest: int, highest: int) -> Integers:
        drawn = rng.integers(lowest, highest, size, endpoint=True)
        return np.full(size, drawn[0]) if name in shared else drawn

    cuba = Cuba(
        numbers("bias", -4096, 4095),
        numbers("bias", 0, 7),
        numbers("decay_u", forgotten, 4095),
        numbers("decay_v", 0, 4096),
    )
    spike = Spike(numbers("threshold", 0, 2**17 - 1), "subtract", 3)
    waiting = rng.integers(0, 2, size) * (np.arange(size) > 70)
    state = {"refractory_left": waiting, "u": numbers("u", -(2**22), 2**22), "v": numbers("v", -(2**22), 2**22)}
    assert_kernels_are_the_steps(cuba, spike, state, numbers("a", -(2**16), 2**16))
    assert_kernels_are_the_steps(cuba, Spike(spike.threshold_mant), state, numbers("a", -(2**16), 2**16))


def assert_kernels_are_the_steps(cuba: Cuba, spike: Spike, state: dict[str, Integers], a: Integers) -> None:
    rows, message = np.stack([*state.values()]).astype(np.int32), np.full(a.size, 9, np.int32)
    batch = {name: value[np.newaxis] for name, value in state.items()}
    batch |= cuba.step(batch, a[np.newaxis])
    KERNELS[Cuba].compiled(rows[1:], a.astype(np.int32), as_int32(cuba))
    assert rows.tolist() == [batch[name][0].tolist() for name in state]
    own = {"refractory_left": batch["refractory_left"]}
    expected, own, batch["v"] = spike.step(own, batch["v"], np.zeros((1, 0), np.int64))
    batch |= own
    KERNELS[Spike].compiled(rows, np.zeros(0, np.int32), as_int32(spike), message)
    assert message.tolist() == expected[0].tolist()
    assert rows.tolist() == [batch[name][0].tolist() for name in state]


@settings(max_examples=60, deadline=None)
@given(layers())
def test_states_stay_in_their_ranges(layer: tuple[Cuba, Spike, dict[str, Integers], Integers]):
    cuba, spike, state, a = layer
    assert cuba.problems(a.size) + spike.problems(a.size) == []
    population = Population("p", a.size, cuba, spike)
    _, state = population_step(population, state, a, np.zeros(0, np.int64))
    assert (np.abs(state["v"]) <= STATE_MAX).all()
    assert ((state["u"] >= -STATE_MAX) & (state["u"] <= U_MAX)).all()
    assert ((state["refractory_left"] >= 0) & (state["refractory_left"] <= 63)).all()


def one(*values: int) -> Integers:
    return np.array(values)


def after(u: int, a: int, **fields: int) -> tuple[int, int]:
    """u and v after one step from `u` and v = 0."""
    numbers = {"bias_mant": 0, "bias_exp": 0, "decay_u": 0, "decay_v": 0, **fields}
    offset = numbers.pop("decay_offset", 1)
    state = Cuba(**{name: one(value) for name, value in numbers.items()}, decay_offset=offset).step(
        {"u": one(u), "v": one(0)}, one(a)
    )
    return int(state["u"][0]), int(state["v"][0])


def test_the_input_is_shifted_by_six_bits():
    assert after(0, 3) == (192, 192)


def test_the_hardware_adds_one_to_the_decay_of_u():
    assert after(4096, 0) == (4095, 4095)
    assert after(4096, 0, decay_offset=0) == (4096, 4096)
    assert after(4096, 5, decay_u=4095) == (320, 320)


def test_the_decay_rounds_toward_zero():
    assert after(-3, 0, decay_u=2047) == (-1, -1)


def test_bias_reaches_v_only():
    assert after(0, 0, bias_mant=-5, bias_exp=3) == (0, -40)


def test_u_wraps_past_two_to_the_23():
    assert after(0, 2**17) == (2**23, STATE_MAX)
    assert after(0, 2**17 + 1) == (-(2**23) + 64, -(2**23) + 64)
    assert after(0, -(2**17)) == (2**23, STATE_MAX)


def run_spike(spike: Spike | FloatSpike, potentials: list[float]) -> tuple[list[float], list[float]]:
    """Messages and v after each step, before which v is set to the given number."""
    own, messages, after_steps = {"refractory_left": np.zeros(1)}, [], []
    for v in potentials:
        message, own, after = spike.step(own, np.array([v]), np.random.default_rng(0))
        messages.append(message[0])
        after_steps.append(after[0])
    return messages, after_steps


@pytest.mark.parametrize("spike", [Spike(one(1)), FloatSpike(np.array([64.0]))])
def test_v_must_exceed_the_threshold(spike: Spike | FloatSpike):
    assert run_spike(spike, [63, 64, 65]) == ([0, 0, 1], [63, 64, 0])


@pytest.mark.parametrize("spike", [Spike(one(1), "subtract"), FloatSpike(np.array([64.0]), "subtract")])
def test_reset_by_subtraction_leaves_the_excess(spike: Spike | FloatSpike):
    assert run_spike(spike, [65, 200]) == ([1, 1], [1, 136])


@pytest.mark.parametrize("spike", [Spike(one(1), "zero", 2), FloatSpike(np.array([64.0]), "zero", 2)])
def test_v_is_held_for_the_refractory_steps(spike: Spike | FloatSpike):
    assert run_spike(spike, [65, 99, 99, 99]) == ([1, 0, 0, 1], [0, 0, 0, 0])


@given(st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=5).map(np.array))
def test_bias_parts_are_as_close_as_thirteen_bits_allow(bias: Integers):
    mantissa, exponent = bias_parts(bias)
    inside = np.clip(bias, -4096 << 7, 4095 << 7)
    assert (np.abs((mantissa << exponent) - inside) <= 2.0**exponent / 2).all()
    assert ((exponent == 0) | (np.abs(inside) >= 4095 << (exponent - 1))).all()


@given(st.integers(0, 2**31), st.sampled_from(["zero", "subtract"]), st.integers(0, 4))
def test_float_and_integer_spikes_agree_without_rounding(seed: int, reset: str, refractory_steps: int):
    """Decays of 1/2 and inputs that stay even long enough leave nothing to round."""
    rng = np.random.default_rng(seed)
    state_scale, half = 2.0**-10, np.full(3, 0.5)
    bias, threshold = rng.integers(-9, 9, 3) * 2.0**-4, rng.integers(0, 40, 3) * 2.0**-4
    graph = FloatCuba(bias, half, half, -(2.0**12), 2.0**12), FloatSpike(threshold, reset, refractory_steps)
    chip = graph[0].quantise(state_scale), graph[1].quantise(state_scale, 1.0, graph[0].quantise(state_scale))
    floats, whole = FloatPopulation("p", 3, *graph), Population("p", 3, *chip)
    state = {name: np.zeros(3) for name in whole.states}
    integers = {name: value.astype(np.int64) for name, value in state.items()}
    for _ in range(8):
        a = rng.integers(-(2**4), 2**5, 3)
        current = a * graph[0].sum_scale(state_scale) * 2**4
        message, state = float_population_step(floats, state, current, rng)
        spikes, integers = population_step(whole, integers, a << 4, np.zeros(0, np.int64))
        assert message.tolist() == spikes.tolist()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (Cuba(one(4096), one(0), one(0), one(0)), "bias_mant[0] is 4096, expected -4096 to 4095"),
        (Cuba(one(0), one(8), one(0), one(0)), "bias_exp[0] is 8, expected 0 to 7"),
        (Cuba(one(0), one(0), one(4096), one(0)), "decay_u[0] is 4096, expected 0 to 4095"),
        (Cuba(one(0), one(0), one(0), one(4097)), "decay_v[0] is 4097, expected 0 to 4096"),
        (Cuba(one(0), one(0), one(0), one(0), 2), "decay_offset is 2, expected a whole number from 0 to 1"),
        (Cuba(one(0, 0), one(0), one(0), one(0)), "bias_mant is int64 (2,), expected int64 (1,)"),
        (Spike(one(2**17)), "threshold_mant[0] is 131072, expected 0 to 131071"),
        (Spike(one(0), "half"), "reset is 'half', expected one of ['zero', 'subtract']"),
        (Spike(one(0), "zero", 64), "refractory_steps is 64, expected a whole number from 0 to 63"),
        (FloatSpike(np.array([-1.0])), "threshold[0] is -1, expected 0 or more"),
        (FloatSpike(np.array([np.nan])), "threshold[0] is nan, expected a finite number"),
        (FloatCuba(*(np.zeros(1),) * 2, np.array([1.5]), -1.0, 1.0), "decay_v[0] is 1.5, expected 0 to 1"),
        (FloatCuba(np.array([np.inf]), *(np.zeros(1),) * 2, -1.0, 1.0), "bias[0] is inf, expected a finite number"),
        (FloatCuba(*(np.zeros(1),) * 3, 1.0, 2.0), "the range does not hold 0"),
        (FloatCuba(np.zeros(2), *(np.zeros(1),) * 2, -1.0, 1.0), "bias is (2,), expected (1,)"),
    ],
)
def test_problems_are_named(kind: Cuba | Spike | FloatCuba | FloatSpike, problem: str):
    assert kind.problems(1) == [problem]


def test_both_messages_of_a_spiking_unit_are_in_its_range():
    """The proof against overflow rests on it."""
    spike = Spike(np.full(2, 1, np.int64))
    sent, _, _ = spike.step({"refractory_left": one(0, 0)}, one(0, 2**20), np.zeros(0, np.int64))
    assert (sent.tolist(), spike.message_range(-STATE_MAX, STATE_MAX)) == ([0, 1], (0, 1))
