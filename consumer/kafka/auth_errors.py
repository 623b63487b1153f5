"""Why the brokers refuse a client, as a message for an operator: what is wrong, and which setting to check.

A wrong password and an untrusted certificate are proven by the other side's answer, and waiting does not help. Any other
connection error may be an outage, and is never taken as proof.
"""

import re
from collections.abc import Mapping

from runtime import certificate

CA = "ssl.ca.location"
_ADDRESS = re.compile(r"://(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:/]+)):(?P<port>\d+)/")
_TIMING = re.compile(r" \(after \d+ms in state \w+\)$")


class AuthErrors:
    """The errors of one client since `forget`. `config` is the client's own; its secrets are never repeated."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config
        self._proven: tuple[str, str] | None = None
        self._last: str | None = None

    def record(self, code: str, words: str) -> None:
        """Records an error by librdkafka's name and words; called by the client, so it neither waits nor raises."""
        words = _TIMING.sub("", words)
        refused = code == "_AUTHENTICATION" and ("uthentication failed" in words or "mechanism" in words)
        if refused or "certificate verify failed" in words:
            self._proven = code, words
        elif code != "_ALL_BROKERS_DOWN":
            self._last = words

    def forget(self) -> None:
        """Drops what was recorded: it is about an earlier attempt."""
        self._proven = self._last = None

    def proven_error(self) -> str | None:
        """The error that waiting does not fix, and what to do; None if there was none. May connect to the server once."""
        if self._proven is None:
            return None
        code, words = self._proven
        if code == "_AUTHENTICATION":
            user = self._config.get("sasl.username", "")
            return f"Kafka refuses user {user!r}: {words}; see KAFKA_CONFIG_SASL_USERNAME, _PASSWORD and _MECHANISM"
        if (address := _ADDRESS.search(words)) is not None:
            host, port = address["six"] or address["host"], int(address["port"])
            why = certificate.fault(host, port, self._config.get(CA)) or words
            words = f"the certificate of Kafka at {host}:{port} is not trusted: {why}"
        return f"{words} (KAFKA_BOOTSTRAP_SERVERS, KAFKA_CONFIG_SSL_CA_LOCATION)"

    def explanation(self) -> str:
        """Why the brokers do not answer, to be appended to the client's own message; empty if nothing is known."""
        if (refused := self.proven_error()) is not None:
            return f": {refused}"
        if self._last is not None:
            return f": {self._last}"
        if not self._config.get("security.protocol", "").lower().endswith("ssl"):
            return "; if they are up, they may want TLS: set KAFKA_CONFIG_SECURITY_PROTOCOL"
        return ""
