"""Open registries: names to things, which other packages add to.

A package adds its own through the entry-point group `quantal.plugins`. An entry point names a function, which is called
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
    """Names to things of one sort, in the order in which they were registered.

    Parameters
    ----------
    noun
        What one of them is called in errors: `backend`, `circuit`.
    entries
        What is there from the start. A string `module:attribute` stands for what is there, imported when it is first
        asked for.

    Reading loads plug-ins; `register` does not.
    """

    def __init__(self, noun: str, entries: Mapping[str, Thing | str] | None = None) -> None:
        self.noun = noun
        self._entries: dict[str, Thing | str] = {**(entries or {})}

    def register(self, name: str, thing: Thing | str) -> None:
        """Add a thing, or its place `module:attribute`; a `QuantalError` where the name is taken."""
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
        """Raise a `QuantalError` for an unknown name, without importing what a known one stands for."""
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
        """Whether something has this name."""
        load_plugins()
        return name in self._entries

    def __len__(self) -> int:
        """How many there are."""
        load_plugins()
        return len(self._entries)

    def values(self) -> list[Thing]:
        """Every thing, imported."""
        return [self[name] for name in self]

    def items(self) -> list[tuple[str, Thing]]:
        """Every name with its thing, imported."""
        return [(name, self[name]) for name in self]


def by_name(*kinds: Thing) -> dict[str, Thing]:
    """Classes by their own names."""
    return {cast(type, kind).__name__: kind for kind in kinds}


def loaded(place: str) -> Any:
    """What stands at `module:attribute`; an optional package that it lacks is a `MissingPackage`."""
    module, name = place.split(":")
    with optional_packages():
        return getattr(import_module(module), name)


class Plugins:
    """The plug-ins of this environment, each loaded once; the error of one that failed is raised at every read."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.started = False
        self.failure: QuantalError | None = None

    def load(self) -> None:
        """Load what is not loaded yet. A plug-in that reads a registry while it is loaded sees what is there so far."""
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
    """Import a plug-in, and call it if it is a function; whatever goes wrong is a `QuantalError` that names it."""
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
