"""Ports of servers: many processes ask at once, and a server that is down keeps its own."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

import pytest

import sandbox.services.ports
from sandbox.services.ports import END, FIRST, free_port, listens

ASKS = "from sandbox.services.ports import free_port\nprint(*(free_port() for _ in range(50)))"


def test_no_port_is_given_twice_to_whoever_asks() -> None:
    """Nobody listens on any of them yet."""

    def asked(_: int) -> list[str]:
        return run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True).stdout.split()

    with ThreadPoolExecutor(4) as many:
        ports = [port for some in many.map(asked, range(4)) for port in some]
    assert len(set(ports)) == len(ports) == 200
    assert all(FIRST <= int(port) < END for port in ports)


def test_a_port_that_is_listened_on_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of three ports in turn the second is taken: the first and the third are given, again and again."""
    first = free_port()
    monkeypatch.setattr(sandbox.services.ports, "FIRST", first)
    monkeypatch.setattr(sandbox.services.ports, "END", first + 3)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", first + 1)):
        assert listens(first + 1)
        assert {free_port() for _ in range(6)} == {first, first + 2}
    assert not listens(first + 1)
