"""A cache of verified tokens, so that the signature of a token is checked once.

It never changes a decision. The key is looked up for every request: if it was withdrawn, replaced or fetched again, the
token is verified again. So is a token outside its own times. Refusals are not cached, and the cache holds hashes, not tokens.
"""

import threading
import time
from collections.abc import Callable
from hashlib import sha256

from reader.auth.clerk import TokenRules, VerifiedToken, verify_token
from reader.auth.signed_token import KeySource

MAX_TOKENS = 4096  # when there are as many, the one that was verified first makes room: it is the next to expire


class TokenCache:
    """Verifies tokens by `rules`. Safe to use from many threads."""

    def __init__(self, rules: TokenRules, now: Callable[[], float] = time.time) -> None:
        self._rules, self._now = rules, now
        self._verified: dict[tuple[bytes, bool], VerifiedToken] = {}  # in the order of their verification
        self._lock = threading.Lock()  # one at a time changes it

    def verified(self, token: str, keys: KeySource, *, bearer: bool) -> VerifiedToken:
        """The token with its viewer. Raises Unauthenticated, Forbidden and what `keys` raises."""
        key = sha256(token.encode()).digest(), bearer
        verified = self._verified.get(key)
        if verified and self._is_valid(verified, keys):
            return verified
        verified = verify_token(token, keys, self._rules, bearer=bearer)
        with self._lock:
            self._verified.pop(key, None)
            if len(self._verified) >= MAX_TOKENS:
                del self._verified[next(iter(self._verified))]
            self._verified[key] = verified
        return verified

    def _is_valid(self, verified: VerifiedToken, keys: KeySource) -> bool:
        return verified.begins <= self._now() < verified.ends and keys.find(verified.key_id) is verified.key
