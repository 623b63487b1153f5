"""Hostile requests and hostile entries: each gets the documented answer, and none an error of ours."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest
import structlog
from structlog.testing import capture_logs

import reader.html.pages
from reader.errors import MEDIA_TYPE
from reader.http.byte_limits import MAX_LIST_DIFF
from reader.http.middleware import SECURITY_HEADERS
from reader.query.snapshot import Snapshot
from tests.integration.reader.site import ADMIN, MEMBER, OTHER, Site, Tenant

EVENTS = "/v1/audit-events"
DOCUMENTED = {200, 303, 400, 401, 403, 404, 405, 422, 503}


def status_line(answer: bytes) -> int:
    """The status of a raw answer."""
    match = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", answer)
    assert match is not None, answer[:200]
    return int(match[1])


def send_with_headers(answer: httpx.Response) -> bool:
    """Whether an answer carries all that every answer must."""
    failing = {name for name, value in SECURITY_HEADERS.items() if answer.headers.get(name) != value}
    assert not failing, (answer.status_code, failing)
    assert "server" not in answer.headers
    assert answer.headers["cache-control"] in {"no-store", "public, max-age=31536000, immutable"}
    return True


# --- what is asked for


def q(**parameters: str) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in parameters.items())


LONG_AGO = "1-1-1"
REFUSED = {
    "limit": ("0", "201", "+5", " 5", "5.0", "1_0", "1e2", "0x10", "-1", "٥", "５", "9999999999", "1" * 5000, "NaN", "null"),
    "offset": ("-1", "1.5", "٠", "1" * 10, "2147483648999", " 0", "0 ", "\n0"),
    "action": ("schedule.exploded", "SCHEDULE.LIFECYCLE_CHANGED", "'; DROP TABLE audit_event; --", "%", "<script>", "billing.*"),
    "source": ("web", "MCP", "mcp ", "null"),
    "channel": ("fax", "WEB", "web,mcp", "*"),
    "from": (
        "yesterday", "now", "infinity", "-infinity", "1700000000", "2026-11-22 10:00:00Z", "2026-11-22T10:00:00", "2026-11-22T10:00Z",
        "2026-11-22T10:00:00+00:00 ", "2026-02-30", "2026-13-01", "2026-11-22T25:00:00Z", "2026-11-22T10:00:60Z", "1999-12-31",
        "2000-01-01T00:00:00+01:00", "2101-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "4713-01-01 BC",
        "２０２６-11-22", "2026-11-22T10:00:00+99:99", "+2026-11-22", "2026-11-22T10:00:00." + "9" * 3000,
    ),
    "to": ("tomorrow", "2101-01-01", "2026-11-31", "1999-01-01"),
    "as_of": ("x", "1", "1-2", "0-0-0", "1-5-3", "-1--1--1", "1-1-99999999999999999999", "1-1-9223372036854775807", "1" * 4000),
    "cursor": ("x", "~", "1-1-1~", "1-1-1~1", "1-1-1~9999999999999999999.1", "1-1-1~-999999999999999999.1", "1-1-1~1.1~1.1", "null"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_every_bad_value_is_named(tenant: Tenant, name: str) -> None:
    """422 with a text for the person who wrote it, by page and API; the value itself is not sent back as it came."""
    tenant.put(1)
    for value in REFUSED[name]:
        answer = tenant.get(f"{EVENTS}?{q(**{name: value})}")
        assert answer.status_code == 422, (value, answer.text)
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert [error["parameter"] for error in answer.json()["errors"]] == [name], value
        assert len(answer.text) < 2000
        page = tenant.get(f"/audit?{q(**{name: value})}")
        assert (page.status_code, "<script>" in page.text) == (422, False), value
        assert send_with_headers(answer) and send_with_headers(page)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("from=2026-11-22T10:00:00+00:00", "from"), ("limit=1&limit=1", "limit"), ("from=2026-01-01&from=2026-01-01", "from"),
     ("actor=a&actor=b", "actor"), ("source=mcp&source=mcp", "source"), ("cursor=x&as_of=y", "cursor"), ("cursor=x&offset=1", "cursor"),
     ("workspace_id=org_2", "workspace_id"), ("workspace=org_2", "workspace"), ("o[id]=org_2", "o[id]"), ("Limit=1", "Limit"),
     ("limit[]=1", "limit[]"), ("=1", ""), ("actor=" + "a" * 8000, "actor"), ("facet=" + "x%3A" * 1000, "facet"),
     ("&".join(["facet=a"] * 21), "facet"), ("&".join(["action=member.added"] * 15), "action"), ("actor=%00", "actor"), ("facet=a%00b", "facet"), ("as_of=%00", "as_of"), ("%00=1", "\0"),
     ("actor=%ff", "query"), ("actor=%ed%a0%80", "query"), ("actor=%c0%80", "query"), ("%ff=1", "query"), ("from=2026-01-02&to=2026-01-01", "from"),
     ("from=2026-01-01T00:00:01Z&to=2026-01-01T00:00:00Z", "from"), ("&".join(["facet=a"] * 101), "query"), ("&" * 300, "query")],
)  # fmt: skip
def test_every_bad_query_is_named(tenant: Tenant, query: str, parameter: str) -> None:
    """Unknown, repeated, contradicting, undecodable and too many parameters."""
    answer = tenant.get(f"{EVENTS}?{query}")
    if answer.status_code == 200:
        assert set(query) == {"&"}  # nothing between the signs is nothing
        return
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == parameter
    assert tenant.get(f"/audit?{query}").status_code == 422


@pytest.mark.parametrize(
    "query",
    ["actor=%25", "actor=_", "actor=%27%20OR%20%271%27%3D%271", "facet=%25", "facet=%7Ba%2Cb%7D", "facet=%22%2C%22", "facet=NULL",
     "actor=%F0%9F%98%80", "actor=a%E2%80%AEb", "actor=%5C", "actor=" + "a" * 255, "facet=" + "x%3A" * 127, "offset=999999999",
     "facet=%3A", "facet=a%3A&facet=b%3A&facet=c", "actor=%0D%0ASet-Cookie%3A+a%3Db"],
)  # fmt: skip
def test_a_text_is_only_a_text(tenant: Tenant, query: str) -> None:
    """Wildcards, quotes, braces, emoji and controls match nothing but themselves, and are shown, not obeyed."""
    tenant.put(1)
    answer = tenant.get(f"{EVENTS}?{query}")
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    page = tenant.get(f"/audit?{query}")
    assert page.status_code == 200
    assert "\u202e" not in re.sub('value="[^"]*"', "", page.text)
    assert "set-cookie" not in page.headers
    assert send_with_headers(page)
    answer_page = tenant.get(f"/audit/find?{query}")
    assert answer_page.status_code == 303
    assert answer_page.headers["location"].startswith("/audit?")


def test_an_action_matches_whole(tenant: Tenant) -> None:
    """% and _ of a filter are letters: an actor that has them is found by all of it."""
    tenant.put(1, actor_email="a%b_c@x.example")
    tenant.put(2, actor_email="aXbYc@x.example")
    assert tenant.get(f"{EVENTS}?{q(actor='a%b_c@x.example')}").json()["total"] == 1


def test_a_forged_snapshot_shows_nothing_that_is_foreign(tenant: Tenant) -> None:
    """A snapshot that could be ours narrows what its sender may see anyway, and cannot widen it."""
    own = tenant.put(1)
    tenant.put(2, workspace_id="org_2")
    now = Snapshot.parse(tenant.get(EVENTS).json()["as_of"])
    widest = f"{now.as_of.split('-')[0]}-{now.xmin}-{now.xmax}"
    for forged, ids in (
        (widest, [str(own)]),
        (LONG_AGO, []),
        (f"0-1-{now.xmax}-" + "-".join(map(str, range(1, 900))), None),
    ):
        answer = tenant.get(f"{EVENTS}?as_of={forged}")
        assert answer.status_code in {200, 422}
        if answer.status_code == 200 and ids is not None:
            assert [entry["id"] for entry in answer.json()["data"]] == ids
    assert tenant.get(f"{EVENTS}?cursor={now.as_of}~253402300799000000.999999999999999999").json()["data"][0][
        "id"
    ] == str(own)


# --- paths, methods, hosts and headers


def request(target: bytes, *headers: bytes, method: bytes = b"GET", host: bytes = b"127.0.0.1") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: " + host, b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def bearer(site: Site) -> bytes:
    return b"Authorization: Bearer " + site.issuer.token(ADMIN).encode()


@pytest.mark.parametrize(
    "target",
    [b"//audit", b"//v1/audit-events", b"///", b"/audit//1", b"/v1/audit-events/", b"/v1/audit-events//1", b"/audit/..",
     b"/audit/../v1/audit-events", b"/static/../reader.py", b"/static/..%2f..%2fetc%2fpasswd", b"/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
     b"/static/..%5c..%5cwin.ini", b"/v1/audit-events/1%2f2", b"/v1/audit-events/1%00", b"/audit/%ff",
     b"/audit/%d9%a1", b"/audit/%EF%BC%91", b"/audit/-1", b"/audit/+1", b"/audit/1.0", b"/audit/1e3", b"/audit/0x1", b"/audit/1%0a", b"/audit/%20",
     b"/audit/" + b"9" * 19, b"/audit/" + b"1" * 4000, b"/AUDIT", b"/Audit/1", b"/v1/audit-events;x=1", b"/v1/audit-events/1;x", b"/v1", b"/docs",
     b"/redoc", b"/metrics", b"/openapi.yaml", b"/favicon.ico", b"/.env", b"/.git/config", b"/static/", b"/static", b"/static/audit.css/",
     b"/healthz/", b"/v1/audit-events/find", b"/%61udit/%2e%2e", "/audit/é".encode(), b"/audit/\xff", b"http://evil.example/audit",
     b"http://127.0.0.1/nothing", b"/audit/1/raw", b"/%", b"/%zz", b"/audit/%u0031", b"/v1/audit-events/'or'1'='1"],
)  # fmt: skip
def test_a_path_that_is_none_is_not_found(calm: Site, target: bytes) -> None:
    """No redirect by a Host, no file, nothing decoded twice: the same 404 (or 400 where it is no HTTP)."""
    answer = calm.raw(request(target, bearer(calm)))
    assert status_line(answer) in {404, 400}, answer
    assert b"\r\nlocation:" not in answer.lower()
    if status_line(answer) == 404:
        assert b"content-security-policy: default-src 'none'" in answer.lower()
        assert b"evil" not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "FOO"])
def test_a_method_that_writes_is_not_allowed(calm: Site, method: str) -> None:
    """405 with what is allowed, on every route, whatever is in the body; no CORS answer to a preflight."""
    token = calm.issuer.token(ADMIN)
    for path in (
        "/",
        "/audit",
        "/audit/1",
        "/audit/find",
        "/audit/actors",
        "/audit/json",
        "/audit/checkpoint",
        "/audit/1/json",
        EVENTS,
        f"{EVENTS}/1",
        "/v1/audit-actions",
        "/v1/audit-checkpoint",
        "/openapi.json",
        "/healthz",
    ):
        headers = {
            "Authorization": f"Bearer {token}",
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "GET",
        }
        answer = calm.ask(method, path, headers=headers, content=b"x" * 100_000)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert send_with_headers(answer)


def test_head_says_what_get_says_without_a_body(tenant: Tenant) -> None:
    """The same status and headers, on every route and for every problem."""
    entry_id = tenant.put(1)
    for path in (
        "/",
        "/audit",
        f"/audit/{entry_id}",
        "/audit/0",
        EVENTS,
        f"{EVENTS}?limit=0",
        f"{EVENTS}/{entry_id}",
        "/healthz",
        "/static/audit.css",
    ):
        for person in (ADMIN, MEMBER, None):
            get, head = (
                tenant.site.ask(method, path, headers={"Authorization": f"Bearer {tenant.site.issuer.token(person)}"} if person else {})
                for method in ("GET", "HEAD")
            )  # fmt: skip
            assert (head.status_code, head.content) == (get.status_code, b"")
            ignored = {"date", "content-length"}  # a page holds the time
            assert {n: v for n, v in head.headers.items() if n not in ignored} == {
                n: v for n, v in get.headers.items() if n not in ignored
            }


@pytest.mark.parametrize(
    "host",
    [b"evil.example", b"127.0.0.1.evil.example", b"evil.example:80", b"127.0.0.1@evil.example", b"127.0.0.1/evil", b"127.0.0.1:evil",
     b"127.0.0.1:80:80", b"127.0.0.1:999999", b"[127.0.0.1]", b"127.1", b"2130706433", b"127.0.0.1,evil.example", b"", b"127.0.0.1.",
     b"[::1]evil", b"127.0.0.1:", b"localhost"],
)  # fmt: skip
def test_a_host_that_is_not_named_is_refused(calm: Site, host: bytes) -> None:
    """400, for every route but the probes, also to an admin; and the name is nowhere in the answer."""
    for target in (b"/audit", b"/v1/audit-events", b"/", b"/static/audit.css", b"/nothing"):
        answer = calm.raw(request(target, bearer(calm), host=host))
        assert status_line(answer) == 400
        assert b"evil" not in answer
    assert status_line(calm.raw(request(b"/healthz", host=host or b"x"))) == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [((b"Host: evil.example",), 400), ((b"X-Forwarded-Host: evil.example", b"X-Forwarded-For: 10.0.0.1", b"Forwarded: host=evil.example"), 200),
     ((b"X-Original-URL: /healthz", b"X-Rewrite-URL: /healthz"), 200), ((b"X-HTTP-Method-Override: DELETE",), 200),
     ((b"Upgrade: websocket", b"Connection: Upgrade"), 200),
     ((b"Range: bytes=0-10",), 200), ((b"If-None-Match: *", b"If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT"), 200),
     ((b"Accept: text/html;q=0, application/xml",), 200), ((b"Cookie: " + b"a=b; " * 2000,), 200), ((b"X: " + b"a" * 200_000,), 400),
     ((b"Cookie: \xff\xfe=\x80",), 200), ((b"Expect: 100-continue", b"Content-Length: 0"), 200), ((b"Accept-Encoding: " + b"gzip," * 500,), 200)],
)  # fmt: skip
def test_other_headers_change_nothing(calm: Site, headers: tuple[bytes, ...], status: int) -> None:
    """Nothing that a proxy or a client adds changes what is answered or to whom; what is no HTTP is refused."""
    answer = calm.raw(request(b"/v1/audit-events", bearer(calm), *headers))
    assert status_line(answer) == status
    assert b"evil" not in answer
    assert status_line(calm.raw(request(b"/v1/audit-events", *headers))) == (status if status == 400 else 401)


def test_an_encoded_slash_is_a_slash(calm: Site) -> None:
    """And is decoded once: who may read decides, not how an address is written."""
    for path in ("/audit%2f1", "/v1%2faudit-events", "/%61udit"):
        assert [calm.get(path, person).status_code for person in (ADMIN, MEMBER, None)] == [200, 403, 401]
    assert calm.get("/audit%252f1").status_code == 404


def test_a_head_that_is_too_long_is_refused(calm: Site) -> None:
    """A header of 200 kB is not read to its end."""
    answer = calm.raw(request(b"/v1/audit-events", bearer(calm), b"X: " + b"a" * 200_000))
    assert not answer or status_line(answer) == 400
    assert calm.get("/healthz", None).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\0",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nA:\0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_leaves_nothing(calm: Site, sent: bytes) -> None:
    """The server goes on."""
    answer = calm.raw(sent, whole=False)
    assert not answer or status_line(answer) == 400
    assert calm.get("/healthz", None).status_code == 200


# --- tokens, over HTTP


def test_a_token_is_found_in_its_place_alone(calm: Site) -> None:
    """Not in the query, another header or another cookie, not within other text, and not beyond 8 KiB."""
    token = calm.issuer.token(ADMIN)
    for headers in (
        [("X-Authorization", f"Bearer {token}")], [("Proxy-Authorization", f"Bearer {token}")], [("Authorization", token)],
        [("Authorization", f"Token {token}")], [("Authorization", f"Bearer {token},Bearer {token}")], [("Authorization", f"Bearer\t{token}")],
        [("Authorization", f"Bearer {token} x")], [("Authorization", f"Bearer {token}é".encode())], [("Cookie", f"__client={token}")],
        [("Cookie", f'__session="{token}"')], [("Cookie", f"__session={token}; x; __session=")], [("Cookie", f"__session%3D{token}")],
        [("Cookie", f"__session={token},__session={token}")], [("Authorization", "Bearer " + calm.issuer.token(ADMIN, pad="x" * 8192))],
    ):  # fmt: skip
        answer = calm.ask("GET", EVENTS, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, MEDIA_TYPE), headers
        assert answer.headers["www-authenticate"].startswith('Bearer realm="audit"')
        assert send_with_headers(answer)
    assert calm.ask("GET", f"{EVENTS}?token={token}").status_code == 401


def test_one_answer_for_every_bad_token(calm: Site) -> None:
    """Whatever is wrong with a token, a client learns nothing of it."""
    tokens = [
        "x", "a.b.c", calm.issuer.token(ADMIN, exp=1), calm.issuer.token(ADMIN, iss="https://evil.example"),
        calm.issuer.token(ADMIN, azp="https://evil.example"), calm.issuer.token(ADMIN, sts="pending"), calm.issuer.token(ADMIN, aud="x"),
        calm.issuer.sign({"sub": "user_2x"}, kid="other"), calm.issuer.token(ADMIN)[:-4] + "AAAA",
    ]  # fmt: skip
    answers = [calm.ask("GET", EVENTS, headers={"Authorization": f"Bearer {token}"}) for token in tokens]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_claims_that_cannot_be_shown_are_harmless(tenant: Tenant) -> None:
    """What JSON can hold and UTF-8 cannot, in a claim that is shown: the page is answered without it."""
    bad = "a\ud800b"
    for path in ("/audit", "/", EVENTS):
        for organization in (
            {"id": tenant.workspace_id, "rol": "admin", "slg": bad},
            {"id": tenant.workspace_id, "rol": "admin", "slg": "<script>"},
        ):
            token = tenant.site.issuer.token(tenant.admin, o=organization)
            answer = tenant.site.ask("GET", path, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, "<script>" in answer.text) == (200, False)
        token = tenant.site.issuer.token(tenant.admin, act={"sub": bad})
        assert tenant.site.ask("GET", path, headers={"Authorization": f"Bearer {token}"}).status_code == 401


# --- what is stored


def nested(levels: int) -> str:
    return '{"a":[' * (levels // 2) + '"end"' + "]}" * (levels // 2)


STORED = {
    "markup": '"<script>alert(1)</script><img src=x onerror=alert(1)>\\u003csvg/onload=1> {{7*7}} {% raw %} ]]> <!--"',
    "attributes": '"\\" onmouseover=\\"alert(1)\\" x=\'"',
    "bidi": '"\\u202egnp.exe\\u202c \\u2066x\\u2069 \\u061c \\u200e\\u200f"',
    "zero width": '"a\\u200bb\\u200c\\u200d\\ufeff\\u2060"',
    "controls": '"\\u0007\\u001b[31m\\u007f\\u0085\\u2028\\u2029"',
    "numbers": "[1.10,9223372036854775808,12345678901234567890.5,1e400,-0.0,1E5]",
    "200 levels": nested(200),
    "5000 levels": nested(5000),
    "5 MB": json.dumps("x" * 5_000_000),
    "5 MB of markup": json.dumps("<" * 2_500_000),
    "many keys": json.dumps({f"k{number}": number for number in range(20_000)}),
    "words": '["null",null,"",0,"0",false,"false",[],{}]',
}
UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
def test_a_stored_value_is_shown_and_never_obeyed(tenant: Tenant, stored: str) -> None:
    """By every route: the API gives the stored bytes, the page no markup and no character that cannot be seen."""
    diff = f'{{"changes":{{"/x":{{"after":{stored},"before":null}}}}}}'
    entry_id = tenant.put(1, diff=diff)
    for path in (EVENTS, f"{EVENTS}/{entry_id}"):
        answer = tenant.get(path)
        assert answer.status_code == 200
        listed_without = path == EVENTS and len(diff.encode()) > MAX_LIST_DIFF
        assert (f'"diff":{diff}' in answer.text) is not listed_without
        assert send_with_headers(answer)
    for path in ("/audit", f"/audit/{entry_id}"):
        page = tenant.get(path)
        assert page.status_code == 200, page.text[-300:]
        for tag in ("<script>", "<img", "<svg/", 'onmouseover="'):
            assert tag not in page.text
        assert UNSEEN.search(page.text) is None
        assert send_with_headers(page)


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff\\ud800"])
def test_what_is_no_text_cannot_be_stored(put: Callable[..., int], escape: str) -> None:
    """The table itself keeps out what JSON could escape and no page could show; the consumer has replaced it by then."""
    with pytest.raises(psycopg.DataError):
        put(1, diff=f'{{"changes":{{"/x":{{"after":"{escape}"}}}}}}')


def test_numbers_are_shown_digit_by_digit(tenant: Tenant) -> None:
    """1.10 is not 1.1, and 2^63 keeps its end."""
    entry_id = tenant.put(1, diff=f'{{"changes":{{"/x":{{"after":{STORED["numbers"]}}}}}}}')
    page = tenant.get(f"/audit/{entry_id}").text
    for number in ("1.10", "9223372036854775808", "12345678901234567890.5", "1e400", "-0.0", "1E5"):
        assert number in page


HOSTILE = "<script>alert(1)</script>\"'><img src=x>\u202egnp.exe\u2066\u200b\x07{{1153*1160+49}}"


@pytest.mark.parametrize("column", ["label", "actor_email", "actor_id", "event_id", "facets"])
def test_every_text_of_an_entry_is_only_text(tenant: Tenant, column: str) -> None:
    """Whatever column it is in."""
    entry_id = tenant.put(1, **{column: [HOSTILE, "operation:" + HOSTILE] if column == "facets" else HOSTILE})
    assert tenant.get(f"{EVENTS}/{entry_id}").status_code == 200
    for path in ("/audit", f"/audit/{entry_id}"):
        page = tenant.get(path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert UNSEEN.search(page.text) is None
        # What a template would have made of the braces is in no page.
        assert "1337529" not in page.text


def test_an_action_that_this_program_does_not_know_is_shown(tenant: Tenant) -> None:
    """A newer consumer may have written it."""
    entry_id = tenant.put(1, action="quantum.entangled", facets=[])
    assert tenant.get(f"{EVENTS}/{entry_id}").json()["label"] == "quantum.entangled"
    for path in ("/audit", f"/audit/{entry_id}"):
        assert "quantum.entangled" in tenant.get(path).text


# --- errors of ours, and what is logged


def test_our_own_bug_reveals_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 is guarded like every answer and has none of the exception's words, which are in the log."""

    def breaks(*_: Any) -> None:
        raise ZeroDivisionError("secret dsn postgres://u:sesame@db")

    for name in ("page", "page_at_once", "entry"):
        monkeypatch.setattr(tenant.site.listings, name, breaks)
    with capture_logs() as logged:
        for path in (EVENTS, f"{EVENTS}/1", "/audit", "/audit/1"):
            answer = tenant.get(path)
            assert answer.status_code == 500
            assert send_with_headers(answer)
            for word in ("sesame", "ZeroDivision", "Traceback", "postgres", ".py"):
                assert word not in answer.text
            is_api = path.startswith("/v1")
            assert answer.headers["content-type"].startswith(MEDIA_TYPE if is_api else "text/html")
        monkeypatch.setattr(reader.html.pages, "render_problem", breaks)  # and the page that says so breaks too
        assert tenant.get("/audit").status_code == 500
    failed = [line for line in logged if line["event"] == "request_failed"]
    assert [(line["path"], line["exc_info"]) for line in failed[:2]] == [(EVENTS, True), (f"{EVENTS}/1", True)]
    assert len(failed) == 5


