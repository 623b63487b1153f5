"""Verification of Clerk's session tokens: from a token to a Viewer, or to the reason for refusing it.

Sources: Clerk's pages "Manual JWT verification" and "Session tokens", versions 1 and 2 of the claims. Where they leave a
choice, the strict one is taken: `azp` is required, and organization claims are read only where their version puts them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reader.auth import signed_token
from reader.auth.signed_token import KeySource, Unauthenticated
from reader.model import Viewer

ADMIN = "admin"
REQUIRED = ("exp", "nbf", "iat", "iss", "sub", "sid")

_USER = re.compile(r"user_[A-Za-z0-9]+")
_SESSION = re.compile(r"sess_[A-Za-z0-9]+")
_WORKSPACE = re.compile(r"org_[A-Za-z0-9]+")

# All reasons. A metric has them as a label, so the list is closed.
REASONS = (
    *("no_token", "repeated_cookie", "authorization_header"),
    *signed_token.REASONS,
    *("authorized_party", "authorized_party_missing", "subject", "pending", "version", "organization", "actor"),
    *("no_active_workspace", "not_admin"),
)


class Forbidden(Exception):
    """A valid session without access (403). The reason is for the log and metrics. `has_azp`: its token has one."""

    def __init__(self, reason: str, user_id: str, *, has_azp: bool) -> None:
        super().__init__(reason)
        self.reason, self.user_id, self.has_azp = reason, user_id, has_azp


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which tokens are accepted: those of this issuer, made for pages of these origins (`azp`).

    `allow_missing_azp`: the kinds of token (bearer, cookie) that may have no `azp`.
    """

    issuer: str
    authorized_parties: frozenset[str]
    allow_missing_azp: frozenset[str]


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The viewer of a token that is valid from `begins` to before `ends` (Unix time), signed by `key` with the id `key_id`.

    `has_azp`: the token names the origin of the page that it was made for.
    """

    viewer: Viewer
    has_azp: bool
    key_id: str | None
    key: Any
    begins: float
    ends: float


def verify_token(token: str, keys: KeySource, rules: TokenRules, *, bearer: bool) -> VerifiedToken:
    """Verifies a token. `bearer`: it came in the Authorization header.

    Raises Unauthenticated, Forbidden and what `keys` raises.
    """
    signed = signed_token.signed_token(token, keys, rules.issuer, REQUIRED)
    claims = signed.claims
    leeway = signed_token.LEEWAY_SECONDS
    begins, ends = max(int(claims["nbf"]), int(claims["iat"])) - leeway, int(claims["exp"]) + leeway
    _check_party(claims, rules, bearer=bearer)
    has_azp = bool(claims.get("azp"))
    return VerifiedToken(_viewer(claims, has_azp=has_azp), has_azp, signed.key_id, signed.key, begins, ends)


def _viewer(claims: Mapping[str, Any], *, has_azp: bool) -> Viewer:
    user, session = claims["sub"], claims["sid"]
    if not _matches(_USER, user) or not _matches(_SESSION, session):
        raise Unauthenticated("subject")
    status = claims.get("sts")
    if not isinstance(status, str | None) or status == "pending":
        raise Unauthenticated("pending")
    workspace_id, role, slug = _organization(claims)
    if workspace_id is None:
        raise Forbidden("no_active_workspace", user, has_azp=has_azp)
    if not _matches(_WORKSPACE, workspace_id):
        raise Unauthenticated("organization")
    if role is None or role.removeprefix("org:") != ADMIN:
        raise Forbidden("not_admin", user, has_azp=has_azp)
    return Viewer(user, session, workspace_id, slug, _impersonator(claims))


def _check_party(claims: Mapping[str, Any], rules: TokenRules, *, bearer: bool) -> None:
    """A token that was made for a page of another origin is refused.

    Clerk makes tokens without `azp` in its backend (sent as Bearer), and often for cookies that it sets on a navigation.
    """
    party = claims.get("azp")
    if party in (None, ""):
        if ("bearer" if bearer else "cookie") in rules.allow_missing_azp:
            return
        raise Unauthenticated("authorized_party_missing")
    if not isinstance(party, str) or party not in rules.authorized_parties:
        raise Unauthenticated("authorized_party")


def _organization(claims: Mapping[str, Any]) -> tuple[Any, str | None, str | None]:
    """Id, role and slug of the active organization. A custom claim named as in version 1 does not count in version 2."""
    version = claims.get("v", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version not in {1, 2}:
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
