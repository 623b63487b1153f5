"""A person whose session token has run out comes back to the same page with a new one, and notices nothing.

Against a stand-in that does what Clerk's sources say. Nobody else is redirected, nowhere but to it or to ourselves, or for ever.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from prometheus_client import CollectorRegistry

from reader.auth.renewal import MAX_SENT, redirects_name
from reader.auth.request_cookies import cookie_suffix
from sandbox.services.frontend_api import FrontendApi
from sandbox.services.issuer import Issuer, Person
from tests.integration.reader.cookie_jar import Browser, no_session, own_address, set_cookies
from tests.integration.reader.program import ISSUER, Program
from tests.integration.reader.site import ADMIN, MEMBER, NOBODY, Site

SUFFIX = cookie_suffix("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
SIGN_IN = "https://app.example.com/sign-in?theme=dark"
Open = Callable[..., Site]


@pytest.fixture
def opened(database_url: str) -> Iterator[Open]:
    """Opens sites that renew sessions."""
    sites: list[Site] = []

    def make(suffix: str | None = None, allow: frozenset[str] = frozenset()) -> Site:
        api = FrontendApi((ADMIN,), suffix=suffix)
        site = Site(database_url, api, renews=True, suffix=suffix, allow_missing_azp=allow, sign_in_url=SIGN_IN)
        sites.append(site.__enter__())
        return site

    yield make
    for opened_site in sites:
        opened_site.__exit__(None, None, None)


@pytest.fixture
def renewing(opened: Open) -> Site:
    """One without a publishable key."""
    return opened()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Without a cookie."""
    visitor = Browser()
    yield visitor
    visitor.close()


def api_of(site: Site) -> FrontendApi:
    assert isinstance(site.issuer, FrontendApi)
    return site.issuer


def signed_in(site: Site, browser: Browser, person: Person = ADMIN, **cookies: str) -> None:
    """`person` is signed in at Clerk; the page's own cookies are `cookies`."""
    browser.cookies |= {"__client": api_of(site).signed_in(person), **cookies}


def expired(site: Site, person: Person = ADMIN, **claims: Any) -> str:
    return site.issuer.token(person, **no_session(**claims))


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    value = registry.get_sample_value(f"auditlog_reader_{name}_total", labels)
    assert value is not None
    return value


def is_page(answer: httpx.Response, path: str) -> bool:
    """Whether an answer is the list, at this very address."""
    assert answer.status_code == 200
    assert "<h1>Audit log" in answer.text
    assert str(answer.url).endswith(path)
    return True


def without_print_time(page: str) -> str:
    """The page without the moment at which it was made, which it has for paper."""
    return re.sub(r'data-printed="[^"]*">from a page of <time[^>]*>[^<]*</time>', "", page)


def test_a_session_that_has_run_out_is_renewed_and_the_page_is_the_same(
    renewing: Site, browser: Browser, put: Callable[..., int]
) -> None:
    """The address with filters, page and as_of, each character of it; one redirect to Clerk; and the next page needs none."""
    for minutes in range(3):
        put(minutes)
    as_of = renewing.get("/v1/audit-events").json()["as_of"]
    put(4)
    signed_in(renewing, browser, __session=expired(renewing), __client_uat="1700000000")
    path = f"/audit?action=member.added&limit=1&offset=1&as_of={as_of}"
    answer = browser.goto(renewing.url + path)

    assert is_page(answer, path)
    directly = renewing.ask("GET", path, headers={"Cookie": f"__session={renewing.issuer.token(ADMIN)}"})
    assert without_print_time(answer.text) == without_print_time(directly.text)
    [asked] = api_of(renewing).asked
    assert asked.parameters["redirect_url"] == renewing.url + path
    assert asked.parameters["__clerk_hs_reason"] == "session-token-expired"
    assert asked.parameters["suffixed_cookies"] == "false"
    assert "format" not in asked.parameters
    assert [urlsplit(hop).path for hop in browser.hops] == ["/audit", "/v1/client/handshake", "/audit", "/audit"]
    assert "__clerk_handshake" not in browser.cookies
    assert is_page(browser.goto(f"{renewing.url}/audit"), "/audit")
    assert len(api_of(renewing).asked) == 1
    registry = renewing.metrics.registry
    assert (counted(registry, "renewals", outcome="sent"), counted(registry, "renewals", outcome="renewed")) == (1, 1)
    assert counted(registry, "refusals", reason="expired") == 0


