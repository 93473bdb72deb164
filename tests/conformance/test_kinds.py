"""Every registered kind is complete, so that it runs on every backend.

A new kind fails here until it has a kernel, equations, a float counterpart and a place in `everything_network`.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from quantal.neuro import neurons, synapses
from quantal.neuro.brian.exact.functions import LOOK_UPS
from quantal.neuro.engine.kernels import KERNELS
from quantal.neuro.network import files
from quantal.neuro.neurons import EMISSIONS, INTEGRATIONS
from quantal.neuro.protocols import Emission, FloatEmission, FloatIntegration, Integration, Weight
from quantal.neuro.registration import members
from quantal.neuro.synapses import WEIGHTS

from support import networks

PROTOCOLS = {
    **dict.fromkeys(INTEGRATIONS.values(), Integration),
    **dict.fromkeys(EMISSIONS.values(), Emission),
    **dict.fromkeys(WEIGHTS.values(), Weight),
}
NETWORK = networks.everything_network()
MAKERS = {**networks.MAKE_INTEGRATION, **networks.MAKE_EMISSION, **networks.MAKE_WEIGHT}
every_kind = pytest.mark.parametrize("kind", PROTOCOLS)
every_rule = pytest.mark.parametrize("kind", [*INTEGRATIONS.values(), *EMISSIONS.values()])


def examples(kind: type) -> list[Any]:
    """The instances of a kind in `everything_network`, each with the size of its population."""
    parts = [(part, p.size) for p in NETWORK.populations for part in (p.integration, p.emission)]
    parts += [(p.weight, 0) for p in NETWORK.projections]
    return [(part, size) for part, size in parts if type(part) is kind]


@every_kind
def test_everything_network_contains_it(kind: type):
    assert examples(kind)


@every_kind
def test_random_networks_may_contain_it(kind: type):
    assert kind in MAKERS


@every_kind
def test_it_has_every_member_of_its_protocol(kind: type):
    example, _ = examples(kind)[0]
    assert [name for name in sorted(members(PROTOCOLS[kind])) if not hasattr(example, name)] == []


@every_kind
def test_it_is_frozen_and_public(kind: type):
    assert kind.__dataclass_params__.frozen
    assert kind.__name__ in {*neurons.__all__, *synapses.__all__}
    assert inspect.getdoc(kind)


@every_kind
def test_it_can_be_read_from_files(kind: type):
    assert files.network_parts()[kind.__name__] is kind


@every_kind
def test_it_has_a_kernel_under_its_own_file_name(kind: type):
    folder, module = kind.__module__.split(".")[-2:]
    places = {"neurons": "quantal.neuro.engine.kernels.neurons", "synapses": "quantal.neuro.engine.kernels"}
    assert KERNELS[kind].compiled.py_func.__module__ == f"{places[folder]}.{module}"


@every_rule
def test_its_equations_use_only_known_names(kind: type):
    """An update uses only its own parameters and states, its own assignments, what Brian2 passes in, and functions."""
    passed_in = {Integration: {"a"}, Emission: {"uniform", "v", "message"}}[PROTOCOLS[kind]]
    for example, size in examples(kind):
        equations = example.equations()
        names = {token for token in words(equations.update) if not token.isdigit()}
        tabled = {*equations.tables, *equations.pools}
        tables = {f"{look_up}_{name}" for name in tabled for look_up in LOOK_UPS} & names
        assigned = {line.split(" = ")[0] for line in equations.update.splitlines()}
        places = {"sample", "unit"} if equations.pools else set()
        own = {*places, *equations.constants, *equations.vectors, *tables, *assigned, *getattr(example, "states", ())}
        functions = {"leak", "saturate", "wrap", "shift_right", "int", "or", "and"}
        assert names <= passed_in | own | functions
        assert {*equations.constants, *equations.vectors} <= names
        assert {name.split("_in_")[1] for name in tables} == tabled
        assert all(vector.shape == (size,) for vector in equations.vectors.values())


def words(update: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in update).split()


@every_rule
def test_it_has_a_float_counterpart(kind: type):
    counterpart = getattr(neurons, f"Float{kind.__name__}")
    protocol = FloatIntegration if kind in INTEGRATIONS.values() else FloatEmission
    missing = members(protocol) - {*dir(counterpart), *counterpart.__dataclass_fields__}
    assert not missing
    assert inspect.signature(counterpart.quantise).return_annotation == kind.__name__


@every_rule
def test_its_parameters_fit_the_engine(kind: type):
    for example, _ in examples(kind):
        parameters = KERNELS[kind].pack(example)
        assert parameters.ndim == 1
        assert np.array_equal(parameters, parameters.astype(np.int32))
