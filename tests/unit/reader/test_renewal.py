"""Who is sent for a new token, and where to: by what was refused and what the browser's cookies say."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.auth.clerk import REASONS
from reader.auth.navigation import MAX_URL, is_navigation, own_url, with_parameter
from reader.auth.renewal import RENEWABLE, UNUSABLE, InvalidSession, handshake_url, redirects_cookie, renewal_reason

FINAL = {
    "authorization_header",
    "audience",
    "authorized_party",
    "subject",
    "pending",
    "version",
    "organization",
    "actor",
}
FORBIDDEN = {"no_active_workspace", "not_admin"}


def reason(refusal: str, *, client_uat: bool = False, suffixed: bool = False) -> str | None:
    return renewal_reason(InvalidSession(reason=refusal, client_uat=client_uat, suffixed=suffixed))


def test_every_refusal_is_decided() -> None:
    """Every reason is classified: a new token helps, there is no token, or it is final."""
    assert set(REASONS) == {*RENEWABLE, *UNUSABLE, "repeated_cookie"} | FINAL | FORBIDDEN


@pytest.mark.parametrize("refusal", REASONS)
def test_what_a_new_token_can_fix_is_sent_for_one(refusal: str) -> None:
    """Always; or where someone is signed in; or never."""
    assert (reason(refusal) is not None) == (refusal in RENEWABLE)
    assert (reason(refusal, client_uat=True) is not None) == (refusal in {*RENEWABLE, *UNUSABLE})
    assert (reason(refusal, suffixed=True) is not None) == (refusal in {*RENEWABLE, "repeated_cookie"})


@given(st.text(max_size=80))
def test_the_way_back_is_one_parameter(back: str) -> None:
    """Whatever the address holds, it changes nothing of where a browser is sent."""
    encoded = back.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for api in ("https://clerk.example.com", "https://app.example.com/__clerk/"):
        url = urlsplit(handshake_url(api, encoded, "session-token-expired", suffixed=True))
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{api.rstrip('/')}/v1/client/handshake"
        query = parse_qs(url.query, keep_blank_values=True)
        assert query["redirect_url"] == [encoded]
        assert query["suffixed_cookies"] == ["true"]
        assert set(query) == {"redirect_url", "__clerk_api_version", "suffixed_cookies", "__clerk_hs_reason"}


def test_the_count_is_kept_from_scripts_and_from_plain_http() -> None:
    url = "https://a.example/audit"
    name, _, rest = redirects_cookie(url, 2, secure=True).partition("=")
    assert re.fullmatch("audit_redirects_[0-9a-f]{8}", name)
    assert rest == "2; Path=/; Max-Age=10; HttpOnly; SameSite=Lax; Secure"
    assert "Secure" not in redirects_cookie(url, 2, secure=False)


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: ("/" + text).encode()),
    st.binary(max_size=60),
    st.sampled_from(["app.example.com", "APP.example.com:8443", "[::1]:80", "evil.example/x", "a@b", "", "a b", "a\\b", "a?b", "a#b"]),
)  # fmt: skip
def test_an_own_address_has_our_origin_or_there_is_none(path: bytes, query: bytes, host: str) -> None:
    """As every parser reads it: nothing of a path or query reaches the origin, and nothing ends a header."""
    url = own_url("https", host, path, query)
    if url is None:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", host.lower(), "")
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(" \"<>'\\") - {"'", "\\"}
    assert url == f"https://{host.lower()}{path.decode()}" + (f"?{query.decode()}" if query else "")


def test_an_address_that_is_too_long_is_not_handed_on() -> None:
    """Clerk's servers have limits as well; whoever asks that much signs in by hand."""
    assert own_url("https", "a.example", b"/audit", b"x" * (MAX_URL - 24)) is not None
    assert own_url("https", "a.example", b"/audit", b"x" * (MAX_URL - 23)) is None


@pytest.mark.parametrize(
    ("headers", "navigates"),
    [
        ({"sec-fetch-dest": "document"}, True), ({"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"}, True), ({"accept": "text/html,*/*"}, True),
        ({"sec-fetch-dest": "document", "sec-fetch-mode": "cors"}, False), ({"sec-fetch-dest": "iframe"}, False), ({"sec-fetch-dest": "empty", "accept": "text/html"}, False),
        ({"accept": "*/*"}, False), ({"accept": "application/json, text/html"}, False), ({}, False), ({"accept": "text/html", "authorization": ""}, False),
    ],
)  # fmt: skip
def test_a_navigation_is_recognized_by_its_headers(headers: dict[str, str], navigates: bool) -> None:
    """Fetch metadata first, Accept where there is none; only what reads, and never with a Bearer token."""
    assert is_navigation("GET", headers) is is_navigation("HEAD", headers) is navigates
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"):
        assert not is_navigation(method, headers)


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("https://a.example/sign-in", "https://a.example/sign-in?redirect_url=https%3A%2F%2Fb.example%2Faudit%3Fx%3D1"),
        ("https://a.example/sign-in?x=&redirect_url=y#top", "https://a.example/sign-in?x=&redirect_url=https%3A%2F%2Fb.example%2Faudit%3Fx%3D1#top"),
    ],
)  # fmt: skip
def test_a_parameter_is_set_once(url: str, there: str) -> None:
    """Others stay as they are."""
    assert with_parameter(url, "redirect_url", "https://b.example/audit?x=1") == there
