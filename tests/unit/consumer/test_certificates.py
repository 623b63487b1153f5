"""Until when certificates are good: a server's, asked of real ones on loopback in each way that TLS begins; ours, of files."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates
from structlog.testing import capture_logs

from consumer.settings import load
from consumer.telemetry import client_certificates
from consumer.telemetry.certificates import CertificateWatch, expiries
from consumer.telemetry.metrics import CERTIFICATES, Metrics
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
        assert {name: ask() for name, ask in asked.items()} == dict.fromkeys(CERTIFICATES)


def asked_of_clients(**environ: str) -> dict[str, float | None]:
    """What is known of our own certificates with these settings."""
    settings = load(
        {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_CONFIG_SECURITY_PROTOCOL": "SSL", **environ}, kafka=True
    )
    return {name: ask() for name, ask in expiries(settings).items() if name.endswith("_client")}


def to_database(certificate_file: Path, more: str = "") -> str:
    """DATABASE_URL with a client certificate."""
    return f"postgresql://a@127.0.0.1:1/a?sslmode=require&sslcert={certificate_file}{more}"


def test_our_own_certificates_are_read_from_their_files(authority: Authority) -> None:
    """As librdkafka and libpq are told of them, also one that has expired, or that has another one behind it."""
    kafka, postgresql = authority.issue("kafka.pem", days=30), authority.issue("postgresql.pem", expired=True)
    kafka.write_bytes(kafka.read_bytes() + authority.issue("intermediate.pem", days=5).read_bytes())
    properties = {"KAFKA_CONFIG_SSL_CERTIFICATE_LOCATION": str(kafka), "KAFKA_CONFIG_SSL_KEY_LOCATION": str(kafka)}

    asked = asked_of_clients(**properties, DATABASE_URL=to_database(postgresql))

    assert asked == {
        "kafka_client": end_of(authority.path.with_name("intermediate.pem")),
        "postgresql_client": end_of(postgresql),
    }


def test_our_certificate_in_a_setting_or_a_keystore(authority: Authority, tmp_path: Path) -> None:
    """The other ways in which librdkafka takes one."""
    issued = authority.issue("kafka.pem", days=30)
    certificates = issued.read_text().partition("-----BEGIN CERTIFICATE-----")
    properties = {"ssl.certificate.pem": certificates[1] + certificates[2]}
    assert client_certificates.kafka_expiry(properties) == end_of(issued)
    key, (certificate_alone, *_) = (
        load_pem_private_key(issued.read_bytes(), None),
        load_pem_x509_certificates(issued.read_bytes()),
    )
    assert isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)
    keystore = tmp_path / "kafka.p12"
    keystore.write_bytes(
        serialize_key_and_certificates(b"a", key, certificate_alone, None, BestAvailableEncryption(b"secret"))
    )
    properties = {"ssl.keystore.location": str(keystore), "ssl.keystore.password": "secret"}
    assert client_certificates.kafka_expiry(properties) == end_of(issued)
    with capture_logs() as logged:
        assert client_certificates.kafka_expiry({**properties, "ssl.keystore.password": "other"}) is None
    assert "secret" not in str(logged) and "other" not in str(logged)


def test_a_renewed_file_counts_for_those_who_read_it_again(authority: Authority) -> None:
    """PostgreSQL's library reads it for each connection, librdkafka at its start: a consumer with an old one must be restarted."""
    kafka, postgresql = authority.issue("kafka.pem", days=3), authority.issue("postgresql.pem", days=3)
    old = end_of(kafka)
    settings = load(
        {
            "DATABASE_URL": to_database(postgresql),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "KAFKA_CONFIG_SECURITY_PROTOCOL": "SSL",
            "KAFKA_CONFIG_SSL_CERTIFICATE_LOCATION": str(kafka),
            "KAFKA_CONFIG_SSL_KEY_LOCATION": str(kafka),
        },
        kafka=True,
    )
    asked = expiries(settings)
    for file in ("kafka.pem", "postgresql.pem"):
        authority.issue(file, days=300)

    assert (asked["kafka_client"](), asked["postgresql_client"]()) == (old, end_of(postgresql))
    assert end_of(postgresql) > old


def test_certificate_of_ours_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, or one without a certificate: a line that names it, and the gauge stays as it was."""
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    empty = tmp_path / "empty.pem"
    empty.touch()
    for file in (tmp_path / "missing.pem", tmp_path, broken, empty):
        with capture_logs() as logged:
            assert client_certificates.kafka_expiry({"ssl.certificate.location": str(file)}) is None
            assert client_certificates.postgresql_expiry(to_database(file)) is None
        assert [line["event"] for line in logged] == ["client_certificate_unreadable"] * 2
        assert [line["setting"] for line in logged] == ["ssl.certificate.location", "sslcert"]
        assert all(str(file) == line["file"] for line in logged)


@pytest.mark.parametrize("more", ["&sslmode=disable", "&sslcertmode=disable"])
def test_certificate_that_libpq_does_not_show(authority: Authority, more: str) -> None:
    """Without TLS, or when it is told so."""
    assert client_certificates.postgresql_expiry(to_database(authority.issue("postgresql.pem"), more)) is None
