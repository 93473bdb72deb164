"""Compile a graph to a file: the network, or the graph after an earlier pass."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from quantal.neuro.compile import Options, Report, stages
from quantal.neuro.errors import QuantalError
from quantal.neuro.network.count_network import CountNetwork
from quantal.neuro.network.files import content_hash, save_network
from quantal.neuro.network.graph import Graph
from quantal.neuro.network.graph_files import save_graph
from quantal.neuro.network.inputs import host_share
from quantal.neuro.network.text import text


def compile_to_file(
    graph: Graph, circuit: str, options: Options, last: str, printed: tuple[str, ...], out: Path
) -> dict[str, Any]:
    """Run the passes up to `last`, write the resulting graph or network, and return the text of some stages."""
    if out.is_dir():
        raise QuantalError("is a folder", where=str(out), expected="the name of a file")
    report, texts = Report(), dict[str, str]()
    made: Graph | CountNetwork = graph
    for stage in stages(graph, options, report):
        made = stage.made
        if stage.pass_name in printed:
            texts[stage.pass_name] = text(made)
        if stage.pass_name == last:
            break
    return {
        "circuit": circuit,
        "options": asdict(options),
        "stopped_after": last,
        "notes": report.notes,
        "printed": texts,
        "host_share": host_share(made),
        "network": save(made, out),
        "out": out,
    }


def save(made: Graph | CountNetwork, out: Path) -> str | None:
    """Write a graph or a network, and return the content hash of the latter."""
    if isinstance(made, CountNetwork):
        save_network(made, out)
        return content_hash(made)
    save_graph(made, out)
    return None
