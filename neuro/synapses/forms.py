"""The forms that a float weight may have, and what is done with a weight of each.

Dense and sparse matrices are `(target units, source units)`, and a convolution stands for one. Whatever the compiler
does works on what a weight stores, never on the matrix that it stands for. A new form is one more entry in `FORMS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from quantal.neuro.arithmetic import Integers
from quantal.neuro.protocols import Floats, Weight
from quantal.neuro.synapses import Convolution, Dense, FloatConvolution, Sparse

Matrix: TypeAlias = "Floats | csr_array"
FloatWeight: TypeAlias = "Floats | csr_array | FloatConvolution"


@dataclass(frozen=True)
class Form:
    """What the compiler and the float run ask of a weight; SciPy is untyped.

    Parameters
    ----------
    name
        As an error calls it.
    problems
        What is wrong inside a weight, as sentences.
    stored
        The numbers that it stores.
    scaled
        The weight times a number.
    mapped
        The weight with a function of each number in its place; what is stored twice for one connection adds up before.
    less
        The weight less another of its form.
    row_sizes
        Sum of the sizes of each target unit's weights, `(target units,)`.
    apply
        Messages `(batch, source units)` to input `(batch, target units)`.
    to_weight
        The weight of the integer network, of whole numbers.
    matrix
        The matrix that it stands for, dense or sparse.
    """

    name: str
    problems: Callable[[Any], list[str]]
    stored: Callable[[Any], Floats]
    scaled: Callable[[Any, float], Any]
    mapped: Callable[[Any, Callable[[Floats], Floats]], Any]
    less: Callable[[Any, Any], Any]
    row_sizes: Callable[[Any], Floats]
    apply: Callable[[Any, Floats], Floats]
    to_weight: Callable[[Any], Weight]
    matrix: Callable[[Any], Matrix]


def to_integers(value: Floats) -> Integers:
    """The nearest integers, in 64 bits."""
    return np.rint(value).astype(np.int64)


def summed_sizes(weight: Any) -> Floats:
    """Row sums of sizes of a matrix, dense or sparse."""
    return np.asarray(abs(weight).sum(axis=1)).ravel()


def mapped_entries(weight: Any, function: Callable[[Floats], Floats]) -> Any:
    """A sparse matrix of what is not zero in the end."""
    merged = weight.copy()
    merged.sum_duplicates()
    merged.data = function(merged.data)
    merged.eliminate_zeros()
    return merged


def to_sparse(weight: Any) -> Sparse:
    """A sparse matrix as a list of connections."""
    targets, sources = weight.shape
    target = np.repeat(np.arange(targets), np.diff(weight.indptr))
    return Sparse(target, weight.indices.astype(np.int64), to_integers(weight.data), targets, sources)


def to_convolution(weight: FloatConvolution) -> Convolution:
    """A convolution with the same windows."""
    return weight.quantise(to_integers(weight.weight))


def matrix_of_convolution(weight: FloatConvolution) -> csr_array:
    """Every connection of a convolution."""
    target, source, values = weight.entries()
    return csr_array((values, (target, source)), shape=weight.shape)


FORMS: dict[type, Form] = {
    np.ndarray: Form(
        name="a NumPy array",
        problems=lambda weight: [],
        stored=lambda weight: weight,
        scaled=lambda weight, factor: weight * factor,
        mapped=lambda weight, function: function(weight),
        less=lambda weight, other: weight - other,
        row_sizes=summed_sizes,
        apply=lambda weight, message: message @ weight.T,
        to_weight=lambda weight: Dense(to_integers(weight)),
        matrix=lambda weight: weight,
    ),
    csr_array: Form(
        name="a SciPy csr_array",
        problems=lambda weight: [],
        stored=lambda weight: np.asarray(weight.data, np.float64),
        scaled=lambda weight, factor: weight * factor,
        mapped=mapped_entries,
        less=lambda weight, other: weight - other,
        row_sizes=summed_sizes,
        apply=lambda weight, message: message @ weight.T,
        to_weight=to_sparse,
        matrix=lambda weight: weight,
    ),
    FloatConvolution: Form(
        name="a FloatConvolution",
        problems=lambda conv: conv.problems(),
        stored=lambda conv: conv.weight,
        scaled=lambda conv, factor: replace(conv, weight=conv.weight * factor),
        mapped=lambda conv, function: replace(conv, weight=function(conv.weight)),
        less=lambda conv, other: replace(conv, weight=conv.weight - other.weight),
        row_sizes=lambda conv: conv.row_sizes(),
        apply=lambda conv, message: conv.apply(message),
        to_weight=to_convolution,
        matrix=matrix_of_convolution,
    ),
}


def form_of(weight: FloatWeight) -> Form:
    """The form of a weight; a `KeyError` where `form_problems` would find that it has none."""
    kind = next((kind for kind in type(weight).__mro__ if kind in FORMS), type(weight))
    return FORMS[kind]


def form_problems(weight: Any) -> list[str]:
    """What is wrong with the type of a weight, which untyped callers are free to choose, or inside it."""
    if any(kind in FORMS for kind in type(weight).__mro__):
        return form_of(weight).problems(weight)
    *most, last = (form.name for form in FORMS.values())
    return [f"weight is a {type(weight).__name__}, expected {', '.join(most)} or {last}"]


def stored(weight: FloatWeight) -> Floats:
    """The numbers that a weight stores."""
    return form_of(weight).stored(weight)


def row_sizes(weight: FloatWeight) -> Floats:
    """Sum of the sizes of each target unit's weights, `(target units,)`."""
    return form_of(weight).row_sizes(weight)
