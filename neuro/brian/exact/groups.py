"""Populations as Brian2 groups and projections as Brian2 synapses.

A group holds the units of every sample: unit k of sample s is neuron `s * units + k`. Its step follows Brian2's own
schedule. In the slot `groups` it integrates the summed input, fills its pools and emits, in `thresholds` a message
other than zero becomes the event `sent`, and in `synapses` the input of the next step is summed. So a delay of d steps
is d − 1 steps in Brian2's queue, and a synapse reads what its source sent d − 1 steps before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantal.neuro.arithmetic import Integers
from quantal.neuro.brian.exact.functions import FUNCTIONS, LOOK_UPS, table_functions
from quantal.neuro.brian.host import brian2
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.protocols import Equations
from quantal.neuro.synapses.delays import shortest

Entries = Mapping[str, NDArray[np.int32]]
"""The tables of a population that are filled anew at every step, `(batch, columns)` each."""

ORDER = {"remember": 0, "integrate": 1, "pool": 2, "emit": 3}
"""Order in the slot `groups`."""


def neuron_group(
    network: CountNetwork, population: Population, state: Mapping[str, NDArray[np.int32]], pools: Entries, clock: Any
) -> Any:
    """A population as a group of `batch * units` neurons that starts from `state`, `(batch, units)` each."""
    integration, emission = population_equations(population)
    remembered = network.longest_delay(population.name) - 1
    variables = [*population.states, "a", "arriving", "drive", *draw_names(population)]
    variables += [past_message(steps) for steps in range(remembered + 1)]
    batch = next(iter(state.values())).shape[0]
    vectors = {**integration.vectors, **emission.vectors}
    constants = {name: np.tile(vector, batch) for name, vector in vectors.items()}
    if pools:
        places = {"sample": np.repeat(np.arange(batch), population.size), "unit": np.arange(population.size)}
        constants |= {name: np.resize(place, batch * population.size) for name, place in places.items()}
    group = brian2.NeuronGroup(
        batch * population.size,
        "\n".join(
            [*(f"{name} : integer" for name in variables), *(f"{name} : integer (constant)" for name in constants)]
        ),
        events={"sent": "message != 0"},
        namespace={
            **FUNCTIONS,
            **integration.constants,
            **emission.constants,
            **look_ups({**integration.tables, **emission.tables, **pools}),
        },
        clock=clock,
        name=f"population_{identifier(population.name)}*",
    )
    for name, text in step_texts(integration.update, emission.update, remembered).items():
        group.run_regularly(text, when="groups", order=ORDER[name], name=f"{group.name}_{name}")
    for name, value in {**constants, **state}.items():
        assign(group, name, value)
    return group


def look_ups(tables: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """The functions of all tables by name."""
    functions: dict[str, Any] = {}
    for table, entries in tables.items():
        functions |= table_functions(table, entries)
    return functions


def draw_names(population: Population) -> list[str]:
    """Names of the draws of a unit; those of a population whose pools read them belong to no unit."""
    if population.emission.equations().pools:
        return []
    count = population.emission.draw_count(population.size) // population.size
    return [f"uniform_{place}" if place else "uniform" for place in range(count)]


def pool_entries(population: Population, batch: int) -> Entries:
    """The pools of a population before the first step."""
    v = np.zeros((batch, population.size), np.int64)
    uniform = np.zeros((batch, population.emission.draw_count(population.size)), np.int64)
    _, emission = population_equations(population)
    return {name: np.ascontiguousarray(pool(v, uniform), np.int32) for name, pool in emission.pools.items()}


def step_texts(integration: str, emission: str, remembered: int) -> dict[str, str]:
    """One step of a group in parts, so that kinds are compiled one by one and not for every pair of them."""
    shifted = [f"{past_message(steps)} = {past_message(steps - 1)}" for steps in range(remembered, 0, -1)]
    remember = {"remember": "\n".join(shifted)} if shifted else {}
    return {**remember, "integrate": f"a = arriving + drive\narriving = 0\n{integration}", "emit": emission}


def past_message(steps: int) -> str:
    """Name of the variable that holds the message sent `steps` steps before."""
    return f"message_{steps}" if steps else "message"


def population_equations(population: Population) -> tuple[Equations, Equations]:
    """Equations of the integration and of the emission, in names that don't collide."""
    integration, emission = population.integration.equations(), population.emission.equations()
    taken = {*population.integration.states, *integration.constants, *integration.vectors, *integration.tables}
    own = {*emission.constants, *emission.vectors, *emission.tables, *emission.pools}
    renamed = {name: f"emission_{name}" for name in own & taken}
    return integration, with_names(emission, renamed)


