"""Networks that learn: which are legal, their bounds, their files, and the network that keeps what was learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import quantal
from quantal.neuro import engine
from quantal.neuro.arithmetic import Integers
from quantal.neuro.compare.certificate import check_constant_weights
from quantal.neuro.compare.traces import compare, recording_to_compare
from quantal.neuro.dialects import LAVA
from quantal.neuro.errors import QuantalError
from quantal.neuro.network import files, plasticity_problems
from quantal.neuro.network.bounds import summed_range
from quantal.neuro.network.count_network import CountNetwork, Population
from quantal.neuro.network.learned import frozen, learned_weight
from quantal.neuro.network.text import text
from quantal.neuro.network.trace import Recording, Snapshot, Trace
from quantal.neuro.network.verify import problems, verify
from quantal.neuro.neurons import Accumulator
from quantal.neuro.simulate import reference
from quantal.neuro.simulate.memory import TAG_COPIES
from quantal.neuro.simulate.resumable import Segments, run_in_segments
from quantal.neuro.simulate.trace_buffer import buffer_bytes, tag_count
from quantal.neuro.synapses import Convolution, Dense
from quantal.neuro.synapses.plasticity import Outer, Term

from support.networks import Case
from support.plastic import SOURCES, TARGETS, learning_drive, learning_network, random_learning_networks, thin_weight
from support.traces import assert_same, assert_same_record, assert_same_snapshot

NETWORK, STEPS = learning_network(), 20
SHARED, LEARNED, BACK = NETWORK.projections
RULE: Any = LEARNED.plasticity
RECORDING = Recording(weights_every=4)


def with_projection(name: str, **changes: Any) -> CountNetwork:
    changed = [replace(p, **changes) if p.name == name else p for p in NETWORK.projections]
    return replace(NETWORK, projections=tuple(changed))


def with_terms(*terms: Term) -> CountNetwork:
    return with_projection("learned", plasticity=replace(RULE, terms=terms))


def widened(name: str) -> CountNetwork:
    """The network in which the messages of a population fill 24 bits."""
    wide = Accumulator(np.zeros(SOURCES, np.int64))
    populations = [
        replace(p, integration=wide, emission=NETWORK.populations[2].emission) if p.name == name else p
        for p in NETWORK.populations
    ]
    return replace(NETWORK, populations=tuple(populations), projections=(replace(LEARNED, plasticity=None),))


@pytest.mark.parametrize(
    ("network", "problem"),
    [
        (
            with_projection("learned", plasticity="hebb"),
            "projection learned: plasticity is a str, expected one of Outer, or register_plasticity first",
        ),
        (
            with_projection("learned", plasticity=replace(RULE, limit=0)),
            "projection learned: plasticity: limit is 0, expected a whole number from 1 to 127",
        ),
        (
            with_terms(Term("d", "a")),
            "projection learned: plasticity: no population 'd', expected one of a, b, c",
        ),
        (
            with_terms(Term("a", "a")),
            "projection learned: plasticity: post a has 6 units, expected 5, one for each unit of the target b",
        ),
        (
            with_terms(Term("b", "c")),
            "projection learned: plasticity: pre c has 5 units, expected 6, one for each unit of the source a",
        ),
        (
            with_projection("back", weight=Dense(np.full((SOURCES, TARGETS), 3))),
            "projection back: weight 3 is none that the rule can give, expected even numbers from -200 to 200",
        ),
        (
            with_projection("back", weight=Dense(np.full((SOURCES, TARGETS), 202))),
            "projection back: weight 202 is none that the rule can give, expected even numbers from -200 to 200",
        ),
        (
            with_projection("back", shares="learned"),
            "projection back: has a plasticity and shares the weights of 'learned', expected only one of the two",
        ),
        (
            with_projection("shared", shares="missing"),
            "projection shared: shares the weights of 'missing', expected a projection with a plasticity of its own: "
            "learned, back",
        ),
        (
            with_projection("shared", shares="shared"),
            "projection shared: shares the weights of 'shared', expected a projection with a plasticity of its own: "
            "learned, back",
        ),
        (
            with_projection("shared", weight=Dense(np.zeros((TARGETS, SOURCES), np.int64))),
            "projection shared: its weight differs from that of learned, whose weights it shares; give both the same "
            "weight",
        ),
        (
            replace(
                widened("a"),
                projections=(replace(LEARNED, plasticity=replace(RULE, terms=(Term("b", "a"),))),),
            ),
            "projection learned: plasticity: a tag can change by 251658210 in one step, expected at most 8388607, 24 "
            "bits; narrow the messages (b -30 to 30, a -8388607 to 8388607), by the range of their states or the shift "
            "of a Graded emission",
        ),
        (
            with_projection("learned", weight=thin_weight(), delay_steps=np.array([1, 2, 1, 1])),
            "projection learned: delay_steps is an array, expected a single delay for weights that learn",
        ),
        (
            with_projection("learned", weight=Convolution(np.zeros((5, 6, 1, 1), np.int64), (6, 1, 1))),
            "projection learned: the connections of a Convolution share weights and can't each learn their own; give a "
            "projection that learns a Dense or Sparse weight",
        ),
    ],
)
def test_illegal_networks(network: CountNetwork, problem: str):
    assert next(iter(problems(network))) == problem


def test_weights_that_a_dialect_rounds_are_refused(monkeypatch: pytest.MonkeyPatch):
    """Those of the public packages store every weight of a rule exactly, whatever the first weights are."""
    rounded = replace(LAVA, round_weights=lambda weights: weights // 4 * 4)
    monkeypatch.setattr(plasticity_problems, "dialect_named", lambda name: rounded)
    for projection in (LEARNED, SHARED):
        (problem,) = plasticity_problems.plasticity_problems(NETWORK, projection)
        assert problem == (
            f"plasticity: a learned weight of -118 at exponent {projection.exponent} adds "
            f"{-120 << projection.exponent} in dialect lava-0.10, expected {-118 << projection.exponent}"
        )


def test_a_learned_sum_is_bounded_by_the_limit_of_its_rule():
    """First weights of 0 prove nothing about later ones."""
    low, high = summed_range(NETWORK, NETWORK.population("a"))
    largest = 2 * 100 * 30 * TARGETS
    assert (low == -largest).all()
    assert (high == largest).all()


def test_a_rule_that_could_overflow_a_sum_is_refused():
    network = with_projection("back", exponent=10)
    problem = next(iter(problems(network)))
    assert problem.startswith("population a: the sum of unit 0 can reach -30720000, expected at most 8388607 in size")
    verify(with_projection("back", exponent=8))


@settings(max_examples=25, deadline=None)
@given(random_learning_networks())
def test_no_sum_leaves_its_bound(case: Case):
    network = case.network
    trace = engine.run(network, case.drive, case.steps, Recording(weights_every=1))
    for population in network.populations:
        low, high = summed_range(network, population)
        for step in range(case.steps):
            sums = summed_messages(network, trace, population, step)
            assert ((low <= sums) & (sums <= high)).all()


def summed_messages(network: CountNetwork, trace: Trace, population: Population, step: int) -> Integers:
    """What arrives at a population at one step, in the first sample."""
    sums = np.zeros(population.size, np.int64)
    for projection in network.arriving(population.name):
        if step >= projection.delay_steps:
            tags = {name: values[step - 1, 0] for name, values in trace.weights.items()}
            message = trace.messages[projection.source][step - projection.delay_steps, :1].astype(np.int64)
            weight = learned_weight(network, projection, tags)
            sums += weight.apply(message)[0] << projection.exponent
    return sums


def test_the_longest_delay_covers_that_of_a_factor():
    assert {name: NETWORK.longest_delay(name) for name in "abc"} == {"a": 3, "b": 2, "c": 2}


def test_round_trips(tmp_path: Path):
    trace = reference.run(NETWORK, learning_drive(2, STEPS), STEPS, RECORDING)
    files.save_network(NETWORK, tmp_path / "n")
    files.save_trace(trace, tmp_path / "t")
    assert trace.end is not None
    files.save_snapshot(trace.end, tmp_path / "s")
    loaded = files.load_network(tmp_path / "n")
    assert files.content_hash(loaded) == files.content_hash(NETWORK)
    assert loaded.projections[1].plasticity == RULE
    assert loaded.projections[0].shares == "learned"
    assert_same(reference.run(loaded, learning_drive(2, STEPS), STEPS, RECORDING), trace)
    assert_same_record(files.load_trace(tmp_path / "t"), trace)
    assert_same_snapshot(files.load_snapshot(tmp_path / "s"), trace.end)


def test_a_run_in_segments_equals_a_whole_one(tmp_path: Path):
    drive = learning_drive(2, STEPS)
    segments, recording = Segments(tmp_path / "trace", 7, resume=False), Recording(states=(), weights_every=4)
    got = run_in_segments(NETWORK, drive, STEPS, recording, engine.run, segments, lambda done, total: None)
    whole = engine.run(NETWORK, drive, STEPS, recording)
    assert_same_record(got, whole)
    assert_same_record(files.load_trace(tmp_path / "trace"), whole)


def test_segments_of_other_weights_are_not_joined(tmp_path: Path):
    drive = learning_drive(1, STEPS)
    run: Callable[..., Trace] = stopping_at(8)
    with pytest.raises(KeyboardInterrupt):
        run_in_segments(
            NETWORK, drive, STEPS, RECORDING, run, Segments(tmp_path / "t", 8, False), lambda done, total: None
        )
    with pytest.raises(QuantalError, match="weights_every"):
        run_in_segments(
            NETWORK, drive, STEPS, Recording(), engine.run, Segments(tmp_path / "t", 8, True), lambda done, total: None
        )


def stopping_at(step: int) -> Callable[..., Trace]:
    def run(*arguments: Any, start: Snapshot) -> Trace:
        if start.step >= step:
            raise KeyboardInterrupt
        return engine.run(*arguments, start=start)

    return run


def test_a_snapshot_without_the_weights_is_refused():
    end = engine.run(NETWORK, learning_drive(1, STEPS), STEPS).end
    assert end is not None
    with pytest.raises(QuantalError, match="weights of learned: does not fit this network and batch"):
        engine.run(NETWORK, learning_drive(1, STEPS), STEPS, start=replace(end, weights={}))


def test_frozen_weights_are_those_of_one_sample():
    trace = engine.run(NETWORK, learning_drive(2, STEPS), STEPS)
    assert trace.end is not None
    kept = frozen(NETWORK, trace.end, sample=1)
    verify(kept)
    assert not kept.learning
    assert kept.provenance["learned_steps"] == str(STEPS)
    expected = RULE.weights(trace.end.weights["learned"][1].astype(np.int64))
    for name in ("learned", "shared"):
        (projection,) = (p for p in kept.projections if p.name == name)
        assert np.array_equal(projection.weight.values(), expected)
    assert not np.array_equal(expected, LEARNED.weight.values())


@pytest.mark.parametrize(
    ("network", "sample", "problem"),
    [
        (replace(NETWORK, projections=()), 0, "no projection learns"),
        (NETWORK, 2, "no such sample"),
        (NETWORK, -1, "no such sample"),
    ],
)
def test_what_can_not_be_frozen(network: CountNetwork, sample: int, problem: str):
    end = engine.run(NETWORK, learning_drive(2, STEPS), STEPS).end
    assert end is not None
    with pytest.raises(QuantalError, match=problem):
        frozen(network, end, sample)


def test_the_certificate_refuses_weights_that_change():
    with pytest.raises(QuantalError, match=r"projection learned[^|]*quantal.frozen\(network, trace.end\)"):
        check_constant_weights(NETWORK)


def test_the_first_weight_that_differs_is_reported():
    drive = learning_drive(2, STEPS)
    recording = recording_to_compare(NETWORK, STEPS)
    expected = reference.run(NETWORK, drive, STEPS, recording)
    tags = {name: value.copy() for name, value in expected.weights.items()}
    tags["back"][3, 1, 7] += 1 << 3
    agreements = compare(NETWORK, drive, expected, replace(expected, weights=tags))
    assert [each.population for each in agreements if not each.equal] == ["back"]
    (difference,) = (each.difference for each in agreements if each.difference)
    step = int(expected.weight_steps[3])
    assert (difference.variable, difference.step, difference.sample, difference.unit) == ("tag", step, 1, 7)
    weight = 2 * max(-100, min(100, (difference.expected + 4) >> 3))
    assert difference.inputs == (f"b[2] -> a[1]: expected a weight of {weight}, got {min(200, weight + 2)}",)


@pytest.mark.parametrize(("steps", "count"), [(200, 10), (7, 7), (1, 1), (0, 0), (211, 211)])
def test_the_last_weights_are_compared(steps: int, count: int):
    recorded = recording_to_compare(NETWORK, steps).weight_steps(0, steps)
    assert recorded.size == count
    assert not steps or recorded[-1] == steps - 1


def test_the_memory_of_tags_is_counted():
    assert tag_count(NETWORK) == 2 * SOURCES * TARGETS
    nothing = Recording((), (), weights_every=10)
    assert buffer_bytes(NETWORK, nothing, 100, 3) == 10 * 3 * 4 * tag_count(NETWORK)
    assert TAG_COPIES == 2


def test_text_says_what_learns():
    lines = [line.strip() for line in text(NETWORK).splitlines()]
    assert "with the learned weights of learned" in lines
    rule = "Outer(terms=Term(post=a, pre=b, pre_delay=2), shift=3, limit=100)"
    assert f"learns by {rule}" in lines


def test_public_names():
    names: list[Any] = [quantal.Outer, quantal.Term, quantal.frozen]
    assert names == [Outer, Term, frozen]
