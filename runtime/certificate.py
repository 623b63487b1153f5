"""A server's certificate, by a TLS handshake of our own: until when it is valid, or why it is not trusted.

The client libraries say only that it is not trusted. The reason is looked up after a client has failed, for the error message.
"""

import socket
import ssl
from collections.abc import Mapping

SECONDS = 3.0
# How a client asks PostgreSQL for TLS: length 8, code 1234.5679; the server answers S or N.
POSTGRESQL_ASKS, POSTGRESQL_AGREES, POSTGRESQL_DECLINES = bytes([0, 0, 0, 8, 4, 210, 22, 47]), b"S", b"N"
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = {62, 64}  # of a host, of an address


def fault(host: str, port: int, authority: str | None) -> str | None:
    """What is wrong with the certificate at this address and what to do; None where this machine finds nothing wrong.

    `authority` is the PEM file of the accepted certificate authorities; None: those that this machine trusts.
    """
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            return _handshake(plain, host, authority)
    except OSError:
        return None


def postgresql_fault(host: str, port: int, authority: str | None, *, verify: bool) -> str | None:
    """As `fault`, for a PostgreSQL server; also reports that it offers no TLS. Without `verify`, any certificate is accepted."""
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            plain.sendall(POSTGRESQL_ASKS)
            answer = plain.recv(1)
            if answer == POSTGRESQL_DECLINES:
                return "the server has no TLS: enable it there (ssl = on)"
            return _handshake(plain, host, authority) if verify and answer == POSTGRESQL_AGREES else None
    except OSError:
        return None


def expiry(host: str, port: int, authority: str | None, *, postgresql: bool = False) -> float | None:
    """When the certificate at this address ends, in seconds since 1970; None where it is not trusted, or nothing answers.

    `authority` is as for `fault`; with `postgresql` TLS is asked for as PostgreSQL wants it. Waits for at most SECONDS twice.
    """
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            if postgresql:
                plain.sendall(POSTGRESQL_ASKS)
                if plain.recv(1) != POSTGRESQL_AGREES:
                    return None
            context = ssl.create_default_context(cafile=authority)
            with context.wrap_socket(plain, server_hostname=host) as secured:
                return _ends(secured.getpeercert())
    except OSError:  # ssl's errors and those of the file, too
        return None


def _ends(certificate: Mapping[str, object] | None) -> float | None:
    until = (certificate or {}).get("notAfter")
    return float(ssl.cert_time_to_seconds(until)) if isinstance(until, str) else None


def _handshake(plain: socket.socket, host: str, authority: str | None) -> str | None:
    try:
        context = ssl.create_default_context(cafile=authority)
        context.wrap_socket(plain, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return f"{error.verify_message.rstrip('.')}; {_advice(error.verify_code)}"
    except OSError:  # also of the file, and of a handshake that failed otherwise
        return None
    return None


def _advice(code: int) -> str:
    if code in {_EXPIRED, _NOT_YET}:
        return "have the server's certificate renewed, or set this machine's clock"
    if code in _OTHER_NAME:
        return "connect by a name that the certificate has, or have one issued for this name"
    return "give the certificate of the authority that signed it"
