"""A small data set on disk, used instead of the photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.samples import sparse_samples


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "samples.npy"
    np.save(path, sparse_samples(samples=400, latents=12, features=16))
    return path
