"""The public keys of the issuer: one from the settings, or its JWKS (RFC 7517), which a thread keeps up to date.

Requests do not wait for the issuer, except for the first keys and, once per cooldown, for an unknown key id. During an
outage of the issuer its last keys stay valid for a day.
"""

import threading
import time
from typing import Any, Protocol

import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from reader.auth.signed_token import KeySource
from runtime.threads import spawn_restarted

log = structlog.get_logger()

REFRESH_SECONDS, RETRY_SECONDS = 240.0, 10.0
TIMEOUT_SECONDS = 3.0
STALE_SECONDS = 24 * 3600.0
# An unknown key id makes one request fetch the keys, at most once in this time, however many such tokens are sent.
COOLDOWN_SECONDS = 10.0
MIN_KEY_BITS = 2048  # RFC 7518 section 3.3


class KeysUnavailable(Exception):
    """There has been no key for so long that no token can be verified (503)."""


class FetchNeeded(Exception):
    """The issuer has to be asked for the key, which takes time."""


class IssuerKeys(KeySource, Protocol):
    """The keys of the issuer; some of them are held."""

    def find_held(self, key_id: str | None) -> Any:
        """As `find`, without a wait. Raises FetchNeeded where that takes one."""


class HeldKeys:
    """The keys that are held, as a source of keys."""

    def __init__(self, keys: IssuerKeys) -> None:
        self._keys = keys

    def find(self, key_id: str | None) -> Any:
        """As `IssuerKeys.find_held`."""
        return self._keys.find_held(key_id)


class StaticKey:
    """A public key from the settings (CLERK_JWT_KEY): Clerk's networkless verification."""

    failures = 0

    def __init__(self, pem: str) -> None:
        """`pem` is an RSA public key of 2,048 bits or more. Raises ValueError."""
        try:
            # Some environments can only hold one line.
            key = load_pem_public_key(pem.replace("\\n", "\n").encode())
        except UnsupportedAlgorithm as error:
            raise ValueError("is a key of an unsupported kind") from error
        if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
            raise ValueError(f"is not an RSA key of at least {MIN_KEY_BITS} bits")
        self._key = key

    def find(self, _key_id: str | None) -> Any:
        """The key, for any key id."""
        return self._key

    def find_held(self, key_id: str | None) -> Any:
        """As `find`."""
        return self.find(key_id)

    def ready(self) -> bool:
        """True: the key is always there."""
        return True

    def close(self) -> None:
        """Does nothing: there is no thread."""


class JwksKeys:
    """The keys at a JWKS URL, refreshed by a thread."""

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetching = threading.Lock()
        self._tried = threading.Event()
        self._stop = threading.Event()
        self._last_try = 0.0
        self.fetched_at: float | None = None
        self.failures = 0
        spawn_restarted("keys", self._refresh)

    def find(self, key_id: str | None) -> Any:
        """The key of this id; None if the issuer has no such key. Raises KeysUnavailable."""
        if not self._tried.wait(TIMEOUT_SECONDS):
            raise KeysUnavailable
        try:
            return self.find_held(key_id)
        except FetchNeeded:
            return self._fetch_for_unknown_id(key_id)

    def find_held(self, key_id: str | None) -> Any:
        """As `find`, without a wait. Raises FetchNeeded as well: before the first keys, and once per cooldown for an unknown id."""
        if not self.ready():
            raise KeysUnavailable if self._tried.is_set() else FetchNeeded
        key = self._keys.get(key_id)
        if key is None and key_id is not None and not self._cools_down():
            raise FetchNeeded
        return key

    def ready(self) -> bool:
        """Whether there are keys that are not too old."""
        return self.fetched_at is not None and time.time() - self.fetched_at < STALE_SECONDS

    def close(self) -> None:
        """Stops the thread."""
        self._stop.set()

    def _fetch_for_unknown_id(self, key_id: str | None) -> Any:
        """Fetches the keys, since the issuer may have a new one. One request does, the others are refused meanwhile."""
        if self._cools_down() or not self._fetching.acquire(blocking=False):
            return None
        try:
            self._fetch()
        finally:
            self._fetching.release()
        return self._keys.get(key_id)

    def _cools_down(self) -> bool:
        return time.monotonic() - self._last_try < COOLDOWN_SECONDS

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
            keys: dict[str | None, jwt.PyJWK] = {
                key.key_id: key for key in self._client.get_signing_keys() if key.key_id
            }
        except Exception as error:  # nothing that the issuer sends may end the thread  # noqa: BLE001
            self.failures += 1
            log.warning("jwks_fetch_failed", error=str(error), have=len(self._keys))
            return False
        self._keys, self.fetched_at = keys, time.time()
        return True