@pytest.mark.parametrize(
    "path",
    ["/", "/audit", "/audit/1", "/audit?actor=dana%2Btest%40x.example&from=2026-11-01", "/audit?actor=a+b&x=%22%3C"],
)
def test_a_link_from_a_mail_leads_to_its_page(renewing: Site, browser: Browser, path: str) -> None:
    """Every page that people see, whatever it answers then; encoded characters stay encoded."""
    signed_in(renewing, browser, __session=expired(renewing))
    headers = {"Sec-Fetch-Site": "cross-site", "Referer": "https://mail.example/"}
    answer = browser.goto(renewing.url + path, **headers)

    assert (
        answer.status_code
        == renewing.ask("GET", path, headers={"Cookie": f"__session={renewing.issuer.token(ADMIN)}"}).status_code
    )
    assert own_address(browser.hops[-1], renewing.url) == path
    assert len(browser.hops) == 4


def test_the_filter_form_survives(renewing: Site, browser: Browser) -> None:
    """What was chosen before Apply was pressed is in the list's address; and the policy lets the form lead to Clerk and back."""
    signed_in(renewing, browser, __session=expired(renewing))
    answer = browser.goto(f"{renewing.url}/audit/find?by=&action=member.added&actor=dana%40x.example")

    assert is_page(answer, "/audit?action=member.added&actor=dana%40x.example")
    policy = answer.headers["content-security-policy"]
    assert f"form-action 'self' {renewing.issuer.url};" in policy


@pytest.mark.parametrize("suffix", [None, SUFFIX])
def test_a_session_that_is_missing_is_renewed_where_someone_is_signed_in(
    opened: Open, browser: Browser, suffix: str | None
) -> None:
    """Clerk's __client_uat says so; it is read under the instance's own name as well."""
    site = opened(suffix)
    name = "__client_uat" if suffix is None else f"__client_uat_{suffix}"
    signed_in(site, browser)
    browser.cookies[name] = "1700000000"

    assert is_page(browser.goto(f"{site.url}/audit"), "/audit")
    assert api_of(site).asked[0].parameters["__clerk_hs_reason"] == "client-uat-but-no-session-token"


@pytest.mark.parametrize("cookies", [{}, {"__client_uat": "0"}, {"__client_uat": "x"}, {"__client_uat": ""}, {"__client_uat_other123": "1"}], ids=str)  # fmt: skip
def test_whoever_is_signed_out_is_asked_to_sign_in_and_led_back(
    renewing: Site, browser: Browser, cookies: dict[str, str]
) -> None:
    """No redirect: a page whose link knows the way back; the sign-in page's own parameters stay."""
    browser.cookies |= cookies
    answer = browser.goto(f"{renewing.url}/audit?action=member.added&offset=100")

    assert (answer.status_code, len(browser.hops)) == (401, 1)
    link = answer.text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link.startswith("https://app.example.com/sign-in?")
    assert parse_qs(urlsplit(link).query) == {
        "theme": ["dark"], "redirect_url": [f"{renewing.url}/audit?action=member.added&offset=100"],
    }  # fmt: skip


def test_a_session_that_has_ended_at_clerk_is_wiped(renewing: Site, browser: Browser) -> None:
    """The handshake says so; the page asks to sign in, and the next navigation is not redirected again."""
    browser.cookies |= {"__session": expired(renewing), "__client_uat": "1700000000", "__client": "gone"}
    answer = browser.goto(f"{renewing.url}/audit")

    assert (answer.status_code, len(browser.hops)) == (401, 3)
    assert "__session" not in browser.cookies
    assert browser.cookies["__client_uat"] == "0"
    assert (browser.goto(f"{renewing.url}/audit").status_code, len(browser.hops)) == (401, 1)
    assert counted(renewing.metrics.registry, "renewals", outcome="signed_out") == 1


