"""Of what a handshake brings only Clerk's own cookies reach a browser, for this host, and written by us."""

from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.auth.request_cookies import CookieNames
from reader.auth.set_cookie import SetCookie, accepted

NAMES = CookieNames(suffix="abc-D_12")
HOST = "audit.example.com"
PAST = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def header(directive: object, *, secure: bool = True, names: CookieNames = NAMES) -> str | None:
    cookie = accepted(directive, names, HOST, secure=secure)
    return None if cookie is None else cookie.header


@pytest.mark.parametrize(
    ("directive", "sent"),
    [
        (f"__client_uat=; Path=/; {PAST}", f"__client_uat=; Path=/; {PAST}; Secure"),
        (f"__clerk_handshake=; Path=/; Domain=example.com; {PAST}", f"__clerk_handshake=; Path=/; Domain=example.com; {PAST}; Secure"),
        (
            "__client_uat=1706822359; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax",
            "__client_uat=1706822359; Path=/; Domain=example.com; Max-Age=315360000; SameSite=Lax; Secure",
        ),
        ("__session=a.b.c; Path=/; Expires=Wed, 05 Feb 2025 09:08:53 GMT; Secure", "__session=a.b.c; Path=/; Expires=Wed, 05 Feb 2025 09:08:53 GMT; Secure"),
        ("__session_abc-D_12=a.b.c;path=/", "__session_abc-D_12=a.b.c; Path=/; Secure"),
        ("__refresh_abc-D_12=x; path=/; HttpOnly; samesite=strict", "__refresh_abc-D_12=x; Path=/; HttpOnly; SameSite=Strict; Secure"),
        ("__session=", "__session=; Path=/; Secure"),
        ("__session=a; Priority=High; HttpOnly", "__session=a; Path=/; HttpOnly; Secure"),
        ("__session=a; Path=/; X-New; Y=z=1", "__session=a; Path=/; Secure"),
        ("__client_uat=1; Domain=.audit.EXAMPLE.com", "__client_uat=1; Path=/; Domain=audit.example.com; Secure"),
    ],
)  # fmt: skip
def test_what_clerk_sets_is_set(directive: str, sent: str) -> None:
    """The example of Clerk's documents, and the instance's own names; always Secure, HttpOnly as Clerk says, nothing that is new."""
    assert header(directive) == sent


@pytest.mark.parametrize(
    "directive",
    [
        "foo=bar; Path=/", "__session_other123=a.b.c; Path=/", "__sessions=a", "audit_redirects_0a1b2c3d=0; Path=/", "__client=x; Path=/", "__clerk_db_jwt=x",
        "__clerk_handshake=a.b.c; Path=/", "__session=a b", "__session=a,b", '__session="a"', "__session=a\r\nSet-Cookie: x=y", "__session=a\x00", "__session=é",
        "__session=a\n; Path=/", "__session=a; Path=/\r\nX: y", "__session=a; Path=/audit", "__session=a; Domain=example.com", "__session=a; Domain=audit.example.com",
        "__client_uat=1; Domain=evil.example", "__client_uat=1; Domain=dit.example.com", "__client_uat=1; Domain=com", "__client_uat=1; Domain=x.audit.example.com",
        "__client_uat=1; Domain=", "__session=a; SameSite=Whatever", "__session=a; Expires=tomorrow", "__session=a; Max-Age=1e9",
        "__session=a; Secure=no", "__session=a; Path =/audit", "__session=a; X\r\nSet-Cookie: x=y", "__session=a; X=\x00", "__session=a; Priority=é", "__session", "", ";", "=a", "__session =a", "\t__session=a", "__session=" + "a" * 4096, None, 1, [], {}, True,
    ],
    ids=lambda text: str(text)[:30],
)  # fmt: skip
def test_what_is_not_listed_is_dropped(directive: object) -> None:
    """Another name, value or type, another host, and whatever could end a header: no cookie at all."""
    assert header(directive) is None


def test_without_a_publishable_key_the_plain_names_alone_are_set() -> None:
    """A suffix that we do not know is not ours."""
    assert header("__session_abc-D_12=a; Path=/", names=CookieNames(suffix=None)) is None
    assert header("__session=a; Path=/", names=CookieNames(suffix=None)) == "__session=a; Path=/; Secure"


def test_secure_is_left_out_on_plain_http_alone() -> None:
    """The demo's page is not https, and a browser would drop its cookies."""
    assert header("__session=a; Path=/; Secure", secure=False) == "__session=a; Path=/"


PIECES = st.sampled_from(
    ["__session", "__client_uat", "=", ";", " ", "a.b.c", "Path=/", "Domain=example.com", "Secure", "\r\n", "\x00", ",", "Max-Age=0", "HttpOnly", "é"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60))
def test_whatever_is_sent_is_one_header_of_one_listed_cookie(directive: str) -> None:
    """No directive becomes two headers, or a cookie that another parser reads as something else."""
    cookie = accepted(directive, NAMES, HOST, secure=True)
    if cookie is None:
        return
    assert isinstance(cookie, SetCookie)
    assert cookie.header.isascii()
    assert cookie.header.isprintable()
    [(name, morsel)] = SimpleCookie(cookie.header).items()
    assert (name, morsel.value) == (cookie.name, cookie.value)
    assert name.startswith(("__session", "__client_uat", "__refresh", "__clerk_handshake"))
    assert (morsel["path"], morsel["secure"]) == ("/", True)
