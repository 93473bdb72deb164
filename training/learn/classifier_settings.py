"""Settings for training a spiking classifier."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.training.learn.setting import Notation, Numbers, WholeNumbers, Words, check_settings, setting
from quantal.training.models.architecture import parse_architecture

ARCHITECTURE = Notation("16c5s2-p2-128r-10", parse_architecture)
CODINGS, READOUTS, RESETS = (
    Words(("current", "rate", "latency", "rows")),
    Words(("potential", "spikes")),
    Words(("zero", "subtract")),
)


@dataclass(frozen=True)
class ClassifierSettings:
    """Settings of a spiking classifier and of its training by surrogate gradients.

    In an `architecture`, `16c5s2` is a convolution to 16 channels with kernel 5 and stride 2, `p2` an average pool over
    2 x 2 pixels, `128r` a layer of 128 recurrently connected units, `512` a dense layer of 512 units; the last layer
    has one unit per class. `coding` is how images enter, see `training.data.spike_coding`. With `readout="potential"`
    the last layer is a leaky integrator, and the class is that of the highest potential after the last step; with
    `"spikes"` the last layer spikes, and the class is that of the most spikes. The derivative of a spike is replaced by
    `1 − tanh²(surrogate_slope (v − threshold))`. Gains scale the random initial weights so that units spike; recurrent
    weights are not scaled. The optimiser is AdamW, whose learning rate rises over the first fifth of all updates and
    then decays to 0 along a cosine.

    A setting of a wrong type or out of range is a `QuantalError`.
    """

    architecture: str = setting("512-10", ARCHITECTURE, "layers from input to read-out")
    coding: str = setting("current", CODINGS, "how images enter the network")
    readout: str = setting(
        "potential", READOUTS, "which output of the last layer gives the class: its potential or its spikes"
    )
    reset: str = setting("zero", RESETS, "whether a spike sets the potential to zero or subtracts the threshold")
    steps: int = setting(8, WholeNumbers(1, 10**4), "time steps of one image")
    decay: float = setting(0.5, Numbers(1e-3, 1.0), "share of a hidden unit's potential that leaks away in one step")
    readout_decay: float = setting(
        0.1, Numbers(1e-3, 1.0), "share of the read-out's potential that leaks away in one step"
    )
    surrogate_slope: float = setting(2.0, Numbers(1e-3, 1e3), "slope of the surrogate derivative of a spike")
    first_gain: float = setting(3.0, Numbers(1e-3, 1e3), "factor applied to the first layer's random initial weights")
    gain: float = setting(9.0, Numbers(1e-3, 1e3), "factor applied to all other layers' random initial weights")
    epochs: int = setting(20, WholeNumbers(1, 10**5), "passes over the training samples")
    batch: int = setting(128, WholeNumbers(1, 10**5), "samples in one update")
    learning_rate: float = setting(4e-3, Numbers(1e-7, 10.0), "peak learning rate of AdamW")
    weight_decay: float = setting(1e-4, Numbers(0.0, 10.0), "weight decay of AdamW")
    rate_penalty: float = setting(
        0.0, Numbers(0.0, 100.0), "weight in the loss of each layer's mean spikes per unit and step"
    )
    shift_pixels: int = setting(
        2, WholeNumbers(0, 64), "training images are shifted at random by up to this many pixels"
    )
    seed: int = setting(
        0, WholeNumbers(0, 2**32 - 1), "seed of the initial weights, sample order, shifts and input spikes"
    )

    def __post_init__(self) -> None:
        check_settings(self)
