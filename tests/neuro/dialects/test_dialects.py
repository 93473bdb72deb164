"""The integer rules of each dialect; `bench/peers/dialects.py` compares them with the packages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantal.neuro.compile import Options, compile_graph
from quantal.neuro.dialects import (
    BRIAN2_LOIHI,
    DIALECTS,
    LAVA,
    NENGO_LOIHI,
    Dialect,
    Lif,
    cuba_fields,
    delay_max,
    dialect_named,
    lif_problems,
    rounded_weights,
    sum_max,
    weighted_sum,
)
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.bounds import summed_range
from quantal.neuro.network.count_network import CountNetwork, Input, Population, Projection
from quantal.neuro.network.files import load_network, save_network
from quantal.neuro.network.graph import FloatPopulation, FloatProjection, Graph
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import (
    Accumulator,
    Cuba,
    FloatAccumulator,
    FloatCuba,
    FloatGraded,
    FloatPoissonCount,
    FloatSilent,
    Graded,
    Silent,
    Spike,
)
from quantal.neuro.simulate.drive import check_drive, encode
from quantal.neuro.synapses import Dense

from support.networks import everything_network

every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=[*DIALECTS])
ODD = np.array([-7, -5, -3, -1, 1, 3, 5, 7])


def test_the_default_comes_first():
    assert [*DIALECTS] == ["lava-0.10", "brian2-loihi-0.5", "nengo-loihi-1.1"]
    assert CountNetwork("default", ()).dialect == LAVA.name


def test_an_unknown_dialect_is_refused():
    with pytest.raises(
        QuantalError, match=r"no such dialect\n.*lava-0.10, brian2-loihi-0.5, nengo-loihi-1.1, got pidgin"
    ):
        dialect_named("pidgin")


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (LAVA, [-8, -6, -4, -2, 0, 2, 4, 6]),
        (BRIAN2_LOIHI, [-6, -4, -2, 0, 0, 2, 4, 6]),
        (NENGO_LOIHI, [-8, -4, -4, 0, 0, 4, 4, 8]),
    ],
)
def test_odd_weights_of_both_signs(dialect: Dialect, expected: list[int]):
    assert rounded_weights(dialect, ODD).tolist() == expected


@pytest.mark.parametrize(
    ("dialect", "expected"), [(LAVA, [-256, 254]), (BRIAN2_LOIHI, [-256, 254]), (NENGO_LOIHI, [-254, 254])]
)
def test_largest_weights(dialect: Dialect, expected: list[int]):
    assert rounded_weights(dialect, np.array([-256, 254])).tolist() == expected


@pytest.mark.parametrize(("dialect", "expected"), [(LAVA, [1, 255]), (BRIAN2_LOIHI, [1, 255]), (NENGO_LOIHI, [0, 254])])
def test_weights_of_one_sign(dialect: Dialect, expected: list[int]):
    assert rounded_weights(dialect, np.array([1, 255])).tolist() == expected
    assert rounded_weights(dialect, -np.array([1, 255])).tolist() == [-weight for weight in expected]


def test_weights_out_of_range_are_clipped_or_refused():
    assert rounded_weights(LAVA, np.array([-300, 300])).tolist() == [-256, 254]
    assert rounded_weights(NENGO_LOIHI, np.array([-300, 300])).tolist() == [-254, 254]
    with pytest.raises(QuantalError, match=r"brian2-loihi-0.5, weights: out of range\n.*-256 to 254, got -1 to 255"):
        rounded_weights(BRIAN2_LOIHI, np.array([-1, 255]))


@pytest.mark.parametrize(("dialect", "total"), [(LAVA, 3), (BRIAN2_LOIHI, 2), (NENGO_LOIHI, 4)])
def test_a_negative_exponent(dialect: Dialect, total: int):
    """6 + 6 over 4: Lava shifts the sum, brian2_loihi rounds each weight down, nengo-loihi to the nearest even."""
    assert weighted_sum(dialect, np.array([[6, 6]]), np.ones(2, np.int64), -2).tolist() == [total]


@every_dialect
def test_a_positive_exponent_is_the_same_everywhere(dialect: Dialect):
    weights = np.array([[-254, 6], [2, 0]])
    assert weighted_sum(dialect, weights, np.array([[1, 1], [0, 1]]), 3).tolist() == [[-1984, 16], [48, 0]]


def test_brian2_loihi_clips_each_weight_to_21_bits():
    assert weighted_sum(BRIAN2_LOIHI, np.array([[-256]]), np.ones(1, np.int64), 7).tolist() == [1 - 2**15]
    assert weighted_sum(LAVA, np.array([[-256, 2]]), np.array([1, 0]), 7).tolist() == [-(2**15)]


def test_an_exponent_that_a_package_refuses_is_refused():
    with pytest.raises(QuantalError, match=r"dialect nengo-loihi-1.1: no such exponent\n.*-7 to 7, got -8"):
        weighted_sum(NENGO_LOIHI, np.array([[2]]), np.ones(1, np.int64), -8)


@pytest.mark.parametrize(("dialect", "longest"), [(LAVA, 62), (BRIAN2_LOIHI, 62), (NENGO_LOIHI, 1)])
def test_longest_delay(dialect: Dialect, longest: int):
    assert delay_max(dialect) == longest
    verify(chain(dialect.name, delay_steps=longest))
    with pytest.raises(QuantalError, match=rf"delay_steps.* is {longest + 1}, expected .* from 1 to {longest}"):
        verify(chain(dialect.name, delay_steps=longest + 1))


def chain(dialect: str, weights: tuple[int, ...] = (2,), delay_steps: int = 1, exponent: int = 0) -> CountNetwork:
    sizes = {"first": len(weights), "last": 1}
    ends = (Population(name, size, Accumulator(np.zeros(size, np.int64)), Silent()) for name, size in sizes.items())
    wire = Projection("wire", "first", "last", Dense(np.array([weights])), delay_steps, exponent)
    return CountNetwork("chain", tuple(ends), (wire,), dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "weights", "exponent", "text"),
    [
        (NENGO_LOIHI, (255,), 0, "weight 255 at exponent 0 adds 254 in dialect nengo-loihi-1.1, expected 255"),
        (NENGO_LOIHI, (-256, 2), 0, "weight -256 at exponent 0 adds -254 in dialect nengo-loihi-1.1, expected -256"),
        (BRIAN2_LOIHI, (-256, 2), 7, "weight -256 at exponent 7 adds -32767 in dialect .*, expected -32768"),
    ],
)
def test_weights_with_another_effect_are_refused(dialect: Dialect, weights: tuple[int, ...], exponent: int, text: str):
    verify(chain(LAVA.name, weights, exponent=exponent))
    with pytest.raises(QuantalError, match=text):
        verify(chain(dialect.name, weights, exponent=exponent))


def test_an_exponent_that_the_dialect_of_a_network_refuses_is_refused():
    verify(chain(BRIAN2_LOIHI.name, exponent=7))
    with pytest.raises(QuantalError, match=r"projection wire: exponent is 8, expected a whole number from 0 to 7"):
        verify(chain(BRIAN2_LOIHI.name, exponent=8))


def test_a_network_of_an_unknown_dialect_is_refused():
    with pytest.raises(QuantalError, match=r"no such dialect\n.*got pidgin"):
        verify(replace(everything_network(), dialect="pidgin"))


@every_dialect
def test_a_compiled_network_follows_the_dialect_it_was_compiled_for(dialect: Dialect):
    network, _ = compile_graph(inhibiting(delay_steps=1), Options(dialect=dialect.name))
    assert network.dialect == dialect.name
    verify(network)


def inhibiting(delay_steps: int) -> Graph:
    units = FloatPopulation("p", 2, FloatAccumulator(np.zeros(2), -1.0, 1.0), FloatGraded())
    wire = FloatProjection("p->p", "p", "p", np.array([[-0.5, 0.3], [0.25, -0.125]]), delay_steps)
    return Graph("inhibiting", (units,), (wire,))


def test_a_delay_that_the_dialect_does_not_have_fails_the_compilation():
    compile_graph(inhibiting(delay_steps=2), Options(dialect=BRIAN2_LOIHI.name))
    with pytest.raises(QuantalError, match=r"p->p: delay_steps is 2, expected a whole number from 1 to 1"):
        compile_graph(inhibiting(delay_steps=2), Options(dialect=NENGO_LOIHI.name))


def test_compiling_for_an_unknown_dialect_is_refused():
    with pytest.raises(QuantalError, match=r"no such dialect\n.*got pidgin"):
        Options(dialect="pidgin")


@every_dialect
def test_a_decay_means_the_same_everywhere(dialect: Dialect):
    decay_u, decay_v = np.array([1, 4096]), np.array([0, 4095])
    fields = cuba_fields(dialect, decay_u, decay_v)
    cuba = Cuba(bias_mant=np.zeros(2, np.int64), bias_exp=np.zeros(2, np.int64), **fields)
    assert cuba.problems(2) == []
    state = cuba.step({"u": np.array([[4096, 4096]]), "v": np.array([[0, 0]])}, np.zeros((1, 2), np.int64))
    assert state["u"].tolist() == [[4095, 0]]


def test_a_decay_that_a_dialect_does_not_have_is_refused():
    zero, one, all_of_it = np.array([0]), np.array([1]), np.array([4096])
    assert cuba_fields(BRIAN2_LOIHI, zero, all_of_it)["decay_offset"] == 0
    with pytest.raises(QuantalError, match=r"lava-0.10, decay_u: no such decay\n.*from 0 to 4095, got -1"):
        cuba_fields(LAVA, zero, zero)
    with pytest.raises(QuantalError, match=r"nengo-loihi-1.1, decay_v: no such decay\n.*from 0 to 4095, got 4096"):
        cuba_fields(NENGO_LOIHI, one, all_of_it)


def lif(**changes: int) -> Lif:
    names = ("decay_u", "decay_v", "bias_mant", "bias_exp", "threshold_mant", "refractory_steps")
    numbers = {**dict.fromkeys(names, 0), "decay_u": 1, "threshold_mant": 1, **changes}
    return Lif(**{name: np.array([value]) for name, value in numbers.items()})


@every_dialect
def test_a_plain_neuron_is_the_same_everywhere(dialect: Dialect):
    assert lif_problems(dialect, lif()) == []


@pytest.mark.parametrize(
    ("dialect", "change", "text"),
    [
        (LAVA, {"refractory_steps": 1}, "refractory_steps goes from 1 to 1, lava-0.10 takes 0 to 0"),
        (BRIAN2_LOIHI, {"bias_mant": 5}, "bias_mant goes from 5 to 5, brian2-loihi-0.5 takes 0 to 0"),
        (BRIAN2_LOIHI, {"refractory_steps": 64}, "refractory_steps goes from 64 to 64, brian2-loihi-0.5 takes 0 to 63"),
        (NENGO_LOIHI, {"bias_mant": -4096}, "bias_mant goes from -4096 to -4096, nengo-loihi-1.1 takes -4095 to 4095"),
        (NENGO_LOIHI, {"threshold_mant": 0}, "threshold_mant goes from 0 to 0, nengo-loihi-1.1 takes 1 to 131071"),
    ],
)
def test_parameters_that_a_package_cannot_represent_are_refused(dialect: Dialect, change: dict[str, int], text: str):
    assert lif_problems(dialect, lif(**change)) == [text]


@pytest.mark.parametrize(
    ("dialect", "rule", "values", "expected"),
    [
        (LAVA, "limit_u", [2**23, 2**23 + 1, -(2**23), 2**25], [2**23, 1 - 2**23, 2**23, 2**24]),
        (BRIAN2_LOIHI, "limit_u", [2**23, 2**30], [2**23, 2**30]),
        (BRIAN2_LOIHI, "limit_v", [2**23, -(2**30)], [2**23, -(2**30)]),
        (NENGO_LOIHI, "limit_sum", [2**21 - 1, 2**21, -(2**21)], [2**21 - 1, -(2**21), -(2**21)]),
        (NENGO_LOIHI, "limit_u", [2**23, -(2**23), 2**25], [-(2**23), -(2**23), 0]),
        (NENGO_LOIHI, "limit_v_input", [2**23 - 1, 2**23], [2**23 - 1, -(2**23)]),
        (NENGO_LOIHI, "limit_v", [2**23, -(2**23)], [2**23 - 1, 1 - 2**23]),
    ],
)
def test_limits(dialect: Dialect, rule: str, values: list[int], expected: list[int]):
    assert getattr(dialect, rule)(np.array(values)).tolist() == expected


@pytest.mark.parametrize(
    ("dialect", "largest", "wraps"),
    [(LAVA, 2**23 - 1, False), (BRIAN2_LOIHI, 2**23 - 1, False), (NENGO_LOIHI, 2**15 - 1, True)],
)
def test_the_largest_sum_that_is_not_changed(dialect: Dialect, largest: int, wraps: bool):
    sums = np.array([sum_max(dialect), -sum_max(dialect), sum_max(dialect) + 1]) << 6
    assert sum_max(dialect) == largest
    assert (dialect.limit_sum(sums) == sums).tolist() == [True, True, not wraps]


def summing(dialect: str, *shifted: tuple[int, int]) -> CountNetwork:
    """A unit with a projection for each weight and exponent, whose messages are 1 or -1."""
    one = Population("one", 1, Accumulator(np.zeros(1, np.int64), lowest=-1, highest=1), Graded())
    whole = Population("sum", 1, Accumulator(np.zeros(1, np.int64)), Silent())
    wires = (
        Projection(f"wire{index}", "one", "sum", Dense(np.array([[weight]])), exponent=exponent)
        for index, (weight, exponent) in enumerate(shifted)
    )
    return CountNetwork("summing", (one, whole), tuple(wires), dialect=dialect)


def test_a_sum_that_leaves_the_accumulator_of_the_dialect_is_refused():
    verify(summing(NENGO_LOIHI.name, (254, 0), (254, 7)))
    beyond = summing(NENGO_LOIHI.name, (128, 1), (254, 7))
    verify(replace(beyond, dialect=LAVA.name))
    with pytest.raises(QuantalError) as caught:
        verify(beyond)
    assert caught.value.text() == (
        "network summing: population sum: the sum of unit 0 can reach -32768, expected at most 32767 in size, 16 bits "
        "in dialect nengo-loihi-1.1; projection wire1 adds -32512 of it; lower the weights or exponents of what "
        "arrives there, or the range of its sources, or compile its graph for this dialect"
    )


def test_an_input_that_leaves_the_accumulator_of_the_dialect_is_refused():
    network = summing(NENGO_LOIHI.name, (254, 7))
    check_drive(network, {"sum": np.array([[32767 - 32512]])}, 1)
    beyond = {"sum": np.array([[32767 - 32512 + 1]])}
    check_drive(replace(network, dialect=LAVA.name), beyond, 1)
    with pytest.raises(QuantalError) as caught:
        check_drive(network, beyond, 1)
    assert caught.value.text() == (
        "drive of sum: the sum of unit 0 could leave 16 bits, at (0, 0)\n  expected -255 to 255, got 256\n"
        "  scale the samples down"
    )


def test_a_file_with_a_sum_beyond_its_dialect_is_refused(tmp_path: Path):
    fits, beyond = (summing(LAVA.name, (128, 1), (254, 7)), summing(NENGO_LOIHI.name, (254, 0), (254, 7)))
    for network in (fits, beyond):
        save_network(network, tmp_path / "network.safetensors")
        assert load_network(tmp_path / "network.safetensors").dialect == network.dialect
    with pytest.raises(QuantalError, match=r"16 bits in dialect nengo-loihi-1.1"):
        save_network(replace(fits, dialect=NENGO_LOIHI.name), tmp_path / "network.safetensors")


def converging(sources: int) -> Graph:
    """Counts of 0 or 1 that all project to one unit with the same weight."""
    counts = FloatPopulation("counts", sources, FloatAccumulator(np.zeros(sources), -1.0, 1.0), FloatPoissonCount(1))
    whole = FloatPopulation("sum", 1, FloatAccumulator(np.zeros(1), -1.0, 1.0), FloatSilent())
    wire = FloatProjection("counts->sum", "counts", "sum", np.full((1, sources), 1 / sources))
    return Graph("converging", (counts, whole), (wire,))


@every_dialect
@pytest.mark.parametrize("sources", [300, 2000])
def test_compiled_sums_leave_half_of_the_accumulator_to_input(dialect: Dialect, sources: int):
    network, report = compile_graph(converging(sources), Options(dialect=dialect.name))
    (low,), (high,) = summed_range(network, network.population("sum"))
    assert low == 0
    assert sum_max(dialect) / 5 < high <= sum_max(dialect) / 2
    assert f"% of {dialect.sum_bits} bits)" in report.notes[-1].text
    assert dialect.limit_sum(np.array([2 * high]) << 6) == 2 * high << 6


@every_dialect
def test_an_input_as_large_as_the_state_fits_the_accumulator(dialect: Dialect):
    units = FloatPopulation("p", 1, FloatCuba(np.zeros(1), np.ones(1), np.full(1, 0.5), -3.0, 3.0), FloatSilent())
    graph = Graph("driven", (units,), (), (Input("x", "p", np.ones(1)),))
    network, _ = compile_graph(graph, Options(dialect=dialect.name))
    (drive,) = encode(network, np.array([[3.0]])).values()
    assert drive == min(2**17, sum_max(dialect))
    assert dialect.limit_sum(drive << 6) == drive << 6


def lif_units(emission: Spike | Silent | Graded | None = None, **changes: Any) -> CountNetwork:
    """One unit, of which each dialect's own LIF is capable unless something is changed."""
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    cuba = replace(Cuba(zero, zero, zero, zero), **{name: np.full(1, value) for name, value in changes.items()})
    return CountNetwork("unit", (Population("p", 1, cuba, emission or Spike(one)),))


