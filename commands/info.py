"""`quantal info`: what is installed, and which backends work here."""

from __future__ import annotations

import os
import platform
import shutil
import sysconfig
from typing import Any

import numpy as np

from quantal.bench.versions import versions
from quantal.commands.cli import command as command_of
from quantal.commands.console import Screen, table
from quantal.hardware.backends import BACKENDS
from quantal.hardware.check import check_network
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.neurons import Accumulator, PoissonCount
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.neuro.simulate.random_drive import random_drive
from quantal.neuro.synapses import Dense

STEPS, SAMPLES = 20, 2


def info(part: Part = silent_part) -> dict[str, Any]:
    """Versions, compiler, cores, and for each backend whether it gives the same integers as the reference."""
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "compiler": compiler(),
        "backends": {name: state_of(name, part) for name in BACKENDS if name != "reference"},
    }


def compiler() -> str | None:
    """Path of the C compiler that Python extensions are built with."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return shutil.which(command.split()[0]) or shutil.which("cc")


def state_of(name: str, part: Part) -> str:
    """`works`, or what is wrong."""
    network = small_network()
    try:
        result = check_network(network, random_drive(network, SAMPLES), STEPS, [name], part)
    except QuantalError as error:
        return error.text()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "works" if result["equal"][name] else "differs from the reference"


def small_network() -> CountNetwork:
    """Eight units that compete through their counts."""
    units = 8
    counts = PoissonCount(cumulative_table(np.linspace(-3, 2, 32), 15), shift=5, first_row=-16)
    population = Population("latent", units, Accumulator(np.zeros(units, np.int64), lowest=-512, highest=511), counts)
    competition = Dense(10 * np.eye(units, dtype=np.int64) - 20)
    return CountNetwork("small", (population,), (Projection("competition", "latent", "latent", competition),))


def readable(result: dict[str, Any]) -> list[Any]:
    """Tables of a result."""
    facts = [[name, version or "not installed"] for name, version in result["versions"].items()]
    facts += [["platform", result["platform"]], ["cores", str(result["cores"])]]
    facts += [["C compiler", result["compiler"] or "none: Brian2 runs on NumPy, which is slower"]]
    backends = [[name, state] for name, state in result["backends"].items()]
    return [table("Installed", ["", "version"], facts), table("Backends", ["backend", "here"], backends)]


@command_of
def command(screen: Screen) -> None:
    """Say what is installed, and run a small network on every backend."""
    result = info(screen.part)
    screen.result(result, *readable(result))
