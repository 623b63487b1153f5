"""The listener for metrics and probes: what is answered, to whom, and when."""

import http.client
import socket
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from runtime.health_server import Probes


class Switch:
    """What the probes ask."""

    alive = True
    ready = False


@pytest.fixture
def listener() -> Iterator[tuple[Probes, Switch]]:
    switch, registry = Switch(), CollectorRegistry()
    probes = Probes(
        ("127.0.0.1", 0), registry, lambda: switch.alive, lambda: [] if switch.ready else ["topic t: missing"]
    )
    yield probes, switch
    probes.close()


def answer(probes: Probes, path: str, method: str = "GET") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", probes.port, timeout=5)
    connection.request(method, path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_probes_answer_as_the_program_says(listener: tuple[Probes, Switch]) -> None:
    """200 or 503, of each probe by itself; anything else is not there."""
    probes, switch = listener
    assert [answer(probes, path) for path in ("/healthz", "/readyz", "/metrics", "/", "/metrics/x")] == [
        200, 503, 200, 404, 404,
    ]  # fmt: skip
    switch.alive, switch.ready = False, True
    assert [answer(probes, path) for path in ("/healthz", "/readyz")] == [503, 200]


def test_a_client_that_says_nothing_keeps_no_one_waiting(listener: tuple[Probes, Switch]) -> None:
    """Each client has a thread of its own: others are answered meanwhile."""
    probes, _ = listener
    with socket.create_connection(("127.0.0.1", probes.port)):
        assert answer(probes, "/healthz") == 200
