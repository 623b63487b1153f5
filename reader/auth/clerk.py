"""Clerk's session tokens: from the claims of a token whose signature has been checked to a Viewer, or why there is none.

Rules: Clerk's "manual JWT verification" and "session tokens" pages, versions 1 and 2 of the claims. Where they leave room,
the stricter reading holds: an `azp` must be there, organization claims are read where the version puts them and nowhere else.
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

# Every reason there is: what a metric counts by must be a closed list.
REASONS = (
    *("no_token", "repeated_cookie", "authorization_header"),
    *signed_token.REASONS,
    *("authorized_party", "authorized_party_missing", "subject", "pending", "version", "organisation", "actor"),
    *("no_active_workspace", "not_admin"),
)


class Forbidden(Exception):
    """A valid session that may not read (403); the reason is for the log. `names_party`: its token has an `azp`."""

    def __init__(self, reason: str, user_id: str, *, names_party: bool) -> None:
        super().__init__(reason)
        self.reason, self.user_id, self.names_party = reason, user_id, names_party


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Whose tokens are taken: the issuer, exactly, and the origins of the pages that may have got them.

    `allow_missing_azp`: the kinds of token, of `bearer` and `cookie`, that need not name such an origin.
    """

    issuer: str
    authorized_parties: frozenset[str]
    allow_missing_azp: frozenset[str]


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The admin that a token speaks for from `begins` to before `ends` (Unix time), by `key`, which has the id `key_id`.

    `names_party`: it has an `azp`.
    """

    viewer: Viewer
    names_party: bool
    key_id: str | None
    key: Any
    begins: float
    ends: float


def verify_token(token: str, keys: KeySource, rules: TokenRules, *, bearer: bool) -> VerifiedToken:
    """The admin that a token speaks for, with what that rests on. `bearer`: it came in the Authorization header.

    Raises Unauthenticated, Forbidden, and what `keys` raises.
    """
    found = signed_token.signed_token(token, keys, rules.issuer, REQUIRED)
    claims = found.claims
    leeway = signed_token.LEEWAY_SECONDS
    begins, ends = max(int(claims["nbf"]), int(claims["iat"])) - leeway, int(claims["exp"]) + leeway
    _check_party(claims, rules, bearer=bearer)
    names_party = bool(claims.get("azp"))
    seen = _viewer(claims, names_party=names_party)
    return VerifiedToken(seen, names_party, found.key_id, found.key, begins, ends)


def _viewer(claims: Mapping[str, Any], *, names_party: bool) -> Viewer:
    user, session = claims["sub"], claims["sid"]
    if not _matches(_USER, user) or not _matches(_SESSION, session):
        raise Unauthenticated("subject")
    status = claims.get("sts")
    if not isinstance(status, str | None) or status == "pending":
        raise Unauthenticated("pending")
    workspace_id, role, slug = _organization(claims)
    if workspace_id is None:
        raise Forbidden("no_active_workspace", user, names_party=names_party)
    if not _matches(_WORKSPACE, workspace_id):
        raise Unauthenticated("organisation")
    if role is None or role.removeprefix("org:") != ADMIN:
        raise Forbidden("not_admin", user, names_party=names_party)
    return Viewer(user, session, workspace_id, slug, _impersonator(claims))


def _check_party(claims: Mapping[str, Any], rules: TokenRules, *, bearer: bool) -> None:
    """A token made for another origin's page must not open this one.

    Clerk names no party in what its backend makes (Bearer), nor in many a cookie that it mints on a document navigation.
    """
    party = claims.get("azp")
    if party in (None, ""):
        if ("bearer" if bearer else "cookie") in rules.allow_missing_azp:
            return
        raise Unauthenticated("authorized_party_missing")
    if not isinstance(party, str) or party not in rules.authorized_parties:
        raise Unauthenticated("authorized_party")


def _organization(claims: Mapping[str, Any]) -> tuple[Any, str | None, str | None]:
    """Id, role and slug of the active organization. A custom claim of an old name must not stand in for a missing one."""
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
    """Who acts as this user: RFC 8693 section 4.1."""
    actor = claims.get("act")
    if actor is None:
        return None
    subject = _text(actor.get("sub")) if isinstance(actor, dict) else None
    if not subject:
        raise Unauthenticated("actor")
    return subject[:255]


def _text(value: object) -> str | None:
    """A text that can be shown; JSON can hold what UTF-8 cannot."""
    return value if isinstance(value, str) and value.isprintable() else None


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and len(value) <= 255 and pattern.fullmatch(value) is not None
