"""A request's tokens are verified once, in whichever turn that is; what is wrong with them is said where the viewer is asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

import reader.auth.token_cache
from reader.auth import clerk
from reader.auth.access import Authenticator
from reader.auth.clerk import Forbidden, TokenRules
from reader.auth.jwks import FetchNeeded, KeysUnavailable
from reader.auth.renewal import RenewalRules
from reader.auth.request_cookies import CookieNames
from reader.auth.signed_token import Unauthenticated
from sandbox.services.issuer import Issuer, Person

ORIGIN = "https://app.example.com"
DANA = Person("Dana", "user_2dana", "org_2first", "first", "admin")
MEMBER = DANA._replace(user_id="user_2mo", role="member")


class Keys:
    """The issuer's keys, unless there are `none`, or are `held` only after a wait."""

    def __init__(self, issuer: Issuer) -> None:
        self.none, self.held = False, True
        self._key = reader.auth.jwks.StaticKey(issuer.pem).find(None)

    def find(self, _key_id: str | None) -> Any:
        """The key."""
        if self.none:
            raise KeysUnavailable
        return self._key

    def find_held(self, key_id: str | None) -> Any:
        """The key."""
        if not self.held:
            raise FetchNeeded
        return self.find(key_id)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer((DANA,), ORIGIN)
    yield issuer
    issuer.close()


@pytest.fixture
def keys(issuer: Issuer) -> Keys:
    return Keys(issuer)


@pytest.fixture
def counted() -> list[tuple[str, str]]:
    """What was counted of tokens without azp."""
    return []


@pytest.fixture
def access(issuer: Issuer, keys: Keys, counted: list[tuple[str, str]]) -> Authenticator:
    rules = TokenRules(issuer.url, frozenset({ORIGIN}), frozenset({"bearer"}))
    renewal = RenewalRules(frontend_api=None, sign_in_url=None, names=CookieNames(suffix=None), scheme="https")
    return Authenticator(keys, rules, renewal, lambda *which: counted.append(which))


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were looked at."""
    real, tokens = clerk.verify_token, list[str]()

    def heard(token: str, *more: Any, **named: Any) -> Any:
        tokens.append(token)
        return real(token, *more, **named)

    monkeypatch.setattr(reader.auth.token_cache, "verify_token", heard)
    return tokens


def request(*headers: tuple[str, str]) -> Request:
    """A request with these headers."""
    return Request(
        {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers], "state": {}}
    )


def bearer(token: str) -> Request:
    """A request with a token in its header."""
    return request(("authorization", f"Bearer {token}"))


def test_a_new_token_is_verified_once(
    access: Authenticator, issuer: Issuer, verified: list[str], counted: list[tuple[str, str]]
) -> None:
    """For its workspace's turn; a token without azp is counted once for each request."""
    token = issuer.token(DANA, azp=None)
    first, second = bearer(token), bearer(token)

    for asked in (first, second):
        assert access.judge(asked, may_wait=False)
        assert access.slot_owner(asked) == DANA.workspace_id
        assert access.viewer(asked).user_id == DANA.user_id
    assert verified == [token]
    assert counted == [("bearer", "accepted")] * 2


@pytest.mark.parametrize("kind", ["forbidden", "bad", "no keys"])
def test_a_refused_token_is_verified_once(
    access: Authenticator, issuer: Issuer, keys: Keys, verified: list[str], kind: str
) -> None:
    """Whoever asks for the viewer learns why, and only a person has a turn; the next request is verified anew."""
    token = issuer.token(MEMBER if kind == "forbidden" else DANA) + ("x" if kind == "bad" else "")
    keys.none = kind == "no keys"
    first, refusal = bearer(token), {"forbidden": Forbidden, "bad": Unauthenticated, "no keys": KeysUnavailable}[kind]

    assert access.judge(first, may_wait=False)
    for _ in range(2):
        with pytest.raises(refusal):
            access.viewer(first)
    if kind == "forbidden":
        assert access.slot_owner(first) == MEMBER.user_id
    else:
        with pytest.raises(refusal):
            access.slot_owner(first)
    assert verified == [token]
    access.judge(bearer(token))
    assert verified == [token] * 2


def test_only_a_key_that_is_not_held_is_waited_for(access: Authenticator, issuer: Issuer, keys: Keys) -> None:
    """Nothing is known of the request until then; what is wrong without any key is said at once."""
    keys.held = False
    asked, bad = bearer(issuer.token(DANA)), bearer("x.y.z")

    assert not access.judge(asked, may_wait=False)
    assert access.judge(asked)
    assert access.viewer(asked).user_id == DANA.user_id
    assert access.judge(bad, may_wait=False)
    with pytest.raises(Unauthenticated):
        access.slot_owner(bad)


def test_without_a_token_there_is_nothing_to_verify(access: Authenticator, verified: list[str]) -> None:
    """A header of another kind or none is refused at once, without a turn."""
    for asked in (request(), request(("authorization", "Basic x")), request(("cookie", "other=1"))):
        assert access.judge(asked, may_wait=False)
        with pytest.raises(Unauthenticated):
            access.slot_owner(asked)
    assert verified == []
