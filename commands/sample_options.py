"""The options by which commands choose samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from quantal.commands.cli import Choice
from quantal.training.data.network_samples import ALL, HELD_OUT, SampleChoice

SAMPLES_MAX = 10**6
Option = Callable[[Callable[..., Any]], Callable[..., Any]]


LABELS = click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Classes of the samples, for the accuracy: .npy, or y or y_train (held-out: y_test) of an .npz file.",
)


def sample_options(default: int, *others: Option) -> Option:
    """Options `--data`, `--samples` and `--split`, and others such as `LABELS`, which the command gets as one `choice`.

    All samples of the user's data are taken unless they say less; without data, `default` samples.
    """
    options = (
        click.option("--data", type=click.Path(path_type=Path), help="Samples: .npy, .npz or a folder of images."),
        click.option(
            "--samples",
            type=click.IntRange(1, SAMPLES_MAX),
            show_default=f"all of --data; without it {default}",
            help="Take only so many, evenly spaced.",
        ),
        click.option(
            "--split",
            type=Choice((ALL, HELD_OUT)),
            default=ALL,
            show_default=True,
            help="All samples of --data in their order, or those that training does not use.",
        ),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_choice(
            *args: Any, data: Path | None, samples: int | None, split: str, labels: Path | None = None, **rest: Any
        ) -> Any:
            count = default if data is None and samples is None else samples
            return command(*args, choice=SampleChoice(data, count, split, labels), **rest)

        wrapped: Callable[..., Any] = with_choice
        for option in reversed((*options, *others)):
            wrapped = option(wrapped)
        return wrapped

    return add
