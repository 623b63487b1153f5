"""Machines in namespaces: what is between them is as slow and as bad as it is told to be, and nothing of them is left."""

import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.services.machine import Machine
from sandbox.services.network import Network, missing
from sandbox.services.network_line import LineQuality
from sandbox.services.process import SandboxError

PORT = 5000
LACKS = missing()
pytestmark = pytest.mark.skipif(bool(LACKS), reason=LACKS)


@pytest.fixture
def network() -> Iterator[Network]:
    with Network(["near", "far"], seed=7) as running:
        yield running


@pytest.fixture
def near(network: Network) -> Iterator[socket.socket]:
    with _opened(network.machines["near"]) as opened:
        yield opened


@pytest.fixture
def far(network: Network) -> Iterator[socket.socket]:
    with _opened(network.machines["far"]) as opened:
        yield opened


def _opened(machine: Machine) -> socket.socket:
    with machine.entered():
        udp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp_socket.bind((machine.address, PORT))
    udp_socket.settimeout(5)
    return udp_socket


def _round_trip(near: socket.socket, far: socket.socket) -> float:
    """Milliseconds until a datagram has come back."""
    began = time.perf_counter()
    near.sendto(b"ping", far.getsockname())
    data, sender = far.recvfrom(100)
    far.sendto(data, sender)
    assert near.recv(100) == b"ping"
    return (time.perf_counter() - began) * 1000


def _numbers(near: socket.socket, far: socket.socket, number: int) -> list[int]:
    """So many datagrams are sent, each with its number; the numbers of those that come through, as they do."""
    for sent in range(number):
        near.sendto(bytes([sent]), far.getsockname())
    far.settimeout(0.5)
    numbers: list[int] = []
    with suppress(TimeoutError):
        while True:
            numbers += far.recv(100)
    return numbers


def _arrived(near: socket.socket, far: socket.socket, number: int) -> int:
    """How many of so many datagrams come through."""
    for _ in range(number):
        near.sendto(b"x", far.getsockname())
    far.settimeout(0.5)
    arrived = 0
    with suppress(TimeoutError):
        while arrived < number:
            arrived += len(far.recv(100))
    return arrived


def test_a_packet_takes_the_delay_of_both_lines(network: Network, near: socket.socket, far: socket.socket) -> None:
    """2 and 3 ms each way are 10 there and back, and no less; any number is under way at once."""
    at_once = statistics.median(_round_trip(near, far) for _ in range(50))
    network.line("near", quality=LineQuality(delay=0.002))
    network.line("far", quality=LineQuality(delay=0.003))
    delayed = [_round_trip(near, far) for _ in range(20)]
    assert at_once < 5 and min(delayed) >= 10 and statistics.median(delayed) < 20
    began = time.perf_counter()
    assert _arrived(near, far, 100) == 100
    assert time.perf_counter() - began < 0.25, "one after the other they would take half a second"


def test_the_share_that_is_asked_for_is_lost_by_the_seed(
    network: Network, near: socket.socket, far: socket.socket
) -> None:
    network.line("far", quality=LineQuality(loss=0.2))
    arrived = _arrived(near, far, 200)
    count = network.packets()["far"]
    assert (arrived, arrived + count.lost) == (count.passed, 200) and 20 <= count.lost <= 60
    with Network(["near", "far"], seed=7) as again:
        again.line("far", quality=LineQuality(loss=0.2))
        with _opened(again.machines["near"]) as here, _opened(again.machines["far"]) as there:
            assert _arrived(here, there, 200) == arrived


def test_the_shares_that_are_asked_for_are_doubled_and_late(
    network: Network, near: socket.socket, far: socket.socket
) -> None:
    """Each datagram arrives, some of them twice, and some after others that were sent later; on a good line none of that."""
    assert _numbers(near, far, 200) == list(range(200))
    network.line("far", quality=LineQuality(doubled=0.1, late=0.2))
    numbers = _numbers(near, far, 200)
    count = network.packets()["far"]
    assert set(numbers) == set(range(200)) and count.lost == 0
    assert len(numbers) == 200 + count.doubled and 5 <= count.doubled <= 50
    overtaken = sum(number < max(numbers[:place], default=0) for place, number in enumerate(numbers))
    assert 20 <= count.late <= 90 and overtaken >= count.late / 2


def test_a_machine_is_cut_off_and_returned(network: Network, near: socket.socket, far: socket.socket) -> None:
    """Its kernel sends again what was lost: a connection outlives it."""
    machine = network.machines["far"]
    with machine.entered():
        server = socket.create_server((machine.address, PORT))
    with network.machines["near"].entered():
        client = socket.create_connection((machine.address, PORT), timeout=10)
    with server, client, server.accept()[0] as accepted:
        network.line("far", quality=LineQuality(loss=1.0))
        assert _arrived(near, far, 5) == 0
        client.sendall(b"kept")
        network.line("far")
        assert accepted.recv(100) == b"kept"


def test_what_is_started_on_a_machine_is_there(network: Network) -> None:
    """A process of it sees its address, and none of ours."""
    machine = network.machines["near"]
    with machine.entered():
        shown = subprocess.run(["ip", "-o", "address"], check=True, capture_output=True, text=True).stdout
    assert f"{machine.address}/24" in shown and network.machines["here"].address not in shown
    here = subprocess.run(["ip", "-o", "address"], check=True, capture_output=True, text=True).stdout
    assert network.machines["here"].address in here and machine.address not in here


@pytest.mark.parametrize("killed", [False, True], ids=["at its end", "when its router is killed"])
def test_nothing_is_left(killed: bool) -> None:
    with Network(["only"]) as running:
        address, namespace = running.machines["here"].address, running.machines["only"].namespace
        assert namespace is not None
        assert Path(namespace).exists()
        if killed:
            assert running._router is not None
            running._router.kill()
            with pytest.raises(SandboxError, match="ended with -9"):
                running.packets()
    assert not Path(namespace).exists()
    assert address not in subprocess.run(["ip", "address"], check=True, capture_output=True, text=True).stdout


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SandboxError, match="apt-get install iproute2"), Network(["only"]):
        pass
