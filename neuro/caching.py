"""Remember results for as long as the object that they were computed from lives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

Key = TypeVar("Key")
Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def cached_while_alive(function: Callable[Concatenate[Key, Rest], Result]) -> Callable[Concatenate[Key, Rest], Result]:
    """Cache the results of a function until its first argument, which is compared by identity, is collected.

    The result must not refer to that argument, or neither would ever be collected. All arguments are positional. With
    a first argument that has no weak references, such as a tuple, nothing is cached.
    """
    results: WeakKeyDictionary[Key, dict[tuple[Hashable, ...], Result]] = WeakKeyDictionary()

    @functools.wraps(function)
    def cached(key: Key, *rest: Any) -> Result:
        try:
            of_key = results.get(key)
        except TypeError:
            return function(key, *rest)  # pyright: ignore[reportCallIssue]
        if of_key is None:
            of_key = results.setdefault(key, {})
        if rest not in of_key:
            of_key[rest] = function(key, *rest)  # pyright: ignore[reportCallIssue]
        return of_key[rest]

    return cached  # pyright: ignore[reportReturnType]
