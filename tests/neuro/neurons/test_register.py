"""Kinds of other packages are legal if they are registered, and refused otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.verify import verify
from quantal.neuro.neurons import EMISSIONS, FLOAT_EMISSIONS, FloatSilent, Silent, register_emission

from support.networks import everything_network


@dataclass(frozen=True)
class Quiet(Silent):
    """A kind that has all members."""


@dataclass(frozen=True)
class FloatQuiet(FloatSilent):
    """Its float counterpart."""


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in (EMISSIONS, FLOAT_EMISSIONS):
        monkeypatch.setattr(registry, "_entries", {**registry._entries})
    register_emission(Quiet, FloatQuiet)


def with_emission(emission: object) -> CountNetwork:
    """A network whose first population has some emission."""
    network = everything_network()
    first, *others = network.populations
    return replace(network, populations=(replace(first, emission=emission), *others))


def test_a_kind_is_registered_under_the_name_of_its_class(registered: None):
    assert EMISSIONS["Quiet"] is Quiet
    assert FLOAT_EMISSIONS["FloatQuiet"] is FloatQuiet
    verify(with_emission(Quiet()))


def test_a_kind_that_nobody_registered_is_illegal():
    with pytest.raises(QuantalError) as caught:
        verify(with_emission(Quiet()))
    assert str(caught.value) == (
        "network everything: population latent: emission is a Quiet, expected one of PoissonCount, Graded, Silent, "
        "Spike, Table, TableDraw, Rectified, SigmaDelta, Categorical, or register_emission first"
    )


def test_a_value_that_is_not_a_kind_is_illegal():
    with pytest.raises(QuantalError, match="emission is a NoneType, expected one of PoissonCount"):
        verify(with_emission(None))


def test_a_value_that_is_not_a_weight_is_illegal():
    network = everything_network()
    first, *others = network.projections
    with pytest.raises(
        QuantalError, match="weight is a list, expected one of Dense, Sparse, Convolution, or register_"
    ):
        verify(replace(network, projections=(replace(first, weight=[1]), *others)))


def test_a_kind_without_a_member_is_not_registered():
    @dataclass(frozen=True)
    class Half:
        states = ()

    with pytest.raises(QuantalError) as caught:
        register_emission(Half)
    assert str(caught.value) == (
        "registering the emission Half: lacks draw_count, equations, limits, message_range, problems, step\n"
        "  quantal.neuro.protocols.Emission says what each member does"
    )
    assert "Half" not in EMISSIONS


def test_a_mutable_kind_is_not_registered():
    @dataclass
    class Loose:
        states = ()

    with pytest.raises(QuantalError, match=r"^registering the emission Loose: not a frozen dataclass$"):
        register_emission(Loose)
