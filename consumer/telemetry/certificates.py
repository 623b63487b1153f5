"""When the certificates of the servers in the settings, and our own, expire: checked once an hour, in a thread of its own."""

import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from consumer.settings import Settings
from consumer.telemetry import client_certificates
from consumer.telemetry.metrics import Metrics
from runtime import certificate
from runtime.postgres import certificate_expiry
from runtime.threads import spawn_restarted

# A certificate is renewed weeks before it expires, and each check costs a handshake.
SECONDS = 3600.0
HTTPS_PORT = 443


class CertificateWatch:
    """Keeps the gauge of each certificate up to date.

    If a server shows no certificate that is trusted, the gauge keeps its last value: that certificate may have expired.
    """

    def __init__(self, expiries: Mapping[str, Callable[[], float | None]], metrics: Metrics) -> None:
        """`expiries` returns, by the gauge's label, when the certificate expires, in seconds since 1970."""
        self._expiries = expiries
        self._metrics = metrics
        self._closed = threading.Event()
        spawn_restarted("certificates", self._serve)

    def close(self) -> None:
        """Ends the thread, once it has its answers."""
        self._closed.set()

    def _serve(self) -> None:
        while not self._closed.is_set():
            for server, ask in self._expiries.items():
                if (end := ask()) is not None:
                    self._metrics.certificate_expiry.labels(server).set(end)
            self._closed.wait(SECONDS)


def expiries(settings: Settings) -> Mapping[str, Callable[[], float | None]]:
    """For each certificate a function that checks it: the expiry in seconds since 1970.

    None without TLS, if a server's is not trusted, or if our own is not there or cannot be read. librdkafka reads ours at its
    start and never again, so that one is read here and now.
    """
    url = settings.database_url.get_secret_value()
    own = client_certificates.kafka_expiry(settings.kafka) if _tls(settings) else None
    return {
        "kafka": lambda: _kafka(settings),
        "postgresql": lambda: certificate_expiry(url),
        "registry": lambda: _registry(settings),
        "kafka_client": lambda: own,
        "postgresql_client": lambda: client_certificates.postgresql_expiry(url),
    }


def _tls(settings: Settings) -> bool:
    return settings.kafka.get("security.protocol", "").lower().endswith("ssl")


def _kafka(settings: Settings) -> float | None:
    """The earliest expiry among the brokers in the settings; other brokers of the cluster are not checked."""
    if not _tls(settings):
        return None
    places = [urlsplit(f"//{broker.strip().rpartition('//')[2]}") for broker in settings.bootstrap_servers.split(",")]
    authority = settings.kafka.get("ssl.ca.location")
    ends = [certificate.expiry(at.hostname, at.port, authority) for at in places if at.hostname and at.port]
    return min((end for end in ends if end is not None), default=None)


def _registry(settings: Settings) -> float | None:
    at = urlsplit(settings.registry_url or "")
    if at.scheme != "https" or at.hostname is None:
        return None
    return certificate.expiry(at.hostname, at.port or HTTPS_PORT, settings.registry_authority)
