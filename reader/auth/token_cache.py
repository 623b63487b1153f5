"""Tokens that have been verified: the same one again, within its time, is not verified anew.

Law of this file: arithmetic is saved, and no decision. The key is asked for every time, and one that was withdrawn, replaced
or fetched anew ends what it had verified; a token's own times bound it; problems are not remembered, nor tokens themselves.
"""

import time
from collections.abc import Callable
from hashlib import sha256

from reader.auth.clerk import TokenRules, VerifiedToken, verify_token
from reader.auth.signed_token import KeySource

MAX_TOKENS = 4096  # remembered; then all are forgotten


class TokenCache:
    """Who a token speaks for, by the issuer's keys and our rules. Safe to use from many threads."""

    def __init__(self, keys: KeySource, rules: TokenRules, now: Callable[[], float] = time.time) -> None:
        self._keys, self._rules, self._now = keys, rules, now
        self._verified: dict[tuple[bytes, bool], VerifiedToken] = {}

    def verified(self, token: str, *, bearer: bool) -> VerifiedToken:
        """The admin that a token speaks for, and what that rests on. Raises Unauthenticated, Forbidden, and KeysUnavailable."""
        name = sha256(token.encode()).digest(), bearer
        known = self._verified.get(name)
        if known and known.begins <= self._now() < known.ends and self._keys.find(known.key_id) is known.key:
            return known
        if len(self._verified) >= MAX_TOKENS:
            self._verified.clear()
        found = self._verified[name] = verify_token(token, self._keys, self._rules, bearer=bearer)
        return found
