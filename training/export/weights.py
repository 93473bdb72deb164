"""Weights of a torch model from a file of unknown origin, without executing anything in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from quantal.neuro.errors import QuantalError, type_of


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Fill a model with the weights that `torch.save(model.state_dict(), path)` wrote.

    Raises
    ------
    QuantalError
        The file is missing, truncated or damaged; it holds code, as a pickled model does; or its weights are those of
        another model.
    """
    found = read_weights(path)
    wanted = model.state_dict()
    check_names(found, wanted, path)
    for name, value in wanted.items():
        if found[name].shape != value.shape:
            raise QuantalError(
                f"{name} has a different shape in the model",
                where=str(path),
                expected=str(tuple(value.shape)),
                got=str(tuple(found[name].shape)),
            )
    model.load_state_dict(found)


def read_weights(path: str | Path) -> Mapping[str, Tensor]:
    """Tensors by name."""
    if not Path(path).is_file():
        raise QuantalError("no such file", where=str(path), expected="a file of weights")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise not_weights(path, f"{type(error).__name__}: {error}") from error
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise not_weights(path, f"{type_of(found)} that holds more than tensors")
    return found


def not_weights(path: str | Path, reason: str) -> QuantalError:
    """The error for a file that is damaged, or that holds more than tensors."""
    return QuantalError(
        "not a file of weights",
        where=str(path),
        expected="tensors by name",
        got=reason.splitlines()[0][:200],
        hint="write it with torch.save(model.state_dict(), path); a whole pickled model is never opened",
    )


def check_names(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: str | Path) -> None:
    """Refuse weights of another model."""
    different = [name for name in (*wanted, *found) if (name in wanted) != (name in found)]
    if different:
        raise QuantalError(
            f"{different[0]} is only in {'the model' if different[0] in wanted else 'the file'}",
            where=str(path),
            expected=", ".join(wanted),
            got=", ".join(found),
        )
