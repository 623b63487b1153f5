"""Until when the certificate of the database's server is good, and where our own is."""

from runtime import certificate
from runtime.postgres.refusals import DEFAULT_PORT, TLS_ONLY
from runtime.postgres.url import settings_of


def certificate_expiry(url: str) -> float | None:
    """In seconds since 1970, the earliest of the hosts of `url`; None without TLS, or where no trusted certificate is shown."""
    settings = settings_of(url, {})
    if settings["sslmode"] not in TLS_ONLY:
        return None
    hosts = (settings["host"] or settings["hostaddr"]).split(",")
    ports = [int(port or DEFAULT_PORT) for port in settings["port"].split(",")]
    authority = settings["sslrootcert"] if settings["sslrootcert"] not in {"", "system"} else None
    places = zip(hosts, ports if len(ports) == len(hosts) else ports * len(hosts), strict=True)
    expiries = [
        certificate.expiry(host, port, authority, postgresql=True)
        for host, port in places
        if host and not host.startswith("/")
    ]
    return min((end for end in expiries if end is not None), default=None)


def client_certificate(url: str) -> str | None:
    """The file with the certificate that libpq shows to the server of `url`; None without TLS, or where it shows none."""
    settings = settings_of(url, {})
    shown = settings["sslmode"] != "disable" and settings.get("sslcertmode") != "disable"
    return (settings["sslcert"] or None) if shown else None
