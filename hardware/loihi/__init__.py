"""The recording of a real Loihi 2 chip, and the same neuron as a network."""

from __future__ import annotations

from quantal.hardware.loihi.lif_log import ChipLog, chip_potential, chip_spikes, lif_log, lif_network

__all__ = ["ChipLog", "chip_potential", "chip_spikes", "lif_log", "lif_network"]
