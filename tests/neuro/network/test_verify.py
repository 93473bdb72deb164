"""Every rule for legal networks, broken one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantal.neuro.arithmetic import STATE_MAX
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection, Readout
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import Accumulator, Graded, Memoryless, PoissonCount, SigmaDelta
from quantal.neuro.synapses import Dense

from support.networks import everything_network


def population(name: str, size: int, **changes: Any) -> Population:
    whole = Population(name, size, Accumulator(np.zeros(size, np.int64), lowest=-1000, highest=1000), Graded(2))
    return replace(whole, **changes)


def network(**changes: Any) -> CountNetwork:
    """Two units that project to three units, inputs and a read-out."""
    legal = CountNetwork(
        "small",
        (population("a", 2), population("b", 3)),
        (Projection("a->b", "a", "b", Dense(np.array([[2, -4], [254, 0], [-256, 6]]))),),
        (Input("pixels", "a", np.ones((2, 4))), Input("edges", "b", np.ones((3, 4)))),
        (Readout("picture", "b", np.ones((4, 3))),),
    )
    return replace(legal, **changes)


def with_weights(*rows: list[int], **changes: Any) -> CountNetwork:
    projection = Projection("a->b", "a", "b", Dense(np.array(rows)))
    return network(projections=(replace(projection, **changes),))


def with_population(**changes: Any) -> CountNetwork:
    return network(populations=(population("a", 2, **changes), population("b", 3)))


def problem_of(illegal: CountNetwork) -> str:
    with pytest.raises(QuantalError) as caught:
        verify(illegal)
    where, what = str(caught.value).split(": ", 1)
    assert where == "network small"
    return what


def test_legal_networks_pass():
    verify(network())
    verify(everything_network())


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_seeds_of_64_bits_pass(seed: int):
    verify(network(seed=seed))


@pytest.mark.parametrize("delay", [1, 62])
def test_shortest_and_longest_delay_pass(delay: int):
    verify(with_weights([2, 2], [2, 2], [2, 2], delay_steps=delay))


@pytest.mark.parametrize(
    "rows", [([0, 255], [1, 3], [0, 0]), ([0, -255], [-1, -3], [0, 0]), ([-256, 254], [2, 0], [0, 0])]
)
def test_all_forms_of_8_bits_pass(rows: tuple[list[int], ...]):
    verify(with_weights(*rows))


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5])
def test_seed(seed: Any):
    assert problem_of(network(seed=seed)).startswith(f"seed is {seed}, expected a whole number from 0 to 1844674407")


def test_no_population():
    assert problem_of(network(populations=())) == "a network needs a population"


def test_two_populations_of_one_name():
    twice = (population("a", 2), population("b", 3), population("a", 2))
    assert problem_of(network(populations=twice)) == "duplicate population name 'a'"


def test_two_projections_of_one_name():
    assert problem_of(network(projections=network().projections * 2)) == "duplicate projection name 'a->b'"


@pytest.mark.parametrize("size", [0, -1, 2.0])
def test_size(size: Any):
    what = problem_of(network(populations=(population("a", 2), replace(population("b", 3), size=size))))
    assert what == f"population b: size is {size}, expected a whole number from 1 to 2147483647"


def test_integration():
    broken = Accumulator(np.zeros(2, np.int64), decay=5000)
    assert problem_of(with_population(integration=broken)).startswith("population a: decay is 5000, expected")


def test_emission():
    broken = PoissonCount(np.array([[2, 1]]), 0, 0)
    assert problem_of(with_population(emission=broken)) == "population a: thresholds descend in row 0"


def test_messages_have_24_bits():
    wide = Accumulator(np.zeros(2, np.int64))
    verify(network(populations=(Population("a", 2, wide, SigmaDelta(1)),), projections=(), inputs=(), readouts=()))
    assert problem_of(with_population(integration=wide, emission=SigmaDelta())) == (
        "population a: messages go from -16777214 to 16777214, expected 24 bits"
    )


@pytest.mark.parametrize("name", ["state_scale", "message_scale"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_scales(name: str, value: float):
    what = problem_of(with_population(**{name: value}))
    assert what == f"population a: {name} is {value}, expected a finite number above 0"


def test_initial_state_of_another_name():
    what = problem_of(with_population(initial={"w": np.zeros(2, np.int64)}))
    assert what == "population a: initial state 'w', expected one of ('v',)"


@pytest.mark.parametrize(
    ("initial", "text"),
    [
        (np.array([0, 1001]), "initial v[1] is 1001, expected -1000 to 1000"),
        (np.array([-1001, 0]), "initial v[0] is -1001, expected -1000 to 1000"),
        (np.zeros(3, np.int64), "initial v is int64 (3,), expected int64 (2,)"),
        (np.zeros(2), "initial v is float64 (2,), expected int64 (2,)"),
    ],
)
def test_initial_state(initial: np.ndarray, text: str):
    assert problem_of(with_population(initial={"v": initial})) == f"population a: {text}"


@pytest.mark.parametrize("end", ["source", "target"])
def test_unknown_end_of_a_projection(end: str):
    what = problem_of(with_weights([2, 2], [2, 2], [2, 2], **{end: "c"}))
    assert what == "projection a->b: no population 'c', expected one of a, b"


def test_shape_of_a_weight():
    what = problem_of(with_weights([2, 2, 2], [2, 2, 2]))
    assert what == "projection a->b: weight is (2, 3), expected (3, 2) (target units, source units)"


def test_form_of_a_weight():
    broken = network(projections=(Projection("a->b", "a", "b", Dense(np.zeros((3, 2)))),))
    assert problem_of(broken).startswith("projection a->b: matrix is float64 (3, 2), expected whole numbers")


@pytest.mark.parametrize("delay", [0, 63, -1])
def test_delay(delay: int):
    what = problem_of(with_weights([2, 2], [2, 2], [2, 2], delay_steps=delay))
    assert what == f"projection a->b: delay_steps is {delay}, expected a whole number from 1 to 62"


@pytest.mark.parametrize("exponent", [-1, 17])
def test_exponent(exponent: int):
    what = problem_of(with_weights([2, 2], [2, 2], [2, 2], exponent=exponent))
    assert what == f"projection a->b: exponent is {exponent}, expected a whole number from 0 to 16"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (([2, -4], [3, 0], [0, 0]), "weight 3 is odd, expected even weights where signs are mixed"),
        (([2, -5], [4, 0], [0, 0]), "weight -5 is odd, expected even weights where signs are mixed"),
        (([256, -2], [2, 0], [0, 0]), "weights go from -2 to 256, expected -256 to 254"),
        (([2, -258], [2, 0], [0, 0]), "weights go from -258 to 2, expected -256 to 254"),
        (([256, 0], [2, 0], [0, 0]), "weights go from 0 to 256, expected 0 to 255 or -255 to 0"),
        (([-256, 0], [-2, 0], [0, 0]), "weights go from -256 to 0, expected 0 to 255 or -255 to 0"),
    ],
)
def test_weights(rows: tuple[list[int], ...], text: str):
    assert problem_of(with_weights(*rows)) == f"projection a->b: {text}"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (Input("pixels", "c", np.ones((2, 4))), "no population 'c', expected one of a, b"),
        (Input("pixels", "a", np.ones((4, 2))), "gain is (4, 2), expected (2, features)"),
        (Input("pixels", "a", np.array([[1, 1], [1, np.nan]])), "gain[1, 1] is nan, expected a finite number"),
    ],
)
def test_input(part: Input, text: str):
    assert problem_of(network(inputs=(part,))) == f"input pixels: {text}"


def test_inputs_of_different_samples():
    inputs = (Input("pixels", "a", np.ones((2, 4))), Input("edges", "b", np.ones(3)))
    assert problem_of(network(inputs=inputs)) == "input edges: takes 3 features, expected 4 as input pixels"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (Readout("picture", "c", np.ones((4, 2))), "no population 'c', expected one of a, b"),
        (Readout("picture", "b", np.ones((3, 4))), "weight is (3, 4), expected (features, 3)"),
        (Readout("picture", "b", np.full((1, 3), -np.inf)), "weight[0, 0] is -inf, expected a finite number"),
    ],
)
def test_readout(part: Readout, text: str):
    assert problem_of(network(readouts=(part,))) == f"read-out picture: {text}"


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31m", 5, None, b"a"])
def test_names_are_plain_text(name: Any):
    text = f"is {name!r}, expected a text of printable characters"
    source, target = population("a", 2), population("b", 3)
    assert problem_of(network(populations=(source, replace(target, name=name)))) == f"the name of population 1 {text}"
    projection = replace(network().projections[0], name=name)
    assert problem_of(network(projections=(projection,))) == f"the name of projection 0 {text}"
    assert problem_of(network(inputs=(Input(name, "a", np.ones((2, 4))),))) == f"the name of input 0 {text}"


def chain(exponent: int, *weights: int) -> CountNetwork:
    """Sources with messages up to 1000, each with one of these weights onto the second of two units."""
    return summing(Accumulator(np.zeros(1, np.int64), 0, -1000, 1000), [(weight, exponent) for weight in weights])


def summing(integration: Accumulator, weights: list[tuple[int, int]]) -> CountNetwork:
    """Sources with this state as their message, each with a weight and an exponent onto the second of two units."""
    sources = tuple(Population(f"s{index}", 1, integration, Graded()) for index in range(len(weights)))
    target = Population("sum", 2, Memoryless(np.zeros(2, np.int64)), Graded())
    projections = tuple(
        Projection(f"p{index}", f"s{index}", "sum", Dense(np.array([[0], [weight]])), exponent=exponent)
        for index, (weight, exponent) in enumerate(weights)
    )
    return CountNetwork("small", (*sources, target), projections)


def test_overflow_names_the_unit():
    assert problem_of(chain(5, 8, 255)) == (
        f"population sum: the sum of unit 1 can reach -8416000, expected at most {STATE_MAX} in size, 24 bits in "
        "dialect lava-0.10; projection p1 adds -8160000 of it; lower the weights or exponents of what arrives there, "
        "or the range of its sources, or compile its graph for this dialect"
    )


def test_the_largest_sum_passes_and_one_more_does_not():
    one = Accumulator(np.zeros(1, np.int64), 0, -1, 1)
    largest = [(127, 16), (255, 8), (255, 0)]
    verify(summing(one, largest))
    assert "the sum of unit 1 can reach -8388608" in problem_of(summing(one, [*largest, (1, 0)]))
