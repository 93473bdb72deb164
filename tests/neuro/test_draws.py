"""Draws are a function of seed, population, step, sample and unit, and of nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.neuro.draws import SAMPLES, sample_numbers, stream, uniform_draws
from quantal.neuro.errors import QuantalError

from support import plain_philox

words = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1), st.just(2**64 - 1))
units = st.integers(1, 100)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        (0, [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]),
        (2**64 - 1, [0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0]),
    ],
)
def test_plain_philox_gives_the_published_answers(number: int, answer: list[int]):
    assert plain_philox.block((number, number, number, number), (number, number)) == answer


@settings(max_examples=60, deadline=None)
@given(words, st.text(max_size=9), words, words, units)
def test_every_position_is_that_of_plain_philox(seed: int, name: str, step: int, sample: int, size: int):
    drawn = uniform_draws(seed, name, step, range(sample, sample + 1), size)
    assert drawn.tolist() == [plain_philox.draws(seed, stream(name), step, sample, size)]


@pytest.mark.parametrize("size", [1, 3, 4, 5, 63, 64, 65])
def test_words_are_those_of_numpy(size: int):
    generator = np.random.Philox(key=np.array([7, stream("p")], np.uint64), counter=np.array([0, 5, 9, 0], np.uint64))
    raw = generator.random_raw(size).view(np.uint16)[:size]
    assert np.array_equal(uniform_draws(7, "p", 5, range(9, 10), size)[0], raw)


def test_stream_is_the_digest_of_the_name():
    digest = hashlib.blake2b(b"latent", digest_size=8).digest()
    assert stream("latent") == sum(byte << 8 * place for place, byte in enumerate(digest))


@settings(max_examples=30, deadline=None)
@given(words, st.integers(0, 2**40), st.integers(1, 9), st.integers(0, 9), units)
def test_splitting_a_batch_changes_no_draw(seed: int, first: int, batch: int, cut: int, size: int):
    whole = uniform_draws(seed, "p", 3, range(first, first + batch), size)
    middle = first + min(cut, batch - 1)
    parts = [range(first, middle), range(middle, first + batch)]
    drawn = [uniform_draws(seed, "p", 3, part, size) for part in parts if part]
    assert np.array_equal(np.concatenate(drawn), whole)


@given(st.integers(0, 99), units)
def test_a_draw_does_not_depend_on_how_many_are_drawn(step: int, size: int):
    assert np.array_equal(
        uniform_draws(1, "p", step, range(1), size)[0], uniform_draws(1, "p", step, range(1), 100)[0, :size]
    )


def test_every_coordinate_counts():
    base = uniform_draws(1, "a", 2, range(3, 4), 64)
    others = [
        uniform_draws(2, "a", 2, range(3, 4), 64),
        uniform_draws(1, "b", 2, range(3, 4), 64),
        uniform_draws(1, "a", 3, range(3, 4), 64),
        uniform_draws(1, "a", 2, range(4, 5), 64),
    ]
    assert all((other == base).sum() < 5 for other in others)


def test_samples_are_counted_up_to_64_bits():
    last = sample_numbers(SAMPLES - 2, 2)
    assert uniform_draws(0, "p", 0, last, 3).shape == (2, 3)


@pytest.mark.parametrize("first", [-1, SAMPLES - 1, SAMPLES])
def test_samples_past_64_bits_are_refused(first: int):
    with pytest.raises(QuantalError, match="first_sample: out of range"):
        sample_numbers(first, 2)
