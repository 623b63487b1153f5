"""What a Kafka client says of its connections, told to an operator: what is wrong, and which setting it is about.

A wrong password, an untrusted certificate: these are proven by what the other side said, and no waiting mends them.
Whatever else keeps a client from its brokers may be an outage, and is never proven.
"""

import re
from collections.abc import Mapping

from runtime import certificate

CA = "ssl.ca.location"
_ADDRESS = re.compile(r"://(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:/]+)):(?P<port>\d+)/")
_AFTERTHOUGHT = re.compile(r" \(after \d+ms in state \w+\)$")


class AuthErrors:
    """Hears a client's errors, by librdkafka's name and words. `config` is the client's own; its secrets are not told."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config
        self._proven: tuple[str, str] | None = None
        self._last: str | None = None

    def record(self, code: str, words: str) -> None:
        """Takes an error in; called by the client, so it neither waits nor raises."""
        words = _AFTERTHOUGHT.sub("", words)
        refused = code == "_AUTHENTICATION" and ("uthentication failed" in words or "mechanism" in words)
        if refused or "certificate verify failed" in words:
            self._proven = code, words
        elif code != "_ALL_BROKERS_DOWN":
            self._last = words

    def forget(self) -> None:
        """What was heard is of before."""
        self._proven = self._last = None

    def proven_error(self) -> str | None:
        """What no waiting mends, and what to do; None where nothing of the kind was heard. May ask the server once more."""
        if self._proven is None:
            return None
        code, words = self._proven
        if code == "_AUTHENTICATION":
            user = self._config.get("sasl.username", "")
            return f"Kafka refuses user {user!r}: {words}; see KAFKA_CONFIG_SASL_USERNAME, _PASSWORD and _MECHANISM"
        if (found := _ADDRESS.search(words)) is not None:
            host, port = found["six"] or found["host"], int(found["port"])
            why = certificate.fault(host, port, self._config.get(CA)) or words
            words = f"the certificate of Kafka at {host}:{port} is not trusted: {why}"
        return f"{words} (KAFKA_BOOTSTRAP_SERVERS, KAFKA_CONFIG_SSL_CA_LOCATION)"

    def explanation(self) -> str:
        """Why the brokers do not answer, as far as it was heard; what is put behind the client's own words, or nothing."""
        if (refused := self.proven_error()) is not None:
            return f": {refused}"
        if self._last is not None:
            return f": {self._last}"
        if not self._config.get("security.protocol", "").lower().endswith("ssl"):
            return "; if they are up, they may want TLS: set KAFKA_CONFIG_SECURITY_PROTOCOL"
        return ""
