"""Report what is installed: versions, the compiler, and which backends work."""

from __future__ import annotations

import os
import platform
import shutil
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from quantal.hardware.backends import BACKENDS
from quantal.hardware.check import check_network
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork, Population, Projection
from quantal.neuro.neurons import Accumulator, PoissonCount
from quantal.neuro.neurons.poisson_count import cumulative_table
from quantal.neuro.simulate.progress import Part, silent_part
from quantal.neuro.simulate.random_drive import random_drive
from quantal.neuro.synapses import Dense

PACKAGES = {
    "quantal": "quantal",
    "numpy": "numpy",
    "numba": "numba",
    "brian2": "brian2",
    "lava": "lava-nc",
    "torch": "torch",
}
"""Distribution of each package, by its name in the report."""


def versions() -> dict[str, str | None]:
    """Version of each package by name; `None` if it is not installed."""
    return {
        "python": platform.python_version(),
        **{name: installed_version(package) for name, package in PACKAGES.items()},
    }


def installed_version(package: str) -> str | None:
    """Version of a distribution; `None` if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


STEPS, SAMPLES = 20, 2


def info(part: Part = silent_part) -> dict[str, Any]:
    """Versions, compiler, cores, and whether each backend gives the same integers as the reference."""
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "compiler": compiler(),
        "backends": {name: backend_status(name, part) for name in BACKENDS if name != "reference"},
    }


def compiler() -> str | None:
    """Path of the C compiler that builds Python extensions."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return shutil.which(command.split()[0]) or shutil.which("cc")


def backend_status(name: str, part: Part) -> str:
    """`works`, or what is wrong with a backend."""
    network = small_network()
    try:
        result = check_network(network, random_drive(network, SAMPLES), STEPS, [name], part)
    except QuantalError as error:
        return error.text()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "works" if result["equal"][name] else "differs from the reference"


def small_network() -> CountNetwork:
    """A network of eight units that inhibit each other by their spike counts."""
    units = 8
    counts = PoissonCount(cumulative_table(np.linspace(-3, 2, 32), 15), shift=5, first_row=-16)
    population = Population("latent", units, Accumulator(np.zeros(units, np.int64), lowest=-512, highest=511), counts)
    competition = Dense(10 * np.eye(units, dtype=np.int64) - 20)
    return CountNetwork("small", (population,), (Projection("competition", "latent", "latent", competition),))
