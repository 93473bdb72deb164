"""Write reference pages from the registries, before Sphinx reads any page."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import quantal
from quantal.hardware.backends import BACKENDS
from quantal.hardware.backends.support import kind_rows
from quantal.neuro import neurons, synapses
from quantal.neuro.circuits import CIRCUITS
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.registry import Registry
from quantal.neuro.synapses import WEIGHTS
from quantal.neuro.synapses.plasticity import PLASTICITIES
from quantal.training.recipes.registry import RECIPES

KINDS = {
    "Integrations": INTEGRATIONS,
    "Emissions": EMISSIONS,
    "Synapses": WEIGHTS,
    "Plasticities": PLASTICITIES,
}
INTEGERS_PAGE = "explanation/integers.md"


def write_pages(app: Sphinx) -> None:
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    check_explained(Path(app.srcdir) / INTEGERS_PAGE)
    for page in (kinds, backends, refusals, circuits, recipes, names):
        text = "\n".join(page()) + "\n"
        path = folder / f"{page.__name__}.md"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def check_explained(page: Path) -> None:
    """Check that every kind of this repository has a row on the page about integers."""
    text = page.read_text()
    for kind in every_kind():
        if kind.__module__.startswith("quantal.") and f"| `{kind.__name__}` |" not in text:
            raise ExtensionError(f"{page} does not explain {kind.__name__}")


def every_kind() -> list[type]:
    return [kind for registry in KINDS.values() for kind in registry.values()]


def kinds() -> Iterator[str]:
    """Each kind with its docstring, and the float counterpart that graphs hold."""
    for title, registry in KINDS.items():
        yield from (f"## {title}", "")
        for kind in registry.values():
            yield from (f"### {kind.__name__}", "", *facts(kind), "")
            yield from documented([place(kind), *float_places(kind)], "autoclass")


def facts(kind: type) -> Iterator[str]:
    """State variables, where a kind has any, and which backends run it."""
    states = [f"`{name}`" for name in getattr(kind, "states", ())]
    if states:
        yield f"State variables: {', '.join(states)}."
    refused = [name for name, backend in BACKENDS.items() if backend.refusal_of_kind(kind, "")]
    yield f"Runs on every backend{' but ' + ', '.join(refused) if refused else ''}."


def float_places(kind: type) -> list[str]:
    name = f"Float{kind.__name__}"
    return [
        f"{module.__name__}.{name}" for module in (neurons, synapses) if hasattr(module, name)
    ]


def place(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def documented(places: Iterable[str], directive: str) -> list[str]:
    return ["```{eval-rst}", *(f".. {directive}:: {each}" for each in places), "```", ""]


def backends() -> Iterator[str]:
    """Kind by backend: yes, or the reason for the refusal."""
    rows = (
        [f"`{row.name}`", *(f"no: {why}" if why else "yes" for why in row.reasons.values())]
        for row in kind_rows()
    )
    yield from table(["kind", *BACKENDS], rows)


def refusals() -> Iterator[str]:
    """What each backend lacks, and why."""
    rows = (
        [f"`{name}`", what, why]
        for name, each in BACKENDS.items()
        for what, why in each.limits.items()
    )
    yield from table(["backend", "lacks", "because"], rows)


def circuits() -> Iterator[str]:
    for name, circuit in CIRCUITS.items():
        yield from (
            f"### {name}",
            "",
            circuit.summary,
            "",
            *documented([place(circuit.wire)], "autofunction"),
        )


def recipes() -> Iterator[str]:
    """What each recipe is for, and its default settings."""
    for name, recipe in RECIPES.items():
        settings = ", ".join(
            f"`{key} = {value}`" for key, value in asdict(recipe.settings()).items()
        )
        yield from (f"### {name}", "", recipe.summary, "", f"Settings: {settings}.", "")


def names() -> Iterator[str]:
    """Every public name of `quantal` with its docstring, or the page that documents it."""
    pages = elsewhere()
    for name in sorted(quantal.__all__, key=str.lower):
        thing = getattr(quantal, name)
        yield from (f"### {name}", "")
        if page := pages.get(name):
            yield from (f"See [{page}]({page}.md).", "")
        elif isinstance(thing, Registry):
            yield from (f"The registry of every {thing.noun}: {', '.join(thing)}.", "")
        elif inspect.isclass(thing) or inspect.isroutine(thing):
            directive = "autoclass" if inspect.isclass(thing) else "autofunction"
            yield from documented([place(thing)], directive)
        else:
            yield from (f"A type: `{thing}`.", "")


def elsewhere() -> dict[str, str]:
    """Public names that other reference pages document, and these pages."""
    kinds = [
        each.rsplit(".", 1)[1]
        for kind in every_kind()
        for each in (place(kind), *float_places(kind))
    ]
    return {
        **dict.fromkeys(kinds, "kinds"),
        **{circuit.wire.__name__: "circuits-and-recipes" for circuit in CIRCUITS.values()},
        "PoissonVae": "circuits-and-recipes",
        **dict.fromkeys(("run", "infer", "backend", "register_backend"), "backends"),
    }


def table(header: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
