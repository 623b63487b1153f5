"""The proxy of the faults: what goes through it, and each way in which its network is bad."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sandbox.services.process import wait_until
from sandbox.services.tcp_proxy import GOOD, ProxyLine, TcpProxy

HELLO = b"hello"


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    """A proxy before a server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with TcpProxy(server.getsockname()[1]) as running:
            yield running
        server.shutdown(socket.SHUT_RDWR)


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_say_back, args=(connection,), daemon=True).start()


def _say_back(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(1000):
                connection.sendall(data)
        except OSError:
            pass


def _said(proxy: TcpProxy, seconds: float = 5) -> socket.socket:
    """A connection over which something has come back."""
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds)
    client.sendall(HELLO)
    assert client.recv(100) == HELLO
    return client


def test_what_is_sent_comes_through_both_ways_and_so_does_the_end(proxy: TcpProxy) -> None:
    with _said(proxy) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_a_line_is_as_slow_and_as_narrow_as_it_is_told_to_be(proxy: TcpProxy) -> None:
    with _said(proxy) as client:
        for line in (ProxyLine(delay=0.1), ProxyLine(bytes_per_second=50), ProxyLine(piece=1, delay=0.02)):
            proxy.line = line
            began = time.monotonic()
            client.sendall(HELLO)
            assert b"".join(client.recv(1) for _ in HELLO) == HELLO
            assert time.monotonic() - began > 0.1, line


def test_a_silent_line_delivers_when_it_speaks_again(proxy: TcpProxy) -> None:
    with _said(proxy, 0.2) as client:
        proxy.line = ProxyLine(silent=True)
        client.sendall(HELLO)
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.line = GOOD
        assert client.recv(100) == HELLO


def test_a_connection_is_reset_at_once(proxy: TcpProxy) -> None:
    with _said(proxy) as client:
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            client.recv(100)


@pytest.mark.parametrize("line", [ProxyLine(reset_after=len(HELLO) + 2), ProxyLine(reset_after_asked=len(HELLO) + 2)])
def test_a_connection_is_reset_after_so_many_bytes_of_one_direction(line: ProxyLine) -> None:
    """What comes before is delivered."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        TcpProxy(server.getsockname()[1]) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client,
        server.accept()[0] as served,
    ):
        proxy.line = line
        served.settimeout(5)
        sides = (served, client) if line.reset_after else (client, served)
        for source, to in (sides, sides[::-1]):
            source.sendall(HELLO)
            assert to.recv(100) == HELLO
        source, to = sides
        source.sendall(HELLO)
        assert to.recv(100) == HELLO[:2]
        with pytest.raises(ConnectionResetError):
            to.recv(100)


def test_a_half_open_connection_takes_everything_and_says_nothing_while_new_ones_work(proxy: TcpProxy) -> None:
    with _said(proxy, 0.2) as client:
        proxy.forget()
        client.sendall(HELLO)
        with pytest.raises(TimeoutError):
            client.recv(100)
        _said(proxy).close()


def test_a_server_may_notice_that_a_connection_is_half_open_while_its_client_does_not() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        TcpProxy(server.getsockname()[1]) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=0.5) as client,
    ):
        served, _ = server.accept()
        served.settimeout(5)
        client.sendall(HELLO)
        assert served.recv(100) == HELLO
        proxy.forget(server_notices=0.1)
        with served, pytest.raises(ConnectionResetError):
            served.recv(100)
        with pytest.raises(TimeoutError):
            client.recv(100)


def test_who_is_refused_is_let_in_again(proxy: TcpProxy) -> None:
    proxy.refuse()

    def refused() -> bool:
        try:
            _said(proxy).close()
        except ConnectionError:
            return True
        return False

    assert wait_until(refused, 5)
    proxy.accept()
    _said(proxy).close()


def test_a_server_that_is_not_there_ends_the_connection(proxy: TcpProxy) -> None:
    proxy.target = 1
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        assert client.recv(100) == b""