def test_the_instances_own_cookie_comes_first(opened: Open, browser: Browser) -> None:
    """Where several Clerk instances share a host, the plain name is anyone's; ours is renewed under its own name."""
    site, other = opened(SUFFIX), Issuer((), "https://other.example")
    try:
        signed_in(site, browser, __session=other.token(ADMIN))
        browser.cookies[f"__session_{SUFFIX}"] = expired(site)
        assert is_page(browser.goto(f"{site.url}/audit"), "/audit")
        assert api_of(site).asked[0].parameters["suffixed_cookies"] == "true"
        browser.cookies["__session"] = other.token(ADMIN)
        assert is_page(browser.goto(f"{site.url}/audit"), "/audit")
        browser.cookies[f"__session_{SUFFIX}"] = other.token(ADMIN)
        browser.cookies["__session"] = site.issuer.token(ADMIN)
        assert is_page(browser.goto(f"{site.url}/audit"), "/audit")
        assert len(api_of(site).asked) == 1
    finally:
        other.close()


def test_two_cookies_of_one_name_are_no_session_but_the_instances_own_is(opened: Open, browser: Browser) -> None:
    """Neither is chosen; with a publishable key a person gets one that is not ambiguous, without one the page says what to do."""
    for suffix, status in ((SUFFIX, 200), (None, 401)):
        site = opened(suffix)
        signed_in(site, browser)
        twice = f"__session={site.issuer.token(ADMIN)}; __session={expired(site)}"
        renewed: dict[str, str] = {}
        url = f"{site.url}/audit?limit=10"
        for _ in range(4):
            sent = "; ".join((twice, *(f"{name}={value}" for name, value in renewed.items())))
            answer = browser.step(url, Cookie=f"{sent}; __client={browser.cookies['__client']}")
            renewed = {name: value for name, value in browser.cookies.items() if name not in ("__session", "__client")}
            if not answer.is_redirect:
                break
            url = answer.headers["location"]
        assert answer.status_code == status
        assert site.ask("GET", "/v1/audit-events", headers={"Cookie": twice}).status_code == 401
        browser.cookies.clear()


# --- a token without azp


def test_a_cookie_without_azp_is_renewed(renewing: Site, browser: Browser) -> None:
    """Like one that has run out; Clerk then names the page."""
    signed_in(renewing, browser, __session=renewing.issuer.token(ADMIN, azp=None))
    assert is_page(browser.goto(f"{renewing.url}/audit"), "/audit")
    assert api_of(renewing).asked[0].parameters["__clerk_hs_reason"] == "session-token-missing-azp"
    assert (
        counted(renewing.metrics.registry, "tokens_without_azp", kind="cookie", outcome="refused") == 2
    )  # and as it came back


def test_a_cookie_that_stays_without_azp_is_refused_unless_it_is_allowed(opened: Open, browser: Browser) -> None:
    """Renewed once in either case; not allowed, the new one is neither taken nor set. Bearer has a word of its own."""
    for allow, status, bearer in (
        (frozenset[str](), 401, 401),
        (frozenset({"bearer"}), 401, 200),
        (frozenset({"cookie"}), 200, 401),
    ):
        site = opened(None, allow)
        api_of(site).party_on_navigation = False
        old = site.issuer.token(ADMIN, azp=None)
        signed_in(site, browser, __session=old)
        answer = browser.goto(f"{site.url}/audit?limit=7")
        assert (answer.status_code, len(api_of(site).asked)) == (status, 1)
        assert (browser.cookies["__session"] == old) == (status == 401)
        token = site.issuer.token(ADMIN, azp=None)
        assert site.ask("GET", "/v1/audit-events", headers={"Authorization": f"Bearer {token}"}).status_code == bearer
        registry = site.metrics.registry
        for kind, outcome, count in (
            ("cookie", "refused", 0 if status == 200 else 3), ("cookie", "accepted", 2 if status == 200 else 0),
            ("cookie", "renewed", 2 if status == 200 else 0),
            ("bearer", "refused" if bearer == 401 else "accepted", 1),
        ):  # fmt: skip
            assert counted(registry, "tokens_without_azp", kind=kind, outcome=outcome) == count, (allow, kind, outcome)
        browser.cookies.clear()


