"""Heartbeats of an electrocardiogram as short time series: narrow ones (normal), and wide ones (ventricular).

A beat that starts in a ventricle spreads through the muscle instead of along the conducting fibres, so it lasts longer.
The classes here follow from width alone, without annotations by a cardiologist. The signal is band-passed from 0.5 to
40 Hz; a beat is a peak of its magnitude above 0.8 mV, at least 0.3 s from any larger one; it is wide if the magnitude
is above half the peak for more than 50 ms within 0.15 s of it. In record 208 of the MIT-BIH arrhythmia database, which
holds many premature ventricular beats, the widths form two groups, around 25 and 80 ms.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfiltfilt

from quantal.neuro.errors import QuantalError
from quantal.training.data.arrays import READ_ERRORS
from quantal.training.data.digits import LabelledImages, divided

Floats = NDArray[np.float64]

HOW_TO_GET = "record 208 of the MIT-BIH arrhythmia database (physionet.org) has many ventricular beats"

BAND_HZ = (0.5, 40.0)
MIN_PEAK_MV, MIN_DISTANCE_S, WINDOW_S, WIDE_S = 0.8, 0.3, 0.15, 0.05
BEFORE_S, STEPS, STEP_S = 0.2, 48, 0.0125
"""A beat is 48 steps of 12.5 ms, from 0.2 s before its peak."""

FULL_MV = 2.5
"""The signal that a pixel of 255 stands for."""

HELD_OUT, VALIDATION = 0.25, 0.15
"""Shares of the beats that are not trained on: the last ones, and those before them, which serve to choose settings."""


def load_heartbeats(path: str | Path | None) -> LabelledImages:
    """Beats of an `.npz` file with `adc`, `fs` in hertz, `gain` in steps per millivolt, and `offset` in steps.

    A beat is `(48, 2)`: one row per 12.5 ms with the signal's amplitude above 0 and below 0. Class 1 is wide.
    Raises `QuantalError` for a file that is missing, can't be read, or holds fewer than four beats.
    """
    if path is None or not Path(path).is_file():
        raise QuantalError(
            "no recording", where=str(path or "--data"), expected=".npz with adc, fs, gain and offset", hint=HOW_TO_GET
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            rate_hz = float(archive["fs"])
            signal = (archive["adc"].astype(float) - float(archive["offset"])) / float(archive["gain"])
    except READ_ERRORS as error:
        raise QuantalError("the recording can't be read", where=str(path), got=str(error), hint=HOW_TO_GET) from error
    return heartbeats(signal, rate_hz, Path(path).name)


def heartbeats(signal_mv: Floats, rate_hz: float, source: str) -> LabelledImages:
    """The beats of a signal `(samples,)`, split in order of time into training, validation and held-out ones."""
    clean = sosfiltfilt(butter(2, BAND_HZ, fs=rate_hz, btype="band", output="sos"), signal_mv)
    peaks = peaks_of(clean, rate_hz)
    if len(peaks) < 4:
        raise QuantalError("too few beats", where=source, expected="at least 4", got=str(len(peaks)))
    images = np.stack([beat_image(clean, peak, rate_hz) for peak in peaks])
    labels = np.array([width_s(clean, peak, rate_hz) > WIDE_S for peak in peaks], np.int64)
    ends = [round(share * len(peaks)) for share in (1 - VALIDATION - HELD_OUT, 1 - HELD_OUT)]
    return divided(images, labels, np.split(np.arange(len(peaks)), ends), source)


def peaks_of(signal_mv: Floats, rate_hz: float) -> NDArray[np.intp]:
    """Indices of the peaks of all beats that were recorded in full."""
    found, _ = find_peaks(np.abs(signal_mv), height=MIN_PEAK_MV, distance=round(MIN_DISTANCE_S * rate_hz))
    first, last = BEFORE_S * rate_hz, len(signal_mv) - (STEPS * STEP_S - BEFORE_S) * rate_hz - 1
    return found[(found >= first) & (found < last)]


def width_s(signal_mv: Floats, peak: int, rate_hz: float) -> float:
    """How long the signal exceeds half the peak's magnitude around a peak, in seconds."""
    reach = round(WINDOW_S * rate_hz)
    window = np.abs(signal_mv[peak - reach : peak + reach])
    return float((window > np.abs(signal_mv[peak]) / 2).sum() / rate_hz)


def beat_image(signal_mv: Floats, peak: int, rate_hz: float) -> NDArray[np.uint8]:
    """A beat as an image `(48, 2)`: the mean of each step, above and below 0."""
    edges = peak + np.round((np.arange(STEPS + 1) * STEP_S - BEFORE_S) * rate_hz).astype(int)
    means = np.array([signal_mv[low:high].mean() for low, high in pairwise(edges)])
    both = np.stack([means, -means], axis=1)
    return np.round(np.clip(both / FULL_MV, 0, 1) * 255).astype(np.uint8)
