"""A handshake counts when the issuer signed it as one; and what it brings is what it says, no more."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from reader.auth.handshake import Handshake, read_handshake
from reader.auth.jwks import StaticKey
from reader.auth.request_cookies import CookieNames, cookie_suffix
from reader.auth.signed_token import Unauthenticated
from sandbox.services.frontend_api import FrontendApi
from sandbox.services.issuer import Person

ORIGIN = "https://audit.example.com"
DANA = Person("Dana", "user_2dana", "org_2first", "first", "admin")
SUFFIX = cookie_suffix("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")


@pytest.fixture(scope="module")
def api() -> Iterator[FrontendApi]:
    running = FrontendApi((DANA,), ORIGIN, SUFFIX)
    yield running
    running.close()


def brought(api: FrontendApi, token: str, suffix: str | None = SUFFIX) -> Handshake:
    names = CookieNames(suffix=suffix)
    return read_handshake(token, StaticKey(api.pem), api.url, names, "audit.example.com", secure=True)


def test_the_suffix_is_made_of_the_key() -> None:
    """By `openssl dgst -sha1 -binary | base64` of the key, its first eight characters."""
    assert SUFFIX == "naoXFJnI"


@pytest.mark.parametrize("suffixed", [False, True])
def test_a_session_that_lives_is_brought(api: FrontendApi, suffixed: bool) -> None:
    """Its token, and the cookies to set; under the instance's names too where these were asked for."""
    client = api.signed_in(DANA)
    returned = brought(api, api.handshake(api.directives(client, ORIGIN, suffixed=suffixed)))

    names = [cookie.name for cookie in returned.cookies if cookie.value]
    own = [f"__client_uat_{SUFFIX}", f"__session_{SUFFIX}"] if suffixed else []
    assert sorted(names) == sorted(["__client_uat", "__session", *own])
    assert returned.session is not None
    assert {cookie.value for cookie in returned.cookies if "session" in cookie.name} == {returned.session}


def test_whoever_is_signed_out_gets_no_session(api: FrontendApi) -> None:
    """The wiping cookies are passed on."""
    returned = brought(api, api.handshake(api.directives(None, ORIGIN, suffixed=False)))
    assert returned.session is None
    assert [(cookie.name, cookie.value) for cookie in returned.cookies] == [
        ("__clerk_handshake", ""), ("__session", ""), ("__client_uat", "0"),
    ]  # fmt: skip


NOW = int(time.time())
FORGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a JWT template's": ({}, {"cat": "cl_B7d4PD222AAA"}),
    "a machine's": ({}, {"cat": "cl_B7d4PD333AAA"}),
    "a category of another type": ({}, {"cat": ["cl_B7d4PD111AAA"]}),
    "an OAuth token": ({}, {"typ": "at+jwt"}),
    "another issuer's": ({"iss": "https://clerk.other.example"}, {}),
    "one that has run out": ({"exp": NOW - 60}, {}),
    "one for others": ({"aud": "x"}, {}),
    "without a list": ({"handshake": None}, {}),
    "a text": ({"handshake": "__session=a; Path=/"}, {}),
    "an object": ({"handshake": {"__session": "a"}}, {}),
    "too many": ({"handshake": ["__session=a"] * 17}, {}),
    "two sessions": ({"handshake": ["__session=a; Path=/", f"__session_{SUFFIX}=b; Path=/"]}, {}),
    "of a key that is not the issuer's": ({}, {"alg": "none"}),
}


@pytest.mark.parametrize(("claims", "headers"), FORGED.values(), ids=FORGED.keys())
def test_what_is_no_handshake_brings_nothing(api: FrontendApi, claims: dict[str, Any], headers: dict[str, Any]) -> None:
    """Though the signature is good, unless the last of them."""
    whole = {"handshake": ["__session=a.b.c; Path=/"], **claims}
    if headers.pop("alg", None):
        other = FrontendApi((), ORIGIN)
        other.key_id = api.key_id
        token = other.handshake(whole["handshake"])
        other.close()
    else:
        token = api.sign(whole, **headers)
    with pytest.raises(Unauthenticated):
        brought(api, token)


@pytest.mark.parametrize("category", ["cl_B7d4PD111AAA", "cl_I7d4PD111III", None])
def test_a_handshake_may_lack_its_category(api: FrontendApi, category: str | None) -> None:
    """Tokens from before the categories were introduced, and instances that leave them out."""
    headers = {} if category is None else {"cat": category}
    assert brought(api, api.sign({"handshake": ["__session=a.b.c; Path=/"]}, **headers)).session == "a.b.c"
