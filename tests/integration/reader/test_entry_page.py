"""The page of one entry is at most 1 MB, whatever is stored; it says what it does not show, and where that is."""

import json
from typing import Any

import pytest

from reader.http.byte_limits import MAX_PAGE_COMMAS, MAX_PAGE_DIFF
from tests.integration.reader.site import Tenant

MAX_PAGE_BYTES = 1_000_000


def changes(values: dict[str, Any]) -> dict[str, Any]:
    """A diff in which each of these fields is new."""
    return {"changes": {f"/{name}": {"after": value} for name, value in values.items()}}


def written(diff: dict[str, Any]) -> str:
    """As the consumer writes it."""
    return json.dumps(diff, ensure_ascii=False, separators=(",", ":"))


def of_one(text: str) -> dict[str, Any]:
    """A diff of one value, as long as a page takes it."""
    room = MAX_PAGE_DIFF - len(written(changes({"x": ""})))
    return changes({"x": text * (room // (len(written(changes({"x": text}))) - len(written(changes({"x": ""})))))})


def hostile() -> dict[str, dict[str, Any]]:
    """Diffs that would take much more as HTML than as JSON."""
    quarter = MAX_PAGE_DIFF // 4
    diff = changes({"x": 1})
    return {
        "a control": of_one("\x7f"),
        "&": of_one("&"),
        "quotes": of_one('"'),
        "@": changes({"x": ["@" * 400] * (MAX_PAGE_DIFF // 403 - 1)}),
        "order": changes({"x": "\u202e" * (MAX_PAGE_DIFF // 4)}),
        "members": changes({"x": [1] * MAX_PAGE_COMMAS}),
        "members that were added": {
            "changes": {
                "/x": {"before": [], "after": [1] * (MAX_PAGE_COMMAS // 2), "added": [1] * (MAX_PAGE_COMMAS // 2)}
            }
        },
        "fields": changes({str(number): number for number in range(11_000)}),
        "a path": changes({"&" * (2 * quarter - 100): 1}),
        "a path of controls": changes({"\x7f" * quarter: 1}),
        "reason": diff | {"context": {"reason": "\x7f" * quarter}},
        "reasons": diff | {"context": {f"reason_{number}": "\x7f" * 20 for number in range(4000)}},
        "client": diff | {"mcp": {"client": "\x7f" * quarter, "tool": "&" * quarter}, "source": "mcp"},
        "name of a reason": diff | {"context": {"\x7f" * quarter: "x"}},
    }


@pytest.mark.parametrize("kind", hostile())
def test_an_entry_page_is_bounded_and_says_so(tenant: Tenant, kind: str) -> None:
    """Names of any bytes beside it, too."""
    text = written(hostile()[kind])
    assert len(text.encode()) <= MAX_PAGE_DIFF
    channel = "mcp" if kind == "client" else "web"
    names = {
        "channel": channel,
        "label": "\x01" * 512,
        "actor_email": "\x7f" * 512,
        "facets": ["operation:" + "\x01" * 118] * 80,
    }
    entry_id = tenant.put(1, diff=text, **names)

    page = tenant.get(f"/audit/{entry_id}")

    assert page.status_code == 200
    assert len(page.content) <= MAX_PAGE_BYTES
    assert "not all of this entry" in page.text.lower()
    assert f'href="/audit/{entry_id}/json"' in page.text
    assert f"{entry_id}, not complete: " in page.text
    whole = tenant.get(f"/v1/audit-events/{entry_id}").json()
    assert whole["diff"] == json.loads(text)


def test_what_fits_is_all_there(tenant: Tenant) -> None:
    """A long text is not hostile: it is shown to its end, and so is its JSON."""
    text = written(of_one("word "))
    entry_id = tenant.put(1, diff=text)

    page = tenant.get(f"/audit/{entry_id}").text

    assert "not all of this entry" not in page.lower()
    assert f"{entry_id}, complete" in page
    assert page.count("word word word") > 2
    assert "Raw JSON" in page


def test_money_is_shown_as_in_the_sentence(tenant: Tenant) -> None:
    """And not only as the minor units that are stored."""
    diff = (
        '{"changes":{"/addon":{"after":"sso"},"/amount/currency":{"after":"HRK"},"/amount/minor_units":{"after":12900},'
        '"/quantity":{"after":5}}}'
    )
    entry_id = tenant.put(1, action="billing.addon_purchased", label="sso", facets=[], diff=diff)

    page = tenant.get(f"/audit/{entry_id}").text

    assert "<dt>Amount</dt><dd><bdi>HRK 129.00</bdi></dd>" in page
    assert "bought 5 of the add-on sso for HRK 129.00" in tenant.get(f"/v1/audit-events/{entry_id}").json()["summary"]
