"""Verification of Clerk's session tokens: from a token to a Viewer, or to the reason for refusing it.

Sources: Clerk's pages "Manual JWT verification" and "Session tokens", versions 1 and 2 of the claims. Where they leave a
choice, the strict one is taken: `azp` is required, and organization claims are read only where their version puts them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from reader.model import Viewer

LEEWAY_SECONDS = 5
MAX_TOKEN_LENGTH = 8 * 1024
ADMIN = "admin"
REQUIRED = ["exp", "nbf", "iat", "iss", "sub", "sid"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KEY_ID = re.compile(r"[\x21-\x7e]{1,128}")
_USER = re.compile(r"user_[A-Za-z0-9]+")
_SESSION = re.compile(r"sess_[A-Za-z0-9]+")
_WORKSPACE = re.compile(r"org_[A-Za-z0-9]+")


# The reason for each error of PyJWT; for all others it is `invalid`.
REASON_BY_ERROR: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not_yet_valid",
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAudienceError: "audience",
    jwt.MissingRequiredClaimError: "claim_missing",
}
# All reasons. A metric has them as a label, so the list is closed.
REASONS = (
    *("no_token", "repeated_cookie", "authorization_header"),
    *("malformed", "algorithm", "type", "key_id", "unknown_key", "invalid", *REASON_BY_ERROR.values()),
    *("authorized_party", "subject", "pending", "version", "organisation", "actor"),
    *("no_active_workspace", "not_admin"),
)


class Unauthenticated(Exception):
    """No valid session (401). The reason is for the log and metrics, never for the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Exception):
    """A valid session without access (403). The reason is for the log and metrics."""

    def __init__(self, reason: str, user_id: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.user_id = user_id


class KeySource(Protocol):
    """A source of public keys. Raises KeysUnavailable while it has none."""

    def find(self, key_id: str | None) -> Any:
        """The key of this id; None if the issuer has no such key."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which tokens are accepted: those of this issuer, made for pages of these origins (`azp`)."""

    issuer: str
    authorized_parties: frozenset[str]
    allow_missing_azp: bool


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The viewer of a token that is valid from `begins` to before `ends` (Unix time), signed by `key` with the id `key_id`."""

    viewer: Viewer
    key_id: str | None
    key: Any
    begins: float
    ends: float


def verify_token(token: str, keys: KeySource, rules: TokenRules, *, bearer: bool) -> VerifiedToken:
    """Verifies a token. `bearer`: it came in the Authorization header.

    Raises Unauthenticated, Forbidden and what `keys` raises.
    """
    key_id, key = _key(token, keys)
    claims = _claims(token, key, rules)
    begins, ends = max(int(claims["nbf"]), int(claims["iat"])) - LEEWAY_SECONDS, int(claims["exp"]) + LEEWAY_SECONDS
    return VerifiedToken(_viewer(claims, rules, bearer=bearer), key_id, key, begins, ends)


def _viewer(claims: Mapping[str, Any], rules: TokenRules, *, bearer: bool) -> Viewer:
    _check_party(claims, rules, bearer=bearer)
    user, session = claims["sub"], claims["sid"]
    if not _matches(_USER, user) or not _matches(_SESSION, session):
        raise Unauthenticated("subject")
    if claims.get("sts") == "pending":
        raise Unauthenticated("pending")
    workspace_id, role, slug = _organization(claims)
    if workspace_id is None:
        raise Forbidden("no_active_workspace", user)
    if not _matches(_WORKSPACE, workspace_id):
        raise Unauthenticated("organisation")
    if role is None or role.removeprefix("org:") != ADMIN:
        raise Forbidden("not_admin", user)
    return Viewer(user, session, workspace_id, slug, _impersonator(claims))


def _key(token: str, keys: KeySource) -> tuple[str | None, Any]:
    """The id and key that the header of a token names. RFC 7519; RS256 only (RFC 8725 section 3.1)."""
    if len(token) > MAX_TOKEN_LENGTH or not _TOKEN.fullmatch(token):
        raise Unauthenticated("malformed")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError):
        raise Unauthenticated("malformed") from None
    if header.get("alg") != "RS256":
        raise Unauthenticated("algorithm")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Unauthenticated("type")
    key_id = _key_id(header)
    key = keys.find(key_id)
    if key is None:
        raise Unauthenticated("unknown_key")
    return key_id, key


def _claims(token: str, key: Any, rules: TokenRules) -> dict[str, Any]:
    """The claims of a token, after checking its signature, times and issuer."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=rules.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED, "enforce_minimum_key_length": True},
        )
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, RecursionError) as error:
        raise Unauthenticated(REASON_BY_ERROR.get(type(error), "invalid")) from None


def _key_id(header: Mapping[str, Any]) -> str | None:
    key_id = header.get("kid")
    if key_id is not None and not _matches(_KEY_ID, key_id):
        raise Unauthenticated("key_id")
    return key_id


def _check_party(claims: Mapping[str, Any], rules: TokenRules, *, bearer: bool) -> None:
    """A token that was made for a page of another origin is refused. Tokens from Clerk's backend have no `azp`."""
    party = claims.get("azp")
    if party is None and rules.allow_missing_azp and bearer:
        return
    if not isinstance(party, str) or party not in rules.authorized_parties:
        raise Unauthenticated("authorized_party")


def _organization(claims: Mapping[str, Any]) -> tuple[Any, str | None, str | None]:
    """Id, role and slug of the active organization. A custom claim named as in version 1 does not count in version 2."""
    version = claims.get("v", 1)
    if isinstance(version, bool) or version not in {1, 2}:
        raise Unauthenticated("version")
    if version == 1:
        return claims.get("org_id"), _text(claims.get("org_role")), _text(claims.get("org_slug"))
    active = claims.get("o")
    if not isinstance(active, dict):
        return None, None, None
    return active.get("id"), _text(active.get("rol")), _text(active.get("slg"))


def _impersonator(claims: Mapping[str, Any]) -> str | None:
    """Who acts as this user (`act`, RFC 8693 section 4.1)."""
    actor = claims.get("act")
    if actor is None:
        return None
    subject = _text(actor.get("sub")) if isinstance(actor, dict) else None
    if not subject:
        raise Unauthenticated("actor")
    return subject[:255]


def _text(value: object) -> str | None:
    """A printable text; JSON can contain lone surrogates, which UTF-8 cannot encode."""
    return value if isinstance(value, str) and value.isprintable() else None


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and len(value) <= 255 and pattern.fullmatch(value) is not None
