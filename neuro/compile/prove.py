"""Pass `prove`: prove by interval arithmetic that no sum can leave the accumulator of the dialect."""

from __future__ import annotations

import numpy as np

from quantal.neuro.compile.options import Options, Report
from quantal.neuro.dialects import dialect_named
from quantal.neuro.network.bounds import largest_sum, message_range, summed_range
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.verify import verify


def prove_ranges(network: CountNetwork, options: Options, report: Report) -> CountNetwork:
    """The same network, or a `QuantalError` that names the unit whose sum could overflow."""
    verify(network)
    largest, bits = largest_sum(network), dialect_named(network.dialect).sum_bits
    for population in network.populations:
        low, high = summed_range(network, population)
        reach = int(np.maximum(-low, high).max())
        messages = message_range(population)
        report.add(
            "prove",
            population.name,
            f"sums stay within ±{reach} ({reach / largest:.0%} of {bits} bits), the rest is room for input; "
            f"messages from {messages[0]} to {messages[1]}",
        )
    return network
