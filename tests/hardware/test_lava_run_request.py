"""The worker reads what the host wrote, including kinds that the host's program registered without a plug-in."""

from __future__ import annotations

import io

from quantal.hardware.lava.run_request import RunRequest, add_missing, places, read_request, write_request
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import Recording
from quantal.neuro.registry import Registry
from quantal.neuro.simulate.random_drive import random_drive

from support.networks import everything_network


def test_a_request_survives_writing_and_reading():
    network = everything_network()
    file = io.BytesIO()
    write_request(RunRequest(network, random_drive(network, 2), 5, Recording(("latent",), ()), 3, "fused"), file)
    file.seek(0)
    request = read_request(file)
    assert content_hash(request.network) == content_hash(network)
    assert (request.steps, request.first_sample, request.partition, request.batch) == (5, 3, "fused", 2)
    assert request.recording == Recording(("latent",), ())


def test_kinds_are_imported_from_the_same_module_as_in_the_host():
    of_host: Registry[type] = Registry("kind", {"RunRequest": RunRequest})
    of_worker: Registry[type] = Registry("kind")
    add_missing(of_worker, places(of_host))
    add_missing(of_worker, places(of_host))
    assert of_worker.items() == [("RunRequest", RunRequest)]


def test_a_kind_of_the_running_script_is_not_sent():
    kind = type("Foreign", (), {"__module__": "__main__"})
    assert places(Registry("kind", {"Foreign": kind})) == {}
