"""Read the weights of a torch model from an untrusted file, without executing anything in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from quantal.neuro.errors import QuantalError, type_of


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Load the weights that `torch.save(model.state_dict(), path)` wrote into a model.

    Raises
    ------
    QuantalError
        If the file is missing, truncated or damaged, if it holds code, as a pickled model does, or if its weights are
        those of another model.
    """
    found = read_weights(path)
    expected = model.state_dict()
    check_names(found, expected, path)
    for name, value in expected.items():
        if found[name].shape != value.shape:
            raise QuantalError(
                f"{name} has a different shape in the model",
                where=str(path),
                expected=str(tuple(value.shape)),
                got=str(tuple(found[name].shape)),
            )
    model.load_state_dict(found)


def read_weights(path: str | Path) -> Mapping[str, Tensor]:
    """Read tensors by name."""
    if not Path(path).is_file():
        raise QuantalError("no such file", where=str(path), expected="a weights file")
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
        "not a weights file",
        where=str(path),
        expected="tensors by name",
        got=reason.splitlines()[0][:200],
        hint="write it with torch.save(model.state_dict(), path); a whole pickled model is never opened",
    )


def check_names(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: str | Path) -> None:
    """Refuse the weights of another model."""
    different = [name for name in (*expected, *found) if (name in expected) != (name in found)]
    if different:
        raise QuantalError(
            f"{different[0]} is only in {'the model' if different[0] in expected else 'the file'}",
            where=str(path),
            expected=", ".join(expected),
            got=", ".join(found),
        )
