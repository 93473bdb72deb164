from __future__ import annotations

import pytest
import torch

from quantal.training.data.spike_coding import CODINGS, current, latency, rate, rows


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 1, 5, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", CODINGS)
def test_every_step_has_the_whole_batch(name: str, images: torch.Tensor) -> None:
    assert CODINGS[name](images, 9, None).shape[:2] == (9, 3)


def test_a_current_is_the_image_at_every_step(images: torch.Tensor) -> None:
    assert all(torch.equal(step, images) for step in current(images, 4))


def test_rates_are_intensities(images: torch.Tensor) -> None:
    spikes = rate(images, 20000, torch.Generator().manual_seed(1))
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    assert spikes.mean(dim=0).numpy() == pytest.approx(images.numpy(), abs=0.02)
    assert torch.equal(spikes, rate(images, 20000, torch.Generator().manual_seed(1)))


def test_brighter_pixels_spike_earlier() -> None:
    images = torch.tensor([0.0, 0.01, 0.5, 1.0]).reshape(1, 1, 2, 2)
    spikes = latency(images, 5).reshape(5, 4)
    assert spikes.sum(dim=0).tolist() == [0, 1, 1, 1]
    assert spikes.argmax(dim=0).tolist()[1:] == [4, 2, 0]


@pytest.mark.parametrize("steps", [3, 5, 8])
def test_rows_enter_from_the_top_and_zeros_follow(images: torch.Tensor, steps: int) -> None:
    found = rows(images, steps)
    assert found.shape == (steps, 3, 4)
    for step in range(steps):
        expected = images[:, 0, step] if step < 5 else torch.zeros(3, 4)
        assert torch.equal(found[step], expected)
