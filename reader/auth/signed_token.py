"""Verification of the signature, times and issuer of a JWT (RFC 7519).

What the claims of a session token mean is in `reader.auth.clerk`. Clerk signs tokens of other kinds with the same key.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import jwt

LEEWAY_SECONDS = 5
MAX_TOKEN_LENGTH = 8 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KEY_ID = re.compile(r"[\x21-\x7e]{1,128}")
# The header `cat` of session and handshake tokens; it may be absent. Source: @clerk/backend, tokens/jwtCategories.ts.
# Tokens from a JWT template have another: the author of the template chooses their claims.
_CATEGORIES = frozenset({None, "cl_B7d4PD111AAA", "cl_I7d4PD111III"})
_TIMES = ("exp", "nbf", "iat")

# The reason for each error of PyJWT; for all others it is `invalid`.
REASON_BY_ERROR: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not_yet_valid",
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAudienceError: "audience",
    jwt.MissingRequiredClaimError: "claim_missing",
}
REASONS = ("malformed", "algorithm", "type", "key_id", "unknown_key", "invalid", *REASON_BY_ERROR.values())


class Unauthenticated(Exception):
    """No valid session (401). The reason is for the log and metrics, never for the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeySource(Protocol):
    """A source of public keys. Raises KeysUnavailable while it has none."""

    def find(self, key_id: str | None) -> Any:
        """The key of this id; None if the issuer has no such key."""


class SignedToken(NamedTuple):
    """The claims of a verified token, and the key that it is signed with."""

    claims: dict[str, Any]
    key_id: str | None
    key: Any


def signed_token(token: str, keys: KeySource, issuer: str, required: Sequence[str]) -> SignedToken:
    """Verifies a token: RS256 only (RFC 8725 section 3.1), times within LEEWAY_SECONDS, and `iss`, if present, is `issuer`.

    `required` are the claims that must be present. Raises Unauthenticated and what `keys` raises.
    """
    key_id, key = _key(token, keys)
    claims = _claims(token, key, required)
    if claims.get("iss", issuer) != issuer:
        raise Unauthenticated("issuer")
    return SignedToken(claims, key_id, key)


def _key(token: str, keys: KeySource) -> tuple[str | None, Any]:
    """The id and key that the header of a token names."""
    if len(token) > MAX_TOKEN_LENGTH or not _TOKEN.fullmatch(token):
        raise Unauthenticated("malformed")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError):
        raise Unauthenticated("malformed") from None
    if header.get("alg") != "RS256":
        raise Unauthenticated("algorithm")
    kind, category = header.get("typ", "JWT"), header.get("cat")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Unauthenticated("type")
    if not isinstance(category, str | None) or category not in _CATEGORIES:
        raise Unauthenticated("type")
    key_id = _key_id(header)
    key = keys.find(key_id)
    if key is None:
        raise Unauthenticated("unknown_key")
    return key_id, key


def _claims(token: str, key: Any, required: Sequence[str]) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            leeway=LEEWAY_SECONDS,
            options={"require": list(required), "enforce_minimum_key_length": True},
        )
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, RecursionError) as error:
        raise Unauthenticated(REASON_BY_ERROR.get(type(error), "invalid")) from None
    # PyJWT accepts true and "17" as times; in RFC 7519 section 2 they are numbers.
    if any(isinstance(claims[name], bool | str) for name in _TIMES if name in claims):
        raise Unauthenticated("invalid")
    return claims


def _key_id(header: Mapping[str, Any]) -> str | None:
    key_id = header.get("kid")
    if key_id is not None and (not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id)):
        raise Unauthenticated("key_id")
    return key_id