@every_dialect
@pytest.mark.parametrize("emission", [None, Silent()])
def test_a_plain_unit_is_legal_in_every_dialect(dialect: Dialect, emission: Silent | None):
    verify(replace(lif_units(emission), dialect=dialect.name))


@pytest.mark.parametrize(
    ("dialect", "unit", "text"),
    [
        (BRIAN2_LOIHI, lif_units(bias_mant=3), "bias_mant goes from 3 to 3, brian2-loihi-0.5 takes 0 to 0"),
        (BRIAN2_LOIHI, lif_units(Silent(), bias_mant=-1), "bias_mant goes from -1 to -1, .* takes 0 to 0"),
        (NENGO_LOIHI, lif_units(decay_v=4096), "decay_v goes from 4096 to 4096, .* takes 0 to 4095"),
        (NENGO_LOIHI, lif_units(Spike(np.zeros(1, int))), "threshold_mant goes from 0 to 0, .* takes 1 to 131071"),
        (NENGO_LOIHI, lif_units(Spike(np.ones(1, int), "zero", 63)), "refractory_steps goes from 63 to 63, .* 0 to 62"),
        (BRIAN2_LOIHI, lif_units(Spike(np.ones(1, int), "subtract")), "a spike resets v by 'subtract', .* to zero"),
    ],
)
def test_a_unit_that_the_lif_of_the_dialect_is_not_is_refused(dialect: Dialect, unit: CountNetwork, text: str):
    verify(unit)
    with pytest.raises(QuantalError, match=rf"network unit: population p: {text}.*compile its graph for another"):
        verify(replace(unit, dialect=dialect.name))


def test_compiled_exponents_are_those_of_the_dialect():
    networks = [compile_graph(converging(1), Options(dialect=dialect.name))[0] for dialect in (LAVA, BRIAN2_LOIHI)]
    lava, brian2 = (network.projections[0] for network in networks)
    assert (lava.exponent, brian2.exponent) == (13, 7)
    assert lava.weight.values().tolist() == brian2.weight.values().tolist() == [254]


def test_a_sum_that_fits_only_without_weights_fails_the_compilation():
    compile_graph(converging(20000), Options())
    with pytest.raises(QuantalError) as caught:
        compile_graph(converging(20000), Options(weight_bits=7, dialect=NENGO_LOIHI.name))
    assert caught.value.text() == (
        "population sum: the sum of input fits only where every weight is rounded to 0\n"
        "  expected a sum below 32767, 16 bits in dialect nengo-loihi-1.1, got 81250 over counts->sum with the largest "
        "weight at 4, the smallest but 0\n"
        "  let fewer connections or smaller messages arrive there, or compile for another dialect"
    )
