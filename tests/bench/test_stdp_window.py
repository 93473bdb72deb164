"""The window of spike-timing-dependent plasticity, integer for integer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.bench.experiments.stdp_window import Window, measured, window_equals_its_formula

jumps, decays = st.integers(1, 255), st.integers(1, 4096)
windows = st.builds(Window, jumps, decays, jumps, decays)


@settings(max_examples=25, deadline=None)
@given(windows)
def test_the_window_equals_its_formula(window: Window):
    assert window_equals_its_formula(window, 30)


def test_both_sides_decay_away_from_a_lag_of_one():
    lags = np.array([-2, -1, 0, 1, 2])
    expected = [-(120 * 64 * 3996 >> 12), -120 * 64, 0, 200 * 64, 200 * 64 * 3896 >> 12]
    assert measured(Window(), lags).tolist() == expected
