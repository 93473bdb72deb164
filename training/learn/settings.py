"""What a training run is set to; every number is checked."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

from quantal.neuro.errors import QuantalError


def setting(default: float, low: float, high: float) -> Any:
    """A field with a default and the closed range of what makes sense."""
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True)
class Settings:
    """Settings of the local rule; the defaults fit whitened patches of 16 x 16 pixels.

    Parameters
    ----------
    latents
        Units that send counts.
    updates
        Updates of the dictionary; they alone set how long training takes.
    batch
        Samples in one update.
    inference_steps, training_step
        Number and size of the steps of inference before an update, without draws. They needn't be the model's: only
        the equilibrium counts, and without noise a larger step comes near it sooner.
    step
        η of the model's update `v ← clamp(v + η (Φᵀ (x − Φ z) − c))`, without unit.
    drift
        c of the same equation, before it's multiplied by η: more of it, fewer counts.
    column_norm
        Length of every column of Φ, in units of the scaled input (root mean square 1): less of it, more counts,
        and a lower share of their noise in the reconstruction. The same for all, so that `ηΦᵀΦ` fits 8 bits.
    learning_rate
        Share of the way that the dictionary moves to the batch's own optimum in the first update; falls linearly.
    initial_log_rate, lowest_log_rate, highest_log_rate
        Start and bounds of v, in nats. The upper bound also keeps synchronous steps from oscillating.
    seed
        Draws the first dictionary and every batch.

    A number out of range, or not whole where it has to be, is a `QuantalError`.
    """

    latents: int = setting(512, 1, 65536)
    updates: int = setting(1500, 1, 10**7)
    batch: int = setting(200, 1, 10**5)
    inference_steps: int = setting(20, 1, 10**4)
    training_step: float = setting(1.0, 1e-4, 10.0)
    step: float = setting(0.5, 1e-4, 10.0)
    drift: float = setting(0.04, 1e-6, 10.0)
    column_norm: float = setting(0.15, 1e-3, 10.0)
    learning_rate: float = setting(0.05, 1e-6, 1.0)
    initial_log_rate: float = setting(-2.0, -20.0, 10.0)
    lowest_log_rate: float = setting(-8.0, -20.0, 0.0)
    highest_log_rate: float = setting(3.5, 0.0, 10.0)
    seed: int = setting(0, 0, 2**32 - 1)

    def __post_init__(self) -> None:
        for each in fields(self):
            check(each, getattr(self, each.name))

    @property
    def log_rate_bounds(self) -> tuple[float, float]:
        """Lowest and highest log-rate, in nats."""
        return self.lowest_log_rate, self.highest_log_rate


def check(each: Field[Any], value: Any) -> None:
    """Raise `QuantalError` unless a setting has its type and lies in its range."""
    low, high = each.metadata["low"], each.metadata["high"]
    kinds = (int,) if type(each.default) is int else (int, float)
    if type(value) not in kinds or not low <= value <= high:
        noun = "a whole number" if kinds == (int,) else "a number"
        raise QuantalError(
            "setting out of range", where=each.name, expected=f"{noun} from {low:g} to {high:g}", got=str(value)
        )
