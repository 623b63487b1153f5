"""A token that was verified opens the log again without arithmetic, for exactly as long as it would with it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

import reader.auth.token_cache
from reader.auth import clerk, signed_token
from reader.auth.clerk import Forbidden, TokenRules
from reader.auth.jwks import KeysUnavailable, StaticKey
from reader.auth.signed_token import LEEWAY_SECONDS, Unauthenticated
from reader.auth.token_cache import TokenCache
from sandbox.services.issuer import LIFETIME, Issuer, Person

ORIGIN = "https://app.example.com"
DANA = Person("Dana", "user_2dana", "org_2first", "first", "admin")
MEMBER = Person("Mo", "user_2mo", "org_2first", "first", "member")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer((DANA,), ORIGIN)
    yield running
    running.close()


class Site:
    """Sessions with a clock, keys that can be taken away, and a count of the verifications."""

    def __init__(self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.verifications = time.time(), 0
        self.key: Any = StaticKey(issuer.pem).find(None)
        self.tokens = TokenCache(TokenRules(issuer.url, frozenset({ORIGIN}), frozenset({"bearer"})), lambda: self.now)
        real = clerk.verify_token

        def heard(*arguments: Any, **named: Any) -> Any:
            self.verifications += 1
            return real(*arguments, **named)

        monkeypatch.setattr(reader.auth.token_cache, "verify_token", heard)

    def find(self, _key_id: str | None) -> Any:
        """The key, unless there are none."""
        if self.key is KeysUnavailable:
            raise KeysUnavailable
        return self.key

    def workspace(self, token: str, *, bearer: bool = True) -> str:
        """Which workspace a token opens."""
        return self.tokens.verified(token, self, bearer=bearer).viewer.workspace_id


@pytest.fixture
def site(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(issuer, monkeypatch)


def test_the_same_token_is_verified_once(site: Site, issuer: Issuer) -> None:
    """And another token, or the same in another place, by itself."""
    token, other = issuer.token(DANA), issuer.token(DANA, o={"id": "org_2second", "rol": "admin", "slg": "second"})

    assert [site.workspace(token) for _ in range(3)] == ["org_2first"] * 3
    assert site.verifications == 1
    assert site.workspace(other) == "org_2second"
    assert site.workspace(token, bearer=False) == "org_2first"
    assert site.verifications == 3


def test_a_token_ends_when_it_would_have_ended(site: Site, issuer: Issuer) -> None:
    """Outside its own times it is verified again, whichever way the clock went."""
    token = issuer.token(DANA)
    issued = site.now
    for now, verifications in (
        (issued, 1),
        (issued + LIFETIME + LEEWAY_SECONDS - 2, 1),
        (issued + LIFETIME + LEEWAY_SECONDS + 2, 2),
        (issued - LEEWAY_SECONDS - 2, 3),
    ):
        site.now = now
        site.workspace(token)
        assert site.verifications == verifications


def test_a_token_that_has_run_out_is_refused(site: Site, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was verified while it was good says nothing once it is over."""
    seconds = int(time.time())
    with monkeypatch.context() as lenient:
        lenient.setattr(signed_token, "LEEWAY_SECONDS", 100)
        token = issuer.token(DANA, exp=seconds - 90)
        site.workspace(token)
        site.now = seconds + 9
        site.workspace(token)
        assert site.verifications == 1
    site.now = seconds + 11

    with pytest.raises(Unauthenticated, match="expired"):
        site.workspace(token)


def test_a_withdrawn_key_ends_what_it_had_verified(site: Site, issuer: Issuer) -> None:
    """A key that is gone, that is another under the same id, or that cannot be had: each counts at once."""
    token = issuer.token(DANA)
    site.workspace(token)
    good = site.key
    stranger = Issuer((DANA,), ORIGIN)
    another = StaticKey(stranger.pem)
    stranger.close()
    for key, problem in (
        (None, Unauthenticated),
        (another.find(None), Unauthenticated),
        (KeysUnavailable, KeysUnavailable),
    ):
        site.key = key
        with pytest.raises(problem):
            site.workspace(token)
    site.key = good

    assert site.workspace(token) == "org_2first"


def test_a_refusal_is_never_remembered(site: Site, issuer: Issuer) -> None:
    """A member's token, a forged and a cut one are judged each time, also beside a good one."""
    good = issuer.token(DANA)
    site.workspace(good)
    for token, problem in ((issuer.token(MEMBER), Forbidden), (good[:-4], Unauthenticated), ("x", Unauthenticated)):
        before = site.verifications
        for _ in range(2):
            with pytest.raises(problem):
                site.workspace(token)
        assert site.verifications == before + 2


def test_no_more_than_so_many_are_remembered(site: Site, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tokens come, memory is bounded."""
    monkeypatch.setattr(reader.auth.token_cache, "MAX_TOKENS", 3)
    tokens = [issuer.token(DANA) for _ in range(8)]
    for token in tokens:
        site.workspace(token)
        assert len(site.tokens._verified) <= 3

    assert site.workspace(tokens[-1]) == "org_2first"
    assert site.verifications == 8


def test_one_too_many_costs_the_oldest_alone(site: Site, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy site nobody else's request pays for it; a token that was verified again is not the oldest."""
    monkeypatch.setattr(reader.auth.token_cache, "MAX_TOKENS", 3)
    first, second, third, fourth = (issuer.token(DANA) for _ in range(4))
    for token in (first, second, third):
        site.workspace(token)
    key, site.key = site.key, StaticKey(issuer.pem).find(None)
    site.workspace(first)
    site.key = key
    before = site.verifications
    site.workspace(fourth)

    for token in (third, fourth):
        site.workspace(token)
    assert site.verifications == before + 1
    site.workspace(second)
    assert site.verifications == before + 2


def test_what_is_refused_costs_no_one_a_place(site: Site, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can send tokens that are none: they take nothing from those who are signed in."""
    monkeypatch.setattr(reader.auth.token_cache, "MAX_TOKENS", 3)
    tokens = [issuer.token(DANA) for _ in range(3)]
    for token in tokens:
        site.workspace(token)
    before = site.verifications
    with pytest.raises(Unauthenticated):
        site.workspace("x")

    for token in tokens:
        site.workspace(token)
    assert site.verifications == before + 1
