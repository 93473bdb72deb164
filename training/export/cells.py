"""The parameters of Norse cells, unit by unit, as those of leaky units.

From version 1.0 on all of Norse's leaky cells, spiking or not, are one pair of equations (`norse.torch.functional.lif`,
`lif_box`, `leaky_integrator`, `leaky_integrator_box`, `lif_refrac`), with `r = dt τ_syn⁻¹` and `k = dt τ_mem⁻¹`::

    i ← (1 − r) i + x          x is the input of the same step; recurrent spikes are those of the previous step
    v ← v + k (v_leak − v + i)

A box cell has no current, which means `r = 1`. A unit spikes where `v > v_th`, and then `v ← v_reset` or
`v ← v − v_th`. With `u = k i`, and v measured from the value to which a spike resets it, these are the two equations of
`LeakyUnits` with gain k.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import norse.torch as snn
import numpy as np
import torch
from norse.torch.functional.reset import reset_subtract, reset_value

from quantal.neuro.compile.importing.leaky_units import LeakyUnits
from quantal.neuro.errors import QuantalError
from quantal.neuro.neurons import FloatSilent, FloatSpike
from quantal.neuro.neurons.spike import REFRACTORY_MAX
from quantal.neuro.protocols import FloatEmission, Floats

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Parameters:
    """The parameter tuple of a Norse module, read unit by unit.

    Parameters
    ----------
    tuple
        `LIFParameters` or another of Norse's parameter tuples.
    dt
        Time step in seconds.
    place
        Where the module is in its model, for errors.
    shape
        Shape of the module's units.
    """

    tuple: Any
    dt: float
    place: str
    shape: Shape

    def per_unit(self, name: str) -> Floats:
        """A parameter as one number for each unit."""
        return self.spread(getattr(self.tuple, name), name)

    def share(self, name: str) -> Floats:
        """`dt τ⁻¹` for each unit, multiplied in the precision that Norse uses."""
        value = self.spread(self.dt * getattr(self.tuple, name), f"dt · {name}")
        wrong = np.flatnonzero((value < 0) | (value > 1))
        if wrong.size:
            raise QuantalError(
                f"dt · {name} of unit {wrong[0]} is out of range",
                where=self.place,
                expected="0 to 1",
                got=f"{value[wrong[0]]:g} with dt = {self.dt:g}",
                hint="choose a shorter dt or a longer time constant" if value[wrong[0]] > 1 else "",
            )
        return value

    def threshold(self, origin: Floats | float) -> Floats:
        """`v_th` − `origin`, which must not be negative, because the chip's register is unsigned."""
        value = self.per_unit("v_th") - origin
        low = np.flatnonzero(value < 0)
        if low.size:
            raise QuantalError(
                f"v_th of unit {low[0]} is below the value to which a spike resets v",
                where=self.place,
                expected="a difference of 0 or more",
                got=f"{value[low[0]]:g}",
            )
        return value

    def spread(self, value: Any, name: str) -> Floats:
        """A value that broadcasts to the shape of the units, as one number for each."""
        array = numbers(value)
        check_finite(array, name, self.place)
        try:
            return np.broadcast_to(array, (1, *self.shape)).ravel()
        except ValueError:
            raise QuantalError(
                f"{name} does not fit the units",
                where=self.place,
                expected=f"one number, or an array that broadcasts to {self.shape}",
                got=str(array.shape),
            ) from None


def leaky(decay_u: Floats, decay_v: Floats, rest: Floats, emission: FloatEmission) -> LeakyUnits:
    """Units that start at rest, without a current; `rest` is `v_leak` minus the value to which a spike resets v."""
    return LeakyUnits(decay_v, decay_v * rest, decay_u, decay_v, np.zeros_like(rest), rest, emission)


def lif(module: Any, place: str, shape: Shape) -> LeakyUnits:
    """Spiking units with a current and a reset to `v_reset`."""
    p = Parameters(module.p, module.dt, place, shape)
    return reset_to_value(p, p.share("tau_syn_inv"))


