"""The issuer's public keys: one that was given, or those that it publishes, fetched ahead of need.

Law of this file: no request waits for the issuer, but for the very first keys and for one look at a key that is new. Keys
that were good stay good through an outage of the issuer, for a day.
"""

import threading
import time
from typing import Any

import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

log = structlog.get_logger()

REFRESH_SECONDS, RETRY_SECONDS = 240.0, 10.0
TIMEOUT_SECONDS = 3.0
STALE_SECONDS = 24 * 3600.0
# An unknown key id makes us look at the issuer's keys, but not more often than this, whoever sends how many.
COOLDOWN_SECONDS = 10.0
MIN_KEY_BITS = 2048  # RFC 7518 section 3.3


class KeysUnavailable(Exception):
    """No key has been had for so long that no token can be judged (503)."""


class StaticKey:
    """A public key from the settings (CLERK_JWT_KEY): Clerk's networkless verification."""

    failures = 0

    def __init__(self, pem: str) -> None:
        """`pem` is an RSA public key of 2,048 bits or more. Raises ValueError."""
        try:
            # As one line, where an environment has no other.
            key = load_pem_public_key(pem.replace("\\n", "\n").encode())
        except UnsupportedAlgorithm as error:
            raise ValueError("is a key of an unknown kind") from error
        if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
            raise ValueError(f"is no RSA key of {MIN_KEY_BITS} bits or more")
        self._key = key

    def find(self, _key_id: str | None) -> Any:
        """The key, whatever a token calls it."""
        return self._key

    def ready(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """There is nothing to end."""


class JwksKeys:
    """The keys at a JWKS URL (RFC 7517), kept fresh by a thread."""

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetching = threading.Lock()
        self._tried = threading.Event()
        self._stop = threading.Event()
        self._last_try = 0.0
        self.fetched_at: float | None = None
        self.failures = 0
        threading.Thread(target=self._refresh, name="keys", daemon=True).start()

    def find(self, key_id: str | None) -> Any:
        """The key of this id; None where the issuer has none. Raises KeysUnavailable."""
        if not self._tried.is_set():
            self._tried.wait(TIMEOUT_SECONDS)
        if not self.ready():
            raise KeysUnavailable
        if key_id is None:
            return None
        return self._keys.get(key_id) or self._fetch_for_unknown_id(key_id)

    def ready(self) -> bool:
        """Whether there are keys that may still be believed."""
        return self.fetched_at is not None and time.time() - self.fetched_at < STALE_SECONDS

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()

    def _fetch_for_unknown_id(self, key_id: str) -> Any:
        """The issuer may have a new key; one request looks, and the others are refused meanwhile."""
        if time.monotonic() - self._last_try < COOLDOWN_SECONDS or not self._fetching.acquire(blocking=False):
            return None
        try:
            self._fetch()
        finally:
            self._fetching.release()
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        while True:
            with self._fetching:
                fetched = self._fetch()
            self._tried.set()
            if self._stop.wait(REFRESH_SECONDS if fetched else RETRY_SECONDS):
                return

    def _fetch(self) -> bool:
        self._last_try = time.monotonic()
        try:
            keys = {key.key_id: key for key in self._client.get_signing_keys() if key.key_id}
        except Exception as error:  # whatever the issuer sends must not end the thread  # noqa: BLE001
            self.failures += 1
            log.warning("jwks_fetch_failed", error=str(error), have=len(self._keys))
            return False
        self._keys, self.fetched_at = keys, time.time()
        return True
