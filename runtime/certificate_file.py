"""Until when the certificates in a file are good; read with `cryptography`, which Python's `ssl` does not do without their key."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# cryptography's part for certificates is imported only where a setting names one: it takes a while, and memory.


def pem_expiry(data: bytes) -> float:
    """When the first of the certificates in PEM ends, in seconds since 1970. Raises ValueError where there is none."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 see above

    with _value_errors():
        return _earliest(load_pem_x509_certificates(data))


def keystore_expiry(data: bytes, password: bytes | None) -> float:
    """As `pem_expiry`, of a PKCS #12 keystore. Raises ValueError, also for a wrong password."""
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12  # noqa: PLC0415 see above

    with _value_errors():
        keystore = load_pkcs12(data, password)
        own = (keystore.cert, *keystore.additional_certs)
        return _earliest(entry.certificate for entry in own if entry is not None)


@contextmanager
def _value_errors() -> Iterator[None]:
    """What else `cryptography` raises for data that it cannot read, as ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 see above
    from cryptography.x509 import InvalidVersion  # noqa: PLC0415

    try:
        yield
    except (UnsupportedAlgorithm, InvalidVersion) as error:
        raise ValueError(str(error)) from error


def _earliest(certificates: Iterable["Certificate"]) -> float:
    return min(certificate.not_valid_after_utc.timestamp() for certificate in certificates)
