"""A cache of verified tokens, so that the signature of a token is checked once.

It never changes a decision. The key is looked up for every request: if it was withdrawn, replaced or fetched again, the
token is verified again. So is a token outside its own times. Refusals are not cached, and the cache holds hashes, not tokens.
"""

import time
from collections.abc import Callable
from hashlib import sha256

from reader.auth.clerk import TokenRules, VerifiedToken, verify_token
from reader.auth.signed_token import KeySource

MAX_TOKENS = 4096  # when it is full, the cache is emptied


class TokenCache:
    """Verifies tokens by `keys` and `rules`. Safe to use from many threads."""

    def __init__(self, keys: KeySource, rules: TokenRules, now: Callable[[], float] = time.time) -> None:
        self._keys, self._rules, self._now = keys, rules, now
        self._verified: dict[tuple[bytes, bool], VerifiedToken] = {}

    def verified(self, token: str, *, bearer: bool) -> VerifiedToken:
        """The token with its viewer. Raises Unauthenticated, Forbidden and KeysUnavailable."""
        key = sha256(token.encode()).digest(), bearer
        verified = self._verified.get(key)
        if verified and self._is_valid(verified):
            return verified
        if len(self._verified) >= MAX_TOKENS:
            self._verified.clear()
        verified = self._verified[key] = verify_token(token, self._keys, self._rules, bearer=bearer)
        return verified

    def _is_valid(self, verified: VerifiedToken) -> bool:
        return verified.begins <= self._now() < verified.ends and self._keys.find(verified.key_id) is verified.key
