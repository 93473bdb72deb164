"""What Lava's process learns of a request: also of kinds that the host's program registered without a plug-in."""

from __future__ import annotations

import io

from quantal.hardware.lava.run_request import RunRequest, add_missing, places, read_request, write_request
from quantal.neuro.network.files import content_hash
from quantal.neuro.network.trace import Recording
from quantal.neuro.registry import Registry
from quantal.neuro.simulate.random_drive import random_drive

from support.networks import everything_network


def test_a_job_comes_back():
    network = everything_network()
    file = io.BytesIO()
    write_request(RunRequest(network, random_drive(network, 2), 5, Recording(("latent",), ()), 3, "fused"), file)
    file.seek(0)
    request = read_request(file)
    assert content_hash(request.network) == content_hash(network)
    assert (request.steps, request.first_sample, request.partition, request.batch) == (5, 3, "fused", 2)
    assert request.recording == Recording(("latent",), ())


def test_kinds_are_found_where_the_host_found_them():
    here: Registry[type] = Registry("kind", {"RunRequest": RunRequest})
    there: Registry[type] = Registry("kind")
    add_missing(there, places(here))
    add_missing(there, places(here))
    assert there.items() == [("RunRequest", RunRequest)]


def test_a_kind_of_the_running_script_is_not_sent():
    kind = type("Own", (), {"__module__": "__main__"})
    assert places(Registry("kind", {"Own": kind})) == {}
