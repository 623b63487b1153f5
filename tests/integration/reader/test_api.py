"""The routes of SPEC 6 over real HTTP: who is let in, what is answered, and what every response carries."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.services.issuer import Person
from tests.integration.reader.entries import BEGAN, WORKSPACE
from tests.integration.reader.site import ADMIN, MEMBER, NOBODY, OTHER, Site

EVERYWHERE = (
    "/audit",
    "/audit/1",
    "/audit/find",
    "/audit/actors",
    "/audit/json",
    "/audit/checkpoint",
    "/audit/1/json",
    "/v1/audit-events",
    "/v1/audit-events/1",
    "/v1/audit-actions",
    "/v1/audit-checkpoint",
)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_who_is_let_in(calm: Site, path: str) -> None:
    """Without a session 401, without the role 403, whatever else is asked; and nothing of the log in either answer."""
    garbage = f"{path}?limit=0&foo=%ff"
    for asked in (path, garbage):
        assert calm.get(asked, None).status_code == 401
        assert calm.get(asked, ADMIN, Authorization="Bearer x").status_code == 401
        for person in (MEMBER, NOBODY):
            refused = calm.get(asked, person)
            assert refused.status_code == 403
            assert 'href="/audit' not in refused.text
            assert WORKSPACE not in refused.text


def test_a_header_that_is_wrong_is_not_made_good_by_a_cookie(calm: Site) -> None:
    """One Authorization header, one session cookie of exactly that name; a second of either is no session."""
    token = calm.issuer.token(ADMIN)
    good = ("Authorization", f"Bearer {token}")
    cookie = ("Cookie", f"a=b; __session={token}")
    for headers, status in (
        ([good], 200),
        ([cookie], 200),
        ([("Authorization", f"bearer  {token}")], 200),
        ([good, good], 401),
        ([("Authorization", "Basic x"), cookie], 401),
        ([("Authorization", ""), cookie], 401),
        ([("Cookie", f"__session={token}; __session={token}")], 401),
        ([cookie, cookie], 401),
        ([("Cookie", f"__session_evil={token}")], 401),
        ([("Cookie", f"__Session={token}")], 401),
    ):
        assert calm.ask("GET", "/v1/audit-events", headers=headers).status_code == status, headers
    assert calm.ask("GET", f"/v1/audit-events?__session={token}").status_code == 401


def test_a_page_of_entries(site: Site, put: Callable[..., int]) -> None:
    """The answer has the keys of SPEC 6, and the diff byte for byte as it is stored."""
    diff = '{"changes":{"/preferences/ratio":{"after":1.10,"before":12345678901234567890}}}'
    entry_id = put(1, diff=diff)
    put(2, workspace_id="org_2")
    answer = site.get("/v1/audit-events")
    page = answer.json()

    assert answer.headers["content-type"] == "application/json"
    assert f'"diff":{diff},' in answer.text
    assert {name: page[name] for name in ("total", "limit", "offset", "next_cursor", "complete_through", "sealed_through")} == {
        "total": 1, "limit": 50, "offset": 0, "next_cursor": None, "complete_through": None, "sealed_through": None,
    }  # fmt: skip
    (entry,) = page["data"]
    assert list(entry) == [
        "id", "workspace_id", "action", "label", "summary", "facets", "actor", "subject", "occurred_at", "recorded_at", "channel",
        "source", "diff", "event",
    ]  # fmt: skip
    assert (entry["id"], entry["occurred_at"]) == (str(entry_id), "2026-11-01T00:01:00.000000Z")
    assert site.get(f"/v1/audit-events/{entry_id}").json() == entry


def test_the_links_of_the_page_have_what_the_api_has(site: Site, put: Callable[..., int]) -> None:
    """The same bytes under addresses of the page, where a session can be renewed."""
    entry_id = put(1)
    put(2)
    as_of = site.get("/v1/audit-events").json()["as_of"]
    for path, link in (
        (f"/v1/audit-events?limit=1&as_of={as_of}", f"/audit/json?limit=1&as_of={as_of}"),
        (f"/v1/audit-events/{entry_id}", f"/audit/{entry_id}/json"),
        ("/v1/audit-checkpoint", "/audit/checkpoint"),
        ("/v1/audit-events?limit=0", "/audit/json?limit=0"),
        ("/v1/audit-events/999999", "/audit/999999/json"),
    ):
        answers = [site.get(url) for url in (path, link)]
        assert len({(answer.status_code, answer.headers["content-type"], answer.content) for answer in answers}) == 1


def test_a_foreign_id_is_no_id(site: Site, put: Callable[..., int]) -> None:
    """Another workspace's entry, one that does not exist and a text that is no id have the same answer."""
    foreign = put(1, workspace_id="org_2")

    for path in ("/v1/audit-events/", "/audit/"):
        answers = [site.get(f"{path}{name}") for name in (foreign, 10**17, 10**30, "x", "1%00", "%ff", "١")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    assert site.get(f"/v1/audit-events/{foreign}", OTHER).status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("foo=1", "foo"), ("limit=0", "limit"), ("limit=201", "limit"), ("limit=1&limit=2", "limit"), ("offset=-1", "offset"),
     ("offset=1234567890", "offset"), ("offset=%D9%A1", "offset"), ("action=schedule.exploded", "action"), ("source=web", "source"),
     ("channel=fax", "channel"), ("from=yesterday", "from"), ("from=1999-12-31", "from"), ("to=2101-01-01", "to"),
     ("from=2026-02-30", "from"), ("from=2026-01-01T00:00:00", "from"), ("from=2026-01-02&to=2026-01-01", "from"),
     (f"actor={'a' * 256}", "actor"), (f"subject={'%C3%A9' * 128}", "subject"), (f"facet={'f' * 256}", "facet"),
     ("last=2d", "last"), ("last=24h&from=2026-01-01", "last"), ("last=7d&to=2026-01-01", "last"), ("subject=a&subject=b", "subject"),
     ("actor=a%00b", "actor"), ("actor=%ff", "query"), ("as_of=x", "as_of"), ("cursor=x", "cursor"), ("cursor=x&offset=1", "cursor")],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(calm: Site, query: str, parameter: str) -> None:
    """422 names the parameter and what is wrong with it, as a problem for programs and in the form for people."""
    answer = calm.get(f"/v1/audit-events?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]
    page = calm.get(f"/audit?{query}")
    assert page.status_code == 422
    assert f"<bdi>{parameter}</bdi>" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/audit-actions",
        "/v1/audit-events/{}",
        "/v1/audit-events/1",
        "/v1/audit-checkpoint",
        "/audit/actors",
        "/audit/{}/json",
        "/audit/checkpoint",
    ],
)
def test_where_there_are_no_parameters_each_is_unknown(calm: Site, path: str) -> None:
    """Whoever asks for the settled part of one of these is told that there is no such thing."""
    path = path.format(calm.get("/v1/audit-events?limit=1").json()["data"][0]["id"])
    for query, names in (
        ("as_of=1-1-1", ["as_of"]),
        ("limit=1&color=red", ["limit", "color"]),
        ("color=", ["color"]),
    ):
        answer = calm.get(f"{path}?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [error["parameter"] for error in answer.json()["errors"]] == names
    assert calm.get(f"{path}?").status_code == calm.get(path).status_code != 422


def test_a_cursor_is_for_programs(site: Site, put: Callable[..., int]) -> None:
    """A page could not say which of how many entries it shows, and a print of it claimed the first ones."""
    for minutes in range(5):
        put(minutes)
    cursor = site.get("/v1/audit-events?limit=2").json()["next_cursor"]

    assert site.get(f"/v1/audit-events?limit=2&cursor={cursor}").status_code == 200
    page = site.get(f"/audit?limit=2&cursor={cursor}")
    assert page.status_code == 422
    assert "/v1/audit-events" in page.text
    assert "1–2" not in page.text


def test_empty_means_absent(site: Site, put: Callable[..., int]) -> None:
    """A form sends its empty fields too."""
    put(1)
    assert (
        site.get(
            "/v1/audit-events?action=&facet=&source=&from=&to=&limit=&offset=&actor=&subject=&last=&as_of=&cursor="
        ).json()["total"]
        == 1
    )


@pytest.mark.parametrize(
    "path",
    [*EVERYWHERE, "/", "/healthz", "/readyz", "/openapi.json", "/static/audit.css", "/nothing", "/static/nothing"],
)
@pytest.mark.parametrize("person", [ADMIN, None])
def test_every_response_is_guarded(calm: Site, path: str, person: Person | None) -> None:
    """Strict headers on every answer, whatever its status; nothing is kept by a cache (files named by their content: test_answer_headers)."""
    for method in ("GET", "HEAD", "POST", "DELETE"):
        token = {"Authorization": f"Bearer {calm.issuer.token(person)}"} if person else {}
        answer = calm.ask(method, path, headers=token)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers
        assert not any(name.startswith("access-control") for name in answer.headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.status_code != 500
        if method in {"POST", "DELETE"}:
            assert answer.status_code in {404, 405}


def test_a_host_that_is_not_ours_is_refused(calm: Site) -> None:
    """400 for another name, none and two; a port does not matter, and probes come by any name."""
    for host, status in (("evil.example", 400), ("127.0.0.1.evil.example", 400), ("127.0.0.1:81", 200), ("[::1]", 400)):
        assert calm.get("/v1/audit-actions", Host=host).status_code == status, host
    assert calm.get("/healthz", None, Host="10.0.0.7:8000").status_code == 200


def test_what_is_stored_is_only_text(site: Site, put: Callable[..., int]) -> None:
    """Markup, bidirectional controls, a huge value and a deep one are shown harmlessly, by every route."""
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202egnp.exe\u2066\u200b"
    deep: Any = "end"
    for _ in range(200):
        deep = {"a": [deep]}
    for value in (hostile, deep, "x" * 5_000_000):
        diff = json.dumps(
            {"changes": {"/" + hostile: {"after": value, "before": [hostile]}}, "context": {"reason": hostile}}
        )
        entry_id = put(1, diff=diff, label=hostile, actor_email=hostile, facets=[f"operation:{hostile}"])
        for path in (f"/audit/{entry_id}", "/audit", f"/v1/audit-events/{entry_id}", "/v1/audit-events"):
            answer = site.get(path)
            assert answer.status_code == 200
            if path.startswith("/audit"):
                assert "<script>" not in answer.text
                assert "<img" not in answer.text
                assert "\u202e" not in answer.text


@pytest.mark.parametrize(
    "asked",
    ["Dana.Upper+test@X.Example", "dana.upper%2Btest@x.example", "%20DANA.UPPER%2BTEST@X.EXAMPLE%20", "%C2%A0Dana.Upper%2Btest@X.Example%EF%BB%BF",
     "user_Upper", "%20user_Upper%09", "+user_Upper+"],
)  # fmt: skip
def test_an_actor_is_found_however_the_address_was_pasted(site: Site, put: Callable[..., int], asked: str) -> None:
    """Blanks around it are cut, an address's case is ignored, and its plus is one without being percent-encoded."""
    written = put(1, actor_email="Dana.Upper+test@X.Example", actor_id="user_Upper")
    put(2)

    page = site.get(f"/v1/audit-events?actor={asked}").json()
    assert ([entry["id"] for entry in page["data"]], page["total"]) == ([str(written)], 1)
    assert f'href="/audit/{written}' in site.get(f"/audit?actor={asked}").text


@pytest.mark.parametrize("asked", ["user_upper", "dana.upper", "dana_upper%2Btest@x.example", "%25", "user%5fUppe_"])
def test_an_actor_matches_whole(site: Site, put: Callable[..., int], asked: str) -> None:
    """An id has a case, a part is somebody else, and what SQL gives a meaning has none."""
    put(1, actor_email="Dana.Upper+test@X.Example", actor_id="user_Upper")

    assert site.get(f"/v1/audit-events?actor={asked}").json()["total"] == 0


def test_everything_that_happened_to_one_thing(site: Site, put: Callable[..., int]) -> None:
    """`subject` is a whole id, of this workspace, and narrows with the other filters."""
    put(1)
    put(2, action="member.removed")
    put(3, workspace_id="org_2")

    for query, total in (("subject=sch_1", 2), ("subject=%20sch_1%20", 2), ("subject=SCH_1", 0), ("subject=sch_", 0)):
        assert site.get(f"/v1/audit-events?{query}").json()["total"] == total, query
    assert site.get("/v1/audit-events?subject=sch_1&action=member.removed").json()["total"] == 1


def test_a_relative_range_is_that_of_its_moment(site: Site, put: Callable[..., int]) -> None:
    """`last` counts back from the as_of, so that pages fit each other; and an answer repeats nothing of it."""
    now = (datetime.now(UTC) - BEGAN) / timedelta(minutes=1)
    inside, outside = now - 24 * 60 + 5, now - 24 * 60 - 5
    ids = [put(outside), put(inside), put(now - 60)]

    day = site.get("/v1/audit-events?last=24h&limit=1").json()
    assert (day["total"], day["data"][0]["id"]) == (2, str(ids[2]))
    second = site.get(f"/v1/audit-events?last=24h&limit=1&offset=1&as_of={day['as_of']}").json()
    assert (second["total"], second["data"][0]["id"]) == (2, str(ids[1]))
    assert site.get(f"/v1/audit-events?last=24h&limit=1&cursor={day['next_cursor']}").json()["data"] == second["data"]
    assert site.get("/v1/audit-events?last=7d").json()["total"] == 3
    hour = 3_600_000_000
    earlier = f"{int(day['as_of'].partition('-')[0]) - hour}-{day['as_of'].partition('-')[2]}"
    assert site.get(f"/v1/audit-events?last=24h&as_of={earlier}").json()["total"] == 3


def test_an_entry_says_what_happened(site: Site, put: Callable[..., int]) -> None:
    """`summary` names one or two changes; nothing in it is invisible, and a diff that is too long is left out."""
    diff = '{"changes":{"/cron":{"after":"0 8 * * 1","before":"0 9 * * 1"}}}'
    edited = {"facets": ["operation:edited"], "actor_email": "dana\u200b@x.example", "label": "Weekly\npipeline"}
    long = json.dumps({"changes": {"/name": {"before": "a", "after": "x" * 10_000}}})
    short_id, long_id = put(1, diff=diff, **edited), put(2, diff=long, **edited)

    said = "dana[U+200B]@x.example edited the schedule Weekly[U+000A]pipeline"
    assert site.get(f"/v1/audit-events/{short_id}").json()["summary"] == f"{said}: cron 0 9 * * 1 → 0 8 * * 1"
    assert site.get(f"/v1/audit-events/{long_id}").json()["summary"] == said
