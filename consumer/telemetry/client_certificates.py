"""When our own certificates expire, by which Kafka and PostgreSQL know us: read from where the settings say they are."""

from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from runtime.certificate_file import keystore_expiry, pem_expiry
from runtime.postgres import client_certificate

log = structlog.get_logger()

PEM, FILE, KEYSTORE = "ssl.certificate.pem", "ssl.certificate.location", "ssl.keystore.location"


def kafka_expiry(properties: Mapping[str, str]) -> float | None:
    """In seconds since 1970, by librdkafka's `properties`; None, and a log line, for one that cannot be read. None without one."""
    # Where several are set, librdkafka takes the last in its order: first the keystore here.
    if keystore := properties.get(KEYSTORE):
        password = properties.get("ssl.keystore.password", "").encode()
        return _read(KEYSTORE, lambda: keystore_expiry(Path(keystore).read_bytes(), password or None), keystore)
    if pem := properties.get(PEM):
        return _read(PEM, lambda: pem_expiry(pem.encode()))
    if file := properties.get(FILE):
        return _read(FILE, lambda: pem_expiry(Path(file).read_bytes()), file)
    return None


def postgresql_expiry(url: str) -> float | None:
    """As `kafka_expiry`, by what libpq would use for `url`."""
    path = client_certificate(url)
    return None if path is None else _read("sslcert", lambda: pem_expiry(Path(path).read_bytes()), path)


def _read(setting: str, read: Callable[[], float], file: str | None = None) -> float | None:
    try:
        return read()
    except (OSError, ValueError) as error:
        log.warning("client_certificate_unreadable", setting=setting, file=file, error=str(error))
        return None