def test_what_is_logged(tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, where, how long, and why someone was refused; never a token, a cookie or what a query says."""
    structlog.reset_defaults()  # a program that ran in this process before has set up logs for its own standard error
    tenant.put(1)
    token = tenant.site.issuer.token(tenant.admin)
    tenant.site.ask("GET", f"/audit?{q(actor='dana@x.example')}", headers={"Cookie": f"__session={token}"})
    tenant.get(f"{EVENTS}?{q(actor='dana@x.example', limit='0')}")
    tenant.get(f"{EVENTS}?{q(actor='dana@x.example')}", MEMBER)
    tenant.site.ask("GET", EVENTS, headers={"Authorization": f"Bearer {token[:-5]}"})
    tenant.get(f"/audit/find?{q(actor='dana@x.example')}")
    said = capsys.readouterr().out
    for part in (token[:40], token[-40:], "dana@x.example", "x.example", "__session", "Bearer", "actor="):
        assert part not in said
    for part in (
        ADMIN.user_id,
        MEMBER.user_id,
        tenant.workspace_id,
        "not_admin",
        "refused",
        "/v1/audit-events",
        "status=422",
    ):
        assert part in said


def test_foreign_and_missing_are_the_same_bytes(tenant: Tenant) -> None:
    """Another workspace's id, one that does not exist, and one far too large: status, headers and body are equal."""
    foreign = tenant.put(1, workspace_id="org_2")
    for prefix in ("/audit/", f"{EVENTS}/"):
        seen = set()
        for name in (foreign, foreign + 1000, 10**17, "9" * 30):
            answer = tenant.get(f"{prefix}{name}")
            seen.add(
                (answer.status_code, answer.content, tuple((n, v) for n, v in answer.headers.items() if n != "date"))
            )
        assert len(seen) == 1
        assert next(iter(seen))[0] == 404
        assert tenant.get(f"{prefix}{foreign}", OTHER).status_code == 200
