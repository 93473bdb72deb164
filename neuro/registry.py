"""Open registries, which map names to things and to which other packages can add.

A package adds things through the entry-point group `quantal.plugins`. An entry point names a function, which is called
once, or a module, which is imported. Plug-ins are loaded when a registry is first read, never by `import quantal`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from threading import RLock
from typing import Any, Generic, TypeVar, cast

from quantal.neuro.errors import QuantalError, did_you_mean, optional_packages

Thing = TypeVar("Thing")

GROUP = "quantal.plugins"


class Registry(Generic[Thing]):
    """Things of one sort by name, in the order in which they were registered.

    Parameters
    ----------
    noun
        The word for one of them in errors, such as `backend` or `circuit`.
    entries
        Initial entries. A string `module:attribute` stands for an object that is imported on first use.

    Reading loads plug-ins; `register` does not.
    """

    def __init__(self, noun: str, entries: Mapping[str, Thing | str] | None = None) -> None:
        self.noun = noun
        self._entries: dict[str, Thing | str] = {**(entries or {})}

    def register(self, name: str, thing: Thing | str) -> None:
        """Add a thing, or its place `module:attribute`; a `QuantalError` if the name is taken."""
        if name in self._entries:
            raise QuantalError(
                f"duplicate {self.noun} name {name!r}",
                where=f"registering {thing!r}",
                expected="a name that is not taken",
                got=f"{name!r}, which is {self._entries[name]!r}",
            )
        self._entries[name] = thing

    def __getitem__(self, name: str) -> Thing:
        """The thing of that name, imported if need be; an unknown name is a `QuantalError` that lists all names."""
        self.check(name)
        entry = self._entries[name]
        if isinstance(entry, str):
            entry = self._entries[name] = cast(Thing, loaded(entry))
        return entry

    def check(self, name: str) -> None:
        """Raise a `QuantalError` for an unknown name; nothing is imported for a known one."""
        names = [*self]
        if name not in names:
            raise QuantalError(
                f"no such {self.noun}",
                expected=f"one of {', '.join(names)}",
                got=name,
                hint=did_you_mean(name, names),
            )

    def __iter__(self) -> Iterator[str]:
        """The names."""
        load_plugins()
        return iter([*self._entries])

    def __contains__(self, name: object) -> bool:
        """Whether the name is registered."""
        load_plugins()
        return name in self._entries

    def __len__(self) -> int:
        """Number of entries."""
        load_plugins()
        return len(self._entries)

    def values(self) -> list[Thing]:
        """Every thing, imported."""
        return [self[name] for name in self]

    def items(self) -> list[tuple[str, Thing]]:
        """Every name and its thing, imported."""
        return [(name, self[name]) for name in self]


def by_name(*kinds: Thing) -> dict[str, Thing]:
    """Classes by their names."""
    return {cast(type, kind).__name__: kind for kind in kinds}


def loaded(place: str) -> Any:
    """The object at `module:attribute`; raises `MissingPackage` if an optional package that it needs is missing."""
    module, name = place.split(":")
    with optional_packages():
        return getattr(import_module(module), name)


class Plugins:
    """The plug-ins of this environment, each loaded once; if one fails, every later read raises its error."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.started = False
        self.failure: QuantalError | None = None

    def load(self) -> None:
        """Load all plug-ins once. A plug-in that reads a registry while it is being loaded sees the entries so far."""
        with self.lock:
            if not self.started:
                self.started = True
                self.load_all()
        if self.failure:
            raise self.failure

    def load_all(self) -> None:
        """Load every plug-in up to the first that fails."""
        try:
            for plugin in entry_points(group=GROUP):
                load_plugin(plugin)
        except QuantalError as error:
            self.failure = error


def load_plugin(plugin: EntryPoint) -> None:
    """Import a plug-in, and call it if it is a function; any error becomes a `QuantalError` that names the plug-in."""
    try:
        thing = plugin.load()
        if callable(thing):
            thing()
    except Exception as error:
        owner = plugin.dist
        name = f"{owner.name} {owner.version}" if owner else plugin.value
        raise QuantalError(
            f"the plug-in {plugin.name!r} of {name} can't be loaded",
            where=plugin.value,
            got=f"{type(error).__name__}: {' '.join(str(error).split())}",
            hint=f"update or uninstall {owner.name if owner else plugin.value}",
        ) from error


PLUGINS = Plugins()


def load_plugins() -> None:
    """Load the plug-ins of this environment if they are not loaded yet."""
    PLUGINS.load()