@pytest.mark.parametrize("person", [ADMIN, MEMBER], ids=["an admin", "a member"])
def test_a_cookie_that_is_allowed_without_azp_is_renewed_once(opened: Open, browser: Browser, person: Person) -> None:
    """Clerk may name the page then. If it does not, the token is taken, on all pages for as long as it is valid."""
    site, status = opened(None, frozenset({"cookie"})), 200 if person == ADMIN else 403
    api = api_of(site)
    signed_in(site, browser, person, __session=site.issuer.token(person, azp=None))
    assert browser.goto(f"{site.url}/audit").status_code == status
    assert [asked.parameters["__clerk_hs_reason"] for asked in api.asked] == ["session-token-missing-azp"]
    assert "audit_renewed" not in browser.cookies

    api.party_on_navigation = False
    browser.cookies["__session"] = site.issuer.token(person, azp=None)
    browser.cookies.pop(redirects_name(f"{site.url}/audit"))
    for path in ("/audit", "/audit?limit=7", "/audit/json", "/"):
        assert browser.goto(site.url + path).status_code == (200 if path == "/" else status), path
        assert len(api.asked) == 2, path


def test_a_cookie_that_is_allowed_without_azp_is_taken_where_it_cannot_be_renewed(
    opened: Open, browser: Browser
) -> None:
    """By programs and scripts, which are not redirected; and by a page once Clerk has returned nothing."""
    site = opened(None, frozenset({"cookie"}))
    api = api_of(site)
    api.answers = False
    signed_in(site, browser, __session=site.issuer.token(ADMIN, azp=None))
    for path, headers in (("/v1/audit-events", {}), ("/audit", {"Sec-Fetch-Dest": "empty"})):
        assert browser.step(site.url + path, **headers).status_code == 200
    assert api.asked == []
    assert browser.goto(f"{site.url}/audit").status_code == 200
    assert len(api.asked) == 1
    browser.cookies["__clerk_handshake"] = "of.another.instance"
    assert browser.goto(f"{site.url}/audit?limit=7").status_code == 200
    assert len(api.asked) == 3, "again for the handshake that is not ours, and no more"


# --- who is not redirected

