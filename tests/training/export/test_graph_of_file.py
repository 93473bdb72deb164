"""The graph in a file needs no torch; the graph of a trained model does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from quantal.neuro.network.graph import FloatPopulation, Graph
from quantal.neuro.network.graph_files import save_graph
from quantal.neuro.neurons import FloatCuba, FloatSpike

OLD_FILES = Path(__file__).parents[2] / "support" / "old_files"

WITHOUT_TORCH = """
import sys
sys.modules.update(dict.fromkeys(("torch", "norse")))
from pathlib import Path
from quantal.neuro.errors import MissingPackage
from quantal.training.export.graph_of_file import named_graph
try:
    print(named_graph(Path(sys.argv[1]))[0])
except MissingPackage as error:
    print(error.what)
"""


def printed_without_torch(path: Path) -> str:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_graph_is_read_without_torch(tmp_path: Path):
    ones = np.ones(2)
    units = FloatPopulation("units", 2, FloatCuba(0 * ones, ones, ones, -10, 10), FloatSpike(ones))
    save_graph(Graph("small", (units,), ()), tmp_path / "graph.safetensors")
    assert printed_without_torch(tmp_path / "graph.safetensors") == "graph"


def test_a_model_without_torch_is_one_missing_package():
    for name in ("checkpoint", "classifier"):
        assert printed_without_torch(OLD_FILES / f"{name}.safetensors") == "the package torch is not installed"