def lif_refrac(module: Any, place: str, shape: Shape) -> LeakyUnits:
    """The same as `lif`, but v is held for `rho_reset` steps after a spike."""
    p = Parameters(module.p.lif, module.dt, place, shape)
    return reset_to_value(p, p.share("tau_syn_inv"), refractory_steps(module.p.rho_reset, place))


def lif_box(module: Any, place: str, shape: Shape) -> LeakyUnits:
    """Spiking units without a current: input is added directly to v."""
    p = Parameters(module.p, module.dt, place, shape)
    return RESETS.get(module.p.reset_method, unknown_reset)(p, np.ones(p.per_unit("v_leak").shape))


def li(module: Any, place: str, shape: Shape) -> LeakyUnits:
    """Units with a current that never spike."""
    p = Parameters(module.p, module.dt, place, shape)
    return leaky(p.share("tau_syn_inv"), p.share("tau_mem_inv"), p.per_unit("v_leak"), FloatSilent())


def li_box(module: Any, place: str, shape: Shape) -> LeakyUnits:
    """Units without a current that never spike."""
    p = Parameters(module.p, module.dt, place, shape)
    rest = p.per_unit("v_leak")
    return leaky(np.ones_like(rest), p.share("tau_mem_inv"), rest, FloatSilent())


def reset_to_value(p: Parameters, decay_u: Floats, refractory: int = 0) -> LeakyUnits:
    """A spike resets v to `v_reset`, from which v is measured."""
    origin = p.per_unit("v_reset")
    emission = FloatSpike(p.threshold(origin), "zero", refractory)
    return leaky(decay_u, p.share("tau_mem_inv"), p.per_unit("v_leak") - origin, emission)


def reset_by_subtraction(p: Parameters, decay_u: Floats) -> LeakyUnits:
    """A spike subtracts `v_th` from v; `v_reset` is not used."""
    return leaky(decay_u, p.share("tau_mem_inv"), p.per_unit("v_leak"), FloatSpike(p.threshold(0.0), "subtract"))


def unknown_reset(p: Parameters, decay_u: Floats) -> LeakyUnits:
    """Refuse any other reset."""
    method = p.tuple.reset_method
    raise QuantalError(
        "the reset can't be exported",
        where=p.place,
        expected="reset_value or reset_subtract",
        got=getattr(method, "__name__", repr(method)),
    )


RESETS: dict[Any, Callable[[Parameters, Floats], LeakyUnits]] = {
    reset_value: reset_to_value,
    reset_subtract: reset_by_subtraction,
}
"""Norse's reset functions to the functions that read a cell with this reset."""

CELLS: dict[type, Callable[[Any, str, Shape], LeakyUnits]] = {
    snn.LIFCell: lif,
    snn.LIF: lif,
    snn.LIFRecurrentCell: lif,
    snn.LIFRecurrent: lif,
    snn.LIFRefracCell: lif_refrac,
    snn.LIFRefracRecurrentCell: lif_refrac,
    snn.LIFRefracRecurrent: lif_refrac,
    snn.LIFBoxCell: lif_box,
    snn.LICell: li,
    snn.LI: li,
    snn.LILinearCell: li,
    snn.LIBoxCell: li_box,
}
"""Type of cell to the function that reads it, given its place and the shape of its units."""


def refractory_steps(rho_reset: Any, place: str) -> int:
    """Steps for which v is held after a spike, the same for all units; Norse counts down by 1 while above 0."""
    rho = np.unique(numbers(rho_reset))
    if rho.size != 1 or not 0 <= rho[0] <= REFRACTORY_MAX:
        raise QuantalError(
            "rho_reset is not a refractory time that can be exported",
            where=place,
            expected=f"one number from 0 to {REFRACTORY_MAX}",
            got=", ".join(f"{value:g}" for value in rho[:4]),
        )
    return ceil(rho[0])


def numbers(value: Any) -> Floats:
    """A tensor or a number in double precision."""
    return torch.as_tensor(value, dtype=torch.float64).detach().cpu().numpy()


def check_finite(array: Floats, name: str, place: str) -> None:
    """Refuse numbers that are NaN or infinite."""
    if not np.isfinite(array).all():
        index = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise QuantalError(
            f"{name} is not finite at {index}", where=place, expected="finite numbers", got=str(array[index])
        )