ELSEWHERE: dict[str, tuple[str, dict[str, str]]] = {
    "the API": ("/v1/audit-events", {}),
    "an entry of the API": ("/v1/audit-events/1", {}),
    "the poll of the page": ("/v1/audit-events?limit=1", {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Accept": "application/json"}),
    "a script's fetch of a page": ("/audit", {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "same-origin"}),
    "an image": ("/audit", {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}),
    "a frame": ("/audit", {"Sec-Fetch-Dest": "iframe"}),
    "a program": ("/audit", {"Sec-Fetch-Dest": "", "Accept": "*/*"}),
    "a document that is no navigation": ("/audit", {"Sec-Fetch-Mode": "cors"}),
    "a bad header": ("/audit", {"Authorization": "Bearer x"}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "headers"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_only_navigations_are_redirected(renewing: Site, browser: Browser, path: str, headers: dict[str, str]) -> None:
    """Everything else is 401, without a cookie."""
    signed_in(renewing, browser, __session=expired(renewing), __client_uat="1700000000")
    answer = browser.step(renewing.url + path, **headers)

    assert answer.status_code == 401
    assert "location" not in answer.headers
    assert set_cookies(answer) == {}
    assert api_of(renewing).asked == []


def test_a_browser_without_fetch_metadata_is_redirected_by_what_it_accepts(renewing: Site) -> None:
    """Safari before 16.4; HEAD as GET; and nothing that is not read."""
    cookie = {"Cookie": f"__session={expired(renewing)}", "Accept": "text/html,application/xhtml+xml"}
    for method, status in (("GET", 307), ("HEAD", 307), ("POST", 405), ("PUT", 405)):
        answer = renewing.ask(method, "/audit", headers=cookie)
        assert answer.status_code == status, method
        assert ("location" in answer.headers) == (status == 307)
        assert answer.headers["cache-control"] == "no-store"


HOPELESS: tuple[dict[str, Any], ...] = (
    {"azp": "https://evil.example"}, {"aud": "x"}, {"sub": "mch_1"}, {"sts": "pending"}, {"v": []}, {"v": {}},
)  # fmt: skip


def test_a_token_that_no_new_one_can_fix_is_refused(renewing: Site, browser: Browser) -> None:
    """Another party, an audience, no user: Clerk would only say it again."""
    for claims in HOPELESS:
        signed_in(renewing, browser, __session=renewing.issuer.token(ADMIN, **claims), __client_uat="1700000000")
        answer = browser.goto(f"{renewing.url}/audit")
        assert (answer.status_code, len(browser.hops)) == (401, 1), claims


# --- no loop


def test_redirects_end(renewing: Site, browser: Browser) -> None:
    """Clerk that brings nothing is asked three times, then the page says so; and after a while, again."""
    api_of(renewing).answers = False
    signed_in(renewing, browser, __session=expired(renewing))
    answer = browser.goto(f"{renewing.url}/audit?limit=7")

    assert (answer.status_code, len(api_of(renewing).asked)) == (401, MAX_SENT)
    assert "redirect_url=" in answer.text
    assert counted(renewing.metrics.registry, "renewals", outcome="given_up") == 1
    del browser.cookies[redirects_name(f"{renewing.url}/audit?limit=7")]  # its time is over
    api_of(renewing).answers = True
    assert is_page(browser.goto(f"{renewing.url}/audit?limit=7"), "/audit?limit=7")


def test_pages_that_are_opened_at_once_all_come_back(renewing: Site, browser: Browser) -> None:
    """Tabs that a browser restores, or links of a mail: all are at Clerk before the first one is back, and none is refused."""
    signed_in(renewing, browser, __session=expired(renewing))
    pages = [f"{renewing.url}/audit?limit={number}" for number in range(1, 3 * MAX_SENT)]
    at_clerk = [browser.step(page).headers["location"] for page in pages]
    back = [browser.step(url).headers["location"] for url in at_clerk]

    assert back == pages
    for page in pages:
        assert is_page(browser.goto(page), page)
    assert counted(renewing.metrics.registry, "renewals", outcome="given_up") == 0


def test_what_clerk_appends_to_the_address_does_not_start_the_count_again(renewing: Site, browser: Browser) -> None:
    """A nonce is another one each time, and only Clerk's secret key can exchange it."""
    signed_in(renewing, browser, __session=expired(renewing))
    answers = [
        browser.step(f"{renewing.url}/audit?limit=7&__clerk_handshake_nonce={number}").status_code
        for number in range(MAX_SENT + 1)
    ]
    assert answers == [307] * MAX_SENT + [401]


@pytest.mark.parametrize("claims", [no_session(), {"sub": "mch_1"}, {"azp": "https://evil.example"}, {"iss": "https://evil.example"}], ids=["expired", "machine", "other origin", "other issuer"])  # fmt: skip
def test_a_handshake_without_a_good_session_sets_nothing(
    renewing: Site, browser: Browser, claims: dict[str, Any]
) -> None:
    """Though Clerk signed it; and it ends."""
    api_of(renewing).claims = claims
    signed_in(renewing, browser, __session=expired(renewing))
    before = browser.cookies["__session"]
    answer = browser.goto(f"{renewing.url}/audit")

    assert answer.status_code == 401
    assert browser.cookies["__session"] == before
    assert len(api_of(renewing).asked) <= MAX_SENT


def test_a_browser_that_keeps_no_new_session_is_not_redirected_for_ever(renewing: Site, browser: Browser) -> None:
    """Each redirect is counted, those to ourselves as well."""
    signed_in(renewing, browser, __session=expired(renewing))
    old = browser.cookies["__session"]
    url, steps = f"{renewing.url}/audit", 0
    while (answer := browser.step(url)).is_redirect:
        url, steps = answer.headers["location"], steps + 1
        browser.cookies["__session"] = old
        assert steps < 20
    assert answer.status_code == 401


@pytest.mark.parametrize("count", ["3", "99", "-1", "x", "", "0x1", "%33", "٣"])
def test_a_count_that_is_not_ours_is_as_good_as_many(renewing: Site, count: str) -> None:
    """Whoever writes the cookie can only stop the redirects."""
    cookie = f"__session={expired(renewing)}; {redirects_name(f'{renewing.url}/audit')}={count}".encode()
    answer = renewing.ask("GET", "/audit", headers=[("Cookie", cookie), ("Sec-Fetch-Dest", "document")])
    assert answer.status_code == 401


# --- nothing but ourselves and Clerk


@pytest.mark.parametrize(
    "path",
    ["//evil.example/audit", "/audit?redirect_url=https://evil.example", "/audit//evil.example", "/\\evil.example", "/audit?x=http://evil.example#f",
     "/audit/..//evil.example", "/@evil.example", "/.evil.example", "/audit?__clerk_handshake=a.b.c"],
)  # fmt: skip
def test_no_address_leads_elsewhere(renewing: Site, path: str) -> None:
    """Whatever the path and query, Clerk gets our own origin; a page that does not exist needs no session."""
    headers = {
        "Cookie": f"__session={expired(renewing)}",
        "Sec-Fetch-Dest": "document",
        "X-Forwarded-Host": "evil.example",
    }
    answer = renewing.ask(
        "GET",
        f"{renewing.url}{path}",
        headers={**headers, "Forwarded": "host=evil.example", "Origin": "https://evil.example"},
    )

    assert answer.status_code in (307, 404)
    if answer.status_code == 307:
        location = urlsplit(answer.headers["location"])
        assert f"{location.scheme}://{location.netloc}" == renewing.issuer.url
        [back] = parse_qs(location.query)["redirect_url"]
        assert own_address(back, renewing.url).startswith("/")


def test_a_host_that_is_not_ours_is_not_led_back_to(renewing: Site) -> None:
    """It is 400 before anything else."""
    headers = {"Host": "evil.example", "Cookie": f"__session={expired(renewing)}", "Sec-Fetch-Dest": "document"}
    assert renewing.ask("GET", "/audit", headers=headers).status_code == 400


def test_a_handshake_that_is_not_clerks_sets_no_cookie(renewing: Site, browser: Browser) -> None:
    """Another key, another kind of token, no token, two of them: as if there were none."""
    other = FrontendApi((), renewing.url)
    other.key_id = renewing.issuer.key_id
    good = renewing.issuer.token(ADMIN)
    directives = [f"__session={good}; Path=/", "admin=1; Path=/"]
    try:
        forged = [
            other.handshake(directives), api_of(renewing).handshake(directives, cat="cl_B7d4PD222AAA"), "a.b.c", "", good,
            f"{api_of(renewing).handshake(directives)}; __clerk_handshake=x", api_of(renewing).handshake(directives)[:-9] + "AAAAAAAAA",
        ]  # fmt: skip
        for token in forged:
            for session in ("", f"__session={expired(renewing)}; "):
                answer = browser.step(f"{renewing.url}/audit", Cookie=f"{session}__clerk_handshake={token}")
                assert answer.status_code == (307 if session else 401), token[:20]
                assert set(set_cookies(answer)) <= {redirects_name(f"{renewing.url}/audit")}
    finally:
        other.close()
    answer = browser.step(f"{renewing.url}/audit", Cookie=f"__clerk_handshake={api_of(renewing).handshake(directives)}")
    assert set(set_cookies(answer)) == {"__session", redirects_name(f"{renewing.url}/audit")}


def test_unavailable_keys_are_reported(renewing: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake cannot be judged without: 503, and nothing is set."""
    monkeypatch.setattr(renewing.keys, "ready", lambda: False)
    token = api_of(renewing).handshake(["__session=a.b.c; Path=/"])
    answer = browser.step(f"{renewing.url}/audit", Cookie=f"__clerk_handshake={token}")
    assert (answer.status_code, set_cookies(answer)) == (503, {})
    assert answer.headers["retry-after"] == "5"


# --- what whoever is signed in may see


@pytest.mark.parametrize(
    ("person", "title", "kind"),
    [(MEMBER, "Admins only", "forbidden"), (NOBODY, "Choose a workspace", "no-active-workspace")],
)
def test_a_member_and_someone_without_a_workspace_see_different_pages(
    renewing: Site, browser: Browser, person: Person, title: str, kind: str
) -> None:
    """403 both, with a fresh session and with one that has just been renewed; and no link to the log."""
    signed_in(renewing, browser, person, __session=expired(renewing, person))
    for _ in range(2):
        answer = browser.goto(f"{renewing.url}/audit?action=member.added")
        assert answer.status_code == 403
        assert f"<h1>{title}</h1>" in answer.text
        assert 'href="/audit' not in answer.text
        way_back = re.compile(r"redirect_url=[^\"]+")
        assert "member.added" not in way_back.sub("", answer.text)
        assert bool(way_back.search(answer.text)) is (person is NOBODY)
    problem = renewing.get("/v1/audit-events", person)
    assert (problem.status_code, problem.json()["type"]) == (403, f"/problems/{kind}")


# --- the program


def test_the_program_renews_by_its_settings(database_url: str, browser: Browser) -> None:
    """`audit-reader serve` with what production sets: to the issuer, back over https, Secure cookies, and no secret in the log."""
    key = "pk_live_Y2xlcmsuY2FsbG1pbmUuZXhhbXBsZSQ"
    with Program(database_url, CLERK_PUBLISHABLE_KEY=key, CLERK_SIGN_IN_URL=SIGN_IN) as program:
        url, own = f"http://127.0.0.1:{program.port}/audit?limit=7", f"__session_{cookie_suffix(key)}"
        token = program.token(**no_session())
        answer = browser.step(url, Cookie=f"{own}={token}")
        location = urlsplit(answer.headers["location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == f"{ISSUER}/v1/client/handshake"
        assert parse_qs(location.query)["redirect_url"] == [url.replace("http:", "https:")]
        assert set_cookies(answer)[redirects_name(url)].endswith("; Secure")
        assert f"form-action 'self' {ISSUER};" in answer.headers["content-security-policy"]

        fresh = program.token()
        brought = program.issuer.sign(
            {"handshake": [f"{own}={fresh}; Path=/", "foo=bar; Path=/"]}, cat="cl_B7d4PD111AAA"
        )
        answer = browser.step(url, Cookie=f"{own}={token}; __clerk_handshake={brought}")
        assert (answer.status_code, answer.headers["location"]) == (307, url.replace("http:", "https:"))
        assert set_cookies(answer)[own] == f"{own}={fresh}; Path=/; Secure"
        assert "foo" not in set_cookies(answer)
        assert browser.step(url, Cookie=f"{own}={fresh}").status_code == 200
        assert program.figure('auditlog_reader_renewals_total{outcome="renewed"}') == 1
        assert '"renewal": "sent"' in program.log
        for secret in (token, fresh, brought, token[-50:], "redirect_url", "limit=7"):
            assert secret not in program.log
