"""What an entry says: the changes where they are few, a count where they are many, and nothing that is a guess."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from catalog import money
from catalog.audit_types import BY_NAME
from catalog.stored_diff import parse
from catalog.summary import actor_name, summary
from catalog.visible_text import visible
from catalog.wording import parts, sentence


def said(action: str, changes: Any, *facets: str) -> str:
    """The sentence of an entry by Dana about X."""
    return sentence(BY_NAME[action], "Dana", "X", facets, parse(json.dumps(changes)))


@pytest.mark.parametrize(
    ("minor_units", "currency", "expected"),
    [
        ("12900", "EUR", "EUR 129.00"), ("5", "USD", "USD 0.05"), ("5000000000", "JPY", "JPY 5,000,000,000"), ("1234567", "KWD", "KWD 1,234.567"),
        ("12345", "CLF", "CLF 1.2345"), ("-1290", "EUR", "EUR -12.90"), ("0", "EUR", "EUR 0.00"), ("1", "ABC", None), ("1", "XAU", None),
        ("12900", "eur", "EUR 129.00"), ("100", "jpy", "JPY 100"), ("1", "xyz", None), ("1", "e\u00dfp", None), ("1.5", "EUR", None), ("1e3", "EUR", None),
        ("12900", "HRK", "HRK 129.00"), ("12900", "SLL", "SLL 129.00"), ("12900", "BYR", "BYR 12,900"), ("12900", "itl", "ITL 12,900"), ("12900", "ZWL", "ZWL 129.00"),
    ],
)  # fmt: skip
def test_money(minor_units: str, currency: str, expected: str | None) -> None:
    """By the minor unit of ISO 4217; of a currency that is not listed nothing is claimed."""
    assert money.amount(minor_units, currency) == expected


AMOUNT = {"/amount/currency": {"after": "EUR"}, "/amount/minor_units": {"after": 12900}}
ROLE = {"before": "member", "after": "admin"}
PLAN, SEATS, YEARLY = (
    {"before": earlier, "after": later} for earlier, later in (("pro", "business"), (10, 25), ("month", "year"))
)


@pytest.mark.parametrize(
    ("action", "facets", "changes", "expected"),
    [
        ("member.role_changed", (), {"/role": ROLE}, "Dana changed the role of X from member to admin"),
        ("member.role_changed", (), {"/email": {"before": "a", "after": "b"}}, "Dana changed the membership of X: email a → b"),
        ("member.role_changed", (), {}, "Dana changed the role of X"),
        ("member.role_changed", (), {"/role": {"before": "admin", "after": "\u0430dmin"}}, "Dana changed the role of X"),
        ("member.role_changed", (), {"/role": {"before": "caf\u00e9", "after": "cafe\u0301"}}, "Dana changed the role of X"),
        ("member.role_changed", (), {"/role": {"before": "admin", "after": "admin "}}, "Dana changed the role of X"),
        ("member.role_changed", (), {"/role": {"before": "member", "after": " admin"}}, "Dana changed the role of X"),
        ("member.role_changed", (), {"/role": {"before": "null", "after": "admin"}}, "Dana changed the role of X"),
        ("member.invite_sent", (), {"/role": {"after": "admin\u00a0"}}, "Dana invited X"),
        ("billing.plan_upgraded", (), {"/plan": PLAN}, "Dana upgraded the subscription from pro to business"),
        ("billing.plan_upgraded", (), {"/plan": PLAN, "/seats": SEATS}, "Dana upgraded the subscription from pro to business: seats 10 → 25"),
        ("billing.plan_upgraded", (), {"/interval": YEARLY, "/plan": PLAN, "/seats": SEATS}, "Dana upgraded the subscription from pro to business and made 2 more changes"),
        ("billing.plan_upgraded", (), {"/seats": SEATS}, "Dana upgraded the X subscription: seats 10 → 25"),
        ("billing.plan_downgraded", (), {"/interval": YEARLY, "/seats": SEATS}, "Dana downgraded the X subscription: interval month → year, seats 10 → 25"),
        ("billing.plan_downgraded", (), {"/plan": {"before": "pro", "after": "pr\u043e"}}, "Dana downgraded the subscription to X"),
        ("billing.payment_failed", ("attempt:2",), AMOUNT, "Payment of EUR 129.00 failed (attempt 2)"),
        ("billing.payment_failed", ("attempt:2",), AMOUNT | {"/amount/currency": {"after": "XXX"}}, "Payment of invoice X failed (attempt 2)"),
        ("billing.addon_purchased", (), AMOUNT | {"/quantity": {"after": 5}}, "Dana bought 5 of the add-on X for EUR 129.00"),
        ("billing.addon_purchased", (), AMOUNT | {"/quantity": {"after": 5}, "/amount/currency": {"after": "XXX"}}, "Dana bought 5 of the add-on X"),
        ("billing.addon_purchased", (), AMOUNT, "Dana bought the add-on X"),
        ("workspace.settings_updated", (), {"/preferences/digest": {"before": "weekly", "after": "daily"}}, "Dana changed digest in the settings: weekly → daily"),
        ("workspace.settings_updated", (), {f"/preferences/{n}": {"after": n} for n in range(3)}, "Dana changed 3 fields in the settings"),
        ("workspace.settings_updated", (), {"/preferences/k": {"masked": True}}, "Dana changed k in the settings: masked"),
        ("workspace.settings_updated", (), {"/name": {"before": "Caf\u00e9", "after": "Cafe\u0301"}}, "Dana changed name in the settings"),
        ("workspace.settings_updated", (), {"/name": {"before": "x" * 90 + "a", "after": "x" * 90 + "b"}}, "Dana changed name in the settings"),
        ("workspace.settings_updated", (), {"/preferences/name": {"after": "b"}}, "Dana changed preferences › name in the settings: set to b"),
        ("workspace.settings_updated", (), {"/preferences/n\u0430me": {"after": "b"}}, "Dana changed preferences › n\u0430me in the settings: set to b"),
        ("workspace.settings_updated", (), {"/name": {"after": "a"}, "/preferences/name": {"after": "b"}}, "Dana changed name and preferences › name in the settings: set to a, set to b"),
        ("workspace.settings_updated", (), {"/preferences/\u0430": {"after": 1}, "/preferences/a": {"after": 2}}, "Dana changed preferences › [U+0430] and preferences › a in the settings: set to 1, set to 2"),
        ("workspace.settings_updated", (), {f"/preferences/{'x' * 50}{n}": {"after": n} for n in range(2)}, "Dana changed 2 fields in the settings"),
        ("workspace.settings_updated", (), {"/preferences/n": {"before": 1, "after": "1"}}, 'Dana changed n in the settings: 1 → "1"'),
        ("workspace.settings_updated", (), {"/preferences/n": {"before": "a\nb", "after": "x\n" * 30}}, f'Dana changed n in the settings: a[U+000A]b → "{"x[U+000A]" * 20}…"'),
        ("workspace.settings_updated", (), {"/preferences/n": {"after": "a[U+000A]b"}}, "Dana changed n in the settings: set to a[U+005B]U+000A]b"),
        ("schedule.lifecycle_changed", ("operation:edited",), {"/recipients": {"before": ["a"], "after": ["b"], "added": ["b"], "removed": ["a"]}}, "Dana edited the schedule X: recipients added b, removed a"),
        ("schedule.lifecycle_changed", ("operation:edited",), {"/recipients": {"before": [], "after": ["b, removed a"], "added": ["b, removed a"], "removed": []}}, 'Dana edited the schedule X: recipients added "b, removed a"'),
        ("schedule.lifecycle_changed", ("operation:edited",), {"/cron": {"before": "x", "after": "y, timezone removed"}}, 'Dana edited the schedule X: cron x → "y, timezone removed"'),
        ("workspace.settings_updated", (), {"/preferences/name and timezone": {"before": "a", "after": "b"}}, 'Dana changed "name and timezone" in the settings: a → b'),
        ("schedule.lifecycle_changed", ("operation:edited",), {"/recipients": {"before": ["admin"], "after": ["\u0430dmin"], "added": ["\u0430dmin"], "removed": ["admin"]}}, "Dana edited the schedule X: recipients 1 added, 1 removed"),
        ("schedule.lifecycle_changed", ("operation:edited",), {"/recipients": {"before": [], "after": ["x" * 50, "x" * 60], "added": ["x" * 50, "x" * 60], "removed": []}}, "Dana edited the schedule X: recipients 2 added"),
        ("schedule.lifecycle_changed", ("operation:paused",), {"/status": {"before": "active", "after": "paused"}}, "Dana paused the schedule X"),
        ("schedule.lifecycle_changed", ("operation:created",), {"/name": {"after": "X"}}, "Dana created the schedule X"),
    ],
)  # fmt: skip
def test_a_sentence_names_the_change(action: str, facets: tuple[str, ...], changes: Any, expected: str) -> None:
    """One or two changes, money, members of a list; never two values that would read the same."""
    assert said(action, changes, *facets) == expected


VALUES = [[], [1], [1, 2, 3], {}, {"a": 1}, None, True, False, 0, 3, -1.5, 1e30, "", "a", " a", "3", "null", "masked"]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("other", VALUES, ids=repr)
def test_no_text_reads_as_another_value(value: Any, other: Any) -> None:
    """What the sentence says of a value is never what it says of a text, also if the text is just that."""
    words = said("workspace.settings_updated", {"/timezone": {"after": value}}).partition("set to ")[2]
    assert (words == said("workspace.settings_updated", {"/timezone": {"after": other}}).partition("set to ")[2]) == (
        json.dumps(value) == json.dumps(other)
    )
    for text in (words, words.strip('"'), "a → b"):
        if not isinstance(value, str):
            assert said("workspace.settings_updated", {"/timezone": {"after": text}}).endswith(f'set to "{text}"')


@pytest.mark.parametrize(
    "text",
    [
        "tru\u0435",
        "nuII",
        "r\u0435moved",
        "\u0430n empty list",
        "a list of l",
        "\uff15",
        "a \uffeb b",
        "in \u0430nother order",
    ],
)
def test_no_text_looks_like_another_value(text: str) -> None:
    """With letters of other alphabets, where the sentence has nothing to compare it with."""
    assert said("workspace.settings_updated", {"/timezone": {"after": text}}).endswith(f'set to "{text}"')


@pytest.mark.parametrize(
    "name",
    [
        "System (billing)",
        "S\u0443stem (x)",
        "SYSTEM (x)",
        "system\u00a0(x)",
        "System\uff08x)",
        " System(x)",
        "\u200eSystem (x)",
    ],
)
def test_nobody_looks_like_a_service(name: str) -> None:
    """Whoever has such an address is shown in quotes, whichever letters and case it has."""
    entry = SimpleNamespace(actor_type="user", actor_id="user_1", actor_email=name)

    assert actor_name(entry) == f'"{visible(name)}"'
    assert (
        actor_name(SimpleNamespace(actor_type="user", actor_id="systems@x.example", actor_email=None))
        == "systems@x.example"
    )
    assert actor_name(SimpleNamespace(actor_type="system", actor_id="x", actor_email=None)) == "System (x)"


@pytest.mark.parametrize(
    ("action", "label", "expected"),
    [
        ("billing.addon_purchased", "", 'Dana bought the add-on ""'),
        ("billing.addon_purchased", "sso", "Dana bought the add-on sso"),
        ("billing.plan_upgraded", "", 'Dana upgraded the subscription to ""'),
        ("workspace.settings_updated", "", "Dana changed the settings of org_1 ()"),
        ("report.exported", "", "Dana exported the report org_1 as "),
    ],
)
def test_what_has_an_empty_name_is_not_called_by_the_workspaces_id(action: str, label: str, expected: str) -> None:
    """The id of an add-on's entry is the workspace's; that of a report is its own, and says more than an empty name."""
    entry = SimpleNamespace(
        action=action, facets=(), actor_type="user", actor_id="Dana", actor_email=None, subject_id="org_1", subject_label=label, diff=None,
    )  # fmt: skip

    assert summary(entry) == expected


def test_values_are_parts_of_their_own() -> None:
    """A value written from right to left cannot move the arrow: a page isolates each."""
    changes = {"/name": {"before": "\u05d0", "after": "\u05d1"}}
    sentence_parts = parts(BY_NAME["workspace.settings_updated"], "Dana", "X", [], changes)

    assert [part.text for part in sentence_parts if part.names == "value"] == ["name", "\u05d0", "\u05d1"]
    assert (" → ", "") in sentence_parts