def with_names(equations: Equations, names: Mapping[str, str]) -> Equations:
    """The same equations with some names replaced."""
    tables = {f"{look_up}_{old}": f"{look_up}_{new}" for look_up in LOOK_UPS for old, new in names.items()}
    replaced = {**names, **tables}
    return Equations(
        re.sub(r"\b[A-Za-z_]\w*", lambda match: replaced.get(match[0], match[0]), equations.update),
        constants={names.get(name, name): value for name, value in equations.constants.items()},
        vectors={names.get(name, name): value for name, value in equations.vectors.items()},
        tables={names.get(name, name): value for name, value in equations.tables.items()},
        pools={names.get(name, name): value for name, value in equations.pools.items()},
    )


@dataclass(frozen=True)
class SynapseText:
    """Brian2 text of synapses: their variables, what a message adds to the input of its target, and the names used."""

    variables: str
    on_message: str
    namespace: Mapping[str, Any]


CONSTANT = SynapseText("weight : integer (constant)", "arriving_post += weight * arriving_message", {})


def synapses(projection: Projection, groups: Mapping[str, Any], batch: int, clock: Any) -> Any:
    """A projection of constant weights as synapses; it must have at least one connection."""
    targets, sources, weight = projection.weight.entries()
    waiting = waiting_steps(projection)
    text = CONSTANT if waiting.ndim == 0 else with_own_delays(np.unique(waiting).tolist())
    made = connected(projection, groups, (targets, sources), text, batch, clock)
    assign(made, "weight", np.tile(weight << projection.exponent, batch))
    if waiting.ndim:
        assign(made, "waiting", np.tile(waiting, batch))
        made.delay = np.tile(waiting, batch) * clock.dt
    return made


def connected(
    projection: Projection,
    groups: Mapping[str, Any],
    ends: tuple[Integers, Integers],
    text: SynapseText,
    batch: int,
    clock: Any,
) -> Any:
    """Synapses between target and source units, repeated for each sample, that read an `arriving_message`."""
    source, target, waiting = groups[projection.source], groups[projection.target], shortest(projection.delay_steps) - 1
    own_delays = isinstance(projection.delay_steps, np.ndarray)
    made = brian2.Synapses(
        source,
        target,
        text.variables,
        on_pre=text.on_message,
        on_event="sent",
        delay=None if own_delays else waiting * clock.dt,
        clock=clock,
        namespace=dict(text.namespace),
        name=f"projection_{identifier(projection.name)}*",
    )
    made.connect(i=repeated(ends[1], batch, len(source)), j=repeated(ends[0], batch, len(target)))
    if not own_delays:
        made.variables.add_reference("arriving_message", source, past_message(waiting), index="_presynaptic_idx")
    return made


def waiting_steps(projection: Projection) -> Integers:
    """The steps that each connection, in the order of `entries`, spends in Brian2's queue; one number for all."""
    delay = np.asarray(projection.delay_steps, np.int64)
    return (delay if delay.ndim == 0 else delay[projection.weight.values() != 0]) - 1


def with_own_delays(waiting: list[int]) -> SynapseText:
    """Text of synapses that wait for different numbers of steps.

    An event arrives without its message, so each synapse reads the one that its source sent as long ago as it waited.
    """
    message = " + ".join(f"{past_message(steps)}_pre * int(waiting == {steps})" for steps in waiting)
    return SynapseText(
        f"{CONSTANT.variables}\nwaiting : integer (constant)", f"arriving_post += weight * ({message})", {}
    )


def repeated(units: Integers, batch: int, length: int) -> NDArray[np.int32]:
    """Indices of some units in every sample of a group of `length` neurons."""
    first = np.arange(batch) * (length // batch)
    return (first[:, np.newaxis] + units).astype(np.int32).ravel()


def assign(owner: Any, name: str, value: NDArray[Any]) -> None:
    """Set a variable of a group or of synapses directly, without generated code."""
    owner.variables[name].set_value(value.ravel())


def identifier(name: str) -> str:
    """A name with every character replaced that Brian2 does not accept."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)
