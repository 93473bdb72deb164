"""Settings for training an iterative Poisson VAE."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.training.learn.setting import Numbers, WholeNumbers, check_settings, setting


@dataclass(frozen=True)
class PoissonVaeSettings:
    """Settings of the model and of the local learning rule; the defaults fit whitened patches of 16 x 16 pixels.

    The model's update is `v ← clamp(v + η (Φᵀ (x − Φ z) − c))`, with `step` η and `drift` c. Before an update of the
    dictionary, inference has a step size of its own: only the equilibrium matters, and without noise a larger step
    reaches it sooner. All columns of Φ have the same length, so that `ηΦᵀΦ` fits in 8 bits; shorter columns need more
    counts, whose noise is then a smaller share of the reconstruction. The upper bound of v also keeps the synchronous
    updates from oscillating.

    A setting of a wrong type or out of range is a `QuantalError`.
    """

    latents: int = setting(512, WholeNumbers(1, 65536), "number of latent units, each of which sends counts")
    updates: int = setting(
        1500, WholeNumbers(1, 10**7), "updates of the dictionary; the training time is proportional to them"
    )
    batch: int = setting(200, WholeNumbers(1, 10**5), "samples in one update")
    inference_steps: int = setting(
        20, WholeNumbers(1, 10**4), "steps of inference, without random draws, before each update"
    )
    training_step: float = setting(1.0, Numbers(1e-4, 10.0), "step size of inference before each update")
    step: float = setting(0.5, Numbers(1e-4, 10.0), "step size of the model's own inference")
    drift: float = setting(
        0.04, Numbers(1e-6, 10.0), "constant decrease of every log-rate; a larger drift gives fewer counts"
    )
    column_norm: float = setting(
        0.15, Numbers(1e-3, 10.0), "length of every column of the dictionary, for inputs of root mean square 1"
    )
    learning_rate: float = setting(
        0.05,
        Numbers(1e-6, 1.0),
        "relative step of the first update towards the batch's optimum; decays linearly to 0",
    )
    initial_log_rate: float = setting(-2.0, Numbers(-20.0, 10.0), "log-rate at which inference starts, in nats")
    lowest_log_rate: float = setting(-8.0, Numbers(-20.0, 0.0), "lower bound of a log-rate, in nats")
    highest_log_rate: float = setting(3.5, Numbers(0.0, 10.0), "upper bound of a log-rate, in nats")
    seed: int = setting(0, WholeNumbers(0, 2**32 - 1), "seed of the initial dictionary and of every batch")

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def log_rate_bounds(self) -> tuple[float, float]:
        """Lowest and highest log-rate, in nats."""
        return self.lowest_log_rate, self.highest_log_rate
