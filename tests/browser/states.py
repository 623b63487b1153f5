"""Every state in which the page can be met, each as what has to be done to get there."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from tests.browser.conftest import Fresh, Sample
from tests.browser.visitor import Visitor

State = Callable[[Visitor, Sample, Fresh], None]

ODD = json.dumps({
    "changes": {
        "/created": {"after": ["a@x.example"]},
        "/empty": {"after": "", "before": None},
        "/kind": {"after": 1, "before": "1"},
        "/list": {"added": ["b"], "after": ["a", "b"], "before": ["a", "c"], "removed": ["c"]},
        "/none": {"after": [], "before": ["a"], "added": [], "removed": ["a"]},
        "/note": {"after": "x" * 3000, "before": "short"},
        "/secret_token": {"masked": True},
        "/truth": {"after": False, "before": 0},
    },
    "mcp": {"client": "claude-desktop", "tool": "update"},
    "source": "mcp",
})  # fmt: skip
HUGE = json.dumps({"changes": {"/note": {"after": f"{'long ' * 20_000}!", "before": "short"}}})


def long_list(visitor: Visitor, fresh: Fresh, *, answers: bool = False) -> Visitor:
    """A visitor of a list that is not in memory and not soon read. Unless it `answers`, the page is not told its total."""
    fresh.repeat(fresh.put(), 10_999)
    if not answers:
        visitor.page.route(
            lambda url: "as_of=" in url,
            lambda route: None if route.request.resource_type == "fetch" else route.continue_(),
        )
    return visitor.signed_in(fresh.admin)


def _at(path: str, status: int = 200) -> State:
    """An admin's page that an address is enough for."""

    def go(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
        visitor.signed_in(sample.people.admin).open(path, status)

    return go


def _open_rows(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.admin).open("/audit?limit=20")
    for number in range(12):
        visitor.page.locator("button.toggle").nth(number).click()
    visitor.page.locator("tr.more .facts .facts").nth(11).wait_for(state="attached")
    visitor.page.get_by_text("Raw JSON").nth(1).click()
    visitor.page.get_by_text("Ids and times").nth(1).click()


def _odd(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    fresh.put(diff=ODD, channel="mcp", label="\u202etxt.exe and \u05e9\u05dc\u05d5\u05dd")
    fresh.put(1, diff=HUGE, actor_email=None)
    visitor.signed_in(fresh.admin).open("/audit")
    for number in range(2):
        visitor.page.locator("button.toggle").nth(number).click()
    visitor.page.locator("tr.more summary").first.click()


def _entry(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(fresh.admin).open(f"/audit/{fresh.put(diff=ODD, channel='mcp')}")
    visitor.page.get_by_text("Raw JSON").click()


def _huge(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(fresh.admin).open(f"/audit/{fresh.put(diff=HUGE)}")
    visitor.page.get_by_text("Show all").click()


def _newer(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    for minute in range(12):
        fresh.put(minute)
    visitor.signed_in(fresh.admin).open("/audit?limit=10")
    visitor.page.get_by_role("link", name="Next").click()
    visitor.page.locator("#page[value='2']").wait_for()
    fresh.put(60)
    visitor.page.reload()


def _counting(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    long_list(visitor, fresh).open("/audit")


def _reading(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    long_list(visitor, fresh).open("/audit?offset=10050")


def _empty(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(fresh.admin).open("/audit")


def _behind(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    fresh.complete(sample.now - timedelta(minutes=38))
    visitor.signed_in(sample.people.admin).open("/audit?limit=5")


def _unknown(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    fresh.complete(None)
    visitor.signed_in(sample.people.admin).open("/audit?limit=5")


def _local(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.admin).open("/audit?limit=5")
    visitor.page.get_by_role("button", name="Show times in").click()


def _keys(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.admin).open("/audit?limit=5")
    visitor.page.keyboard.press("?")
    visitor.page.get_by_role("dialog").wait_for()


def _member(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.member).open("/audit", 403)


def _nobody(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.admin._replace(workspace_id=None)).open("/audit", 403)


def _ticked(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    page = visitor.signed_in(sample.people.admin).open("/audit?action=member.added&limit=5")
    page.get_by_text("Several actions").click()
    page.get_by_label("Report exported").check()


def _members_home(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.member).open("/")


def _impersonated(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.signed_in(sample.people.admin, act={"sub": "user_2support", "iss": "https://x.example"}).open(
        "/audit?limit=5"
    )


def _signed_out(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.open("/audit", 401)


def _sign_in(visitor: Visitor, sample: Sample, fresh: Fresh) -> None:
    visitor.open(f"{visitor.site.issuer.url}/")


STATES: Mapping[str, State] = {
    "list": _at("/audit"),
    "last page": _at("/audit?offset=1200"),
    "after the last page": _at("/audit?offset=999950"),
    "open rows": _open_rows,
    "odd and huge values": _odd,
    "an entry": _entry,
    "a huge entry": _huge,
    "filters": _at("/audit?action=schedule.lifecycle_changed&facet=operation%3Apaused&actor=dana.whitfield%40northwind.example&source=mcp&from=2000-01-01"),
    "a time in a filter": _at("/audit?from=2026-01-01T08:30:00Z&limit=5"),
    "several actions": _at("/audit?action=member.added&action=report.exported&last=30d&subject=sch_1&limit=5"),
    "keys": _keys,
    "nothing matches": _at("/audit?actor=nobody"),
    "nothing yet": _empty,
    "newer entries": _newer,
    "a total that is not known yet": _counting,
    "rows that are not read yet": _reading,
    "behind": _behind,
    "not known how far behind": _unknown,
    "local times": _local,
    "invalid": _at("/audit?from=2026-11-20&to=2026-11-01&limit=0&color=red", 422),
    "not found": _at("/audit/999999999", 404),
    "home": _at("/"),
    "impersonated": _impersonated,
    "no workspace": _nobody,
    "one more action": _ticked,
    "a member": _member,
    "a member's home": _members_home,
    "signed out": _signed_out,
    "the demo's sign-in": _sign_in,
}  # fmt: skip
