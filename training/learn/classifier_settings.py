"""What the training of a spiking classifier is set to."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from quantal.neuro.errors import QuantalError
from quantal.training.learn.settings import check, setting
from quantal.training.models.architecture import parse_architecture


def choice(default: str, *others: str) -> Any:
    """A field that is one of some words."""
    return field(default=default, metadata={"known": (default, *others)})


@dataclass(frozen=True)
class ClassifierSettings:
    """Settings of a spiking classifier and of its training by surrogate gradients.

    Parameters
    ----------
    architecture
        Layers from input to read-out: `16c5s2` is a convolution to 16 channels with kernel 5 and stride 2, `p2` a mean
        over 2 x 2, `128r` 128 units that also excite each other, `512` 512 units. The last has one unit a class.
    coding
        How pictures enter: `current`, `rate`, `latency` or `rows` (see `training.data.spike_coding`).
    readout
        `potential`: the last layer is a leaky integrator and its potential after the last step tells the class;
        `spikes`: it spikes, and its number of spikes does.
    reset
        After a spike a potential goes to `zero`, or loses the threshold (`subtract`).
    steps
        Time steps of one picture.
    decay, readout_decay
        Share of a potential that is forgotten in a step, in hidden layers and in the read-out.
    surrogate_slope
        k of the derivative `1 − tanh²(k (v − threshold))` that stands in for that of a spike.
    first_gain, gain
        What random weights are multiplied by at first, so that units spike: first layer, all others. Weights among the
        units of one layer stay as they are.
    epochs, batch
        Passes over the samples, and samples in one update.
    learning_rate
        Of AdamW, at its highest: it rises over the first fifth of all updates and falls to 0 as a cosine.
    weight_decay
        Of AdamW.
    rate_penalty
        Added to the cross-entropy for each layer, times its mean spikes per unit and step.
    shift_pixels
        Pictures are moved at random by up to so many pixels each way.
    seed
        Draws the first weights, the order of samples, shifts and input spikes.

    A setting out of range is a `QuantalError`.
    """

    architecture: str = "512-10"
    coding: str = choice("current", "rate", "latency", "rows")
    readout: str = choice("potential", "spikes")
    reset: str = choice("zero", "subtract")
    steps: int = setting(8, 1, 10**4)
    decay: float = setting(0.5, 1e-3, 1.0)
    readout_decay: float = setting(0.1, 1e-3, 1.0)
    surrogate_slope: float = setting(2.0, 1e-3, 1e3)
    first_gain: float = setting(3.0, 1e-3, 1e3)
    gain: float = setting(9.0, 1e-3, 1e3)
    epochs: int = setting(20, 1, 10**5)
    batch: int = setting(128, 1, 10**5)
    learning_rate: float = setting(4e-3, 1e-7, 10.0)
    weight_decay: float = setting(1e-4, 0.0, 10.0)
    rate_penalty: float = setting(0.0, 0.0, 100.0)
    shift_pixels: int = setting(2, 0, 64)
    seed: int = setting(0, 0, 2**32 - 1)

    def __post_init__(self) -> None:
        parse_architecture(self.architecture)
        for each in fields(self):
            value = getattr(self, each.name)
            if "low" in each.metadata:
                check(each, value)
            elif value not in each.metadata.get("known", (value,)):
                raise QuantalError(
                    "unknown setting", where=each.name, expected=" or ".join(each.metadata["known"]), got=str(value)
                )
