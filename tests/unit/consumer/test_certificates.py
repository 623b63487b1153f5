"""Until when a server's certificate is good: asked of real servers on loopback, in each of the ways that TLS begins."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from consumer.settings import load
from consumer.telemetry.certificates import CertificateWatch, expiries
from consumer.telemetry.metrics import Metrics
from runtime import certificate
from runtime.certificate import POSTGRESQL_AGREES, POSTGRESQL_ASKS, POSTGRESQL_DECLINES
from sandbox.services.process import wait_until
from tests.security.authority import NAME, Authority


@contextmanager
def server(issued: Path, answer: bytes | None = None) -> Iterator[int]:
    """The port of a TLS server; with `answer` it begins as PostgreSQL does, and answers so when it is asked for TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context, answer), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listener: socket.socket, context: ssl.SSLContext, answer: bytes | None) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:  # it is over
            return
        with plain:
            try:
                if answer is not None:
                    assert plain.recv(len(POSTGRESQL_ASKS)) == POSTGRESQL_ASKS
                    plain.sendall(answer)
                if answer != POSTGRESQL_DECLINES:
                    context.wrap_socket(plain, server_side=True).close()
            except OSError:  # the other side does not trust us
                continue


def end_of(issued: Path) -> float:
    """When the certificate in a file ends, by another library."""
    _, mark, certificates = issued.read_bytes().partition(b"-----BEGIN CERTIFICATE-----")
    return load_pem_x509_certificate(mark + certificates).not_valid_after_utc.timestamp()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.mark.parametrize("answer", [None, POSTGRESQL_AGREES], ids=["tls", "postgresql"])
def test_the_end_is_that_of_the_certificate(authority: Authority, answer: bytes | None) -> None:
    """As another library reads it from the file."""
    issued = authority.issue("server.pem")
    with server(issued, answer) as port:
        expiry = certificate.expiry(NAME, port, str(authority.path), postgresql=answer is not None)
    assert expiry == end_of(issued) and expiry > time.time()


def test_what_is_not_trusted_has_no_end(authority: Authority, tmp_path: Path) -> None:
    """Expired, of another authority or name, no TLS, nobody there: not known, and no error."""
    other = Authority(tmp_path / "other")
    with server(authority.issue("expired.pem", expired=True)) as port:
        assert certificate.expiry(NAME, port, str(authority.path)) is None
    with server(authority.issue("server.pem")) as port:
        assert certificate.expiry(NAME, port, str(other.path)) is None
        assert certificate.expiry("127.0.0.1", port, str(authority.path)) is None
    with server(authority.issue("declined.pem"), POSTGRESQL_DECLINES) as port:
        assert certificate.expiry(NAME, port, str(authority.path), postgresql=True) is None
    assert certificate.expiry(NAME, port, str(authority.path)) is None


def test_each_server_of_the_settings_is_asked(authority: Authority) -> None:
    """Kafka, PostgreSQL and the registry, each its own gauge; one that nobody answers for stays as it was."""
    kafka, postgresql = authority.issue("kafka.pem"), authority.issue("postgresql.pem")
    with server(kafka) as broker, server(postgresql, POSTGRESQL_AGREES) as database:
        settings = load(
            {
                "DATABASE_URL": f"postgresql://a@{NAME}:{database}/a?sslmode=verify-full&sslrootcert={authority.path}",
                "KAFKA_BOOTSTRAP_SERVERS": f"{NAME}:1,SSL://{NAME}:{broker}",
                "KAFKA_CONFIG_SECURITY_PROTOCOL": "SSL",
                "KAFKA_CONFIG_SSL_CA_LOCATION": str(authority.path),
                "SCHEMA_REGISTRY_URL": f"https://{NAME}:1",
            },
            kafka=True,
        )
        metrics = Metrics([], "0")
        watch = CertificateWatch(expiries(settings), metrics)

        def shown(name: str) -> float | None:
            return metrics.registry.get_sample_value("auditlog_certificate_expiry_timestamp_seconds", {"server": name})

        try:
            wait_until(lambda: shown("postgresql") == end_of(postgresql), 20)
        finally:
            watch.close()
    assert shown("kafka") == end_of(kafka)
    assert shown("registry") == float("inf")


def test_without_tls_nothing_is_asked() -> None:
    """Plain Kafka, a database that may do without TLS, a registry by http or none: no certificate, no connection."""
    plain = {"DATABASE_URL": "postgresql://a@127.0.0.1:1/a", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    for more in ({}, {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}):
        asked = expiries(load({**plain, **more}, kafka=True))
        assert {name: ask() for name, ask in asked.items()} == dict.fromkeys(("kafka", "postgresql", "registry"))
