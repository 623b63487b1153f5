"""The few rules of the catalog that are not data: plans, secret keys, names of clients, sentences."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import plans
from catalog.audit_types import BY_CE_TYPE, BY_NAME
from catalog.clients import display_name
from catalog.plans import Direction, UnknownPlan, direction
from catalog.reasons import IgnoreReason, ParkReason
from catalog.secret_keys import SECRET_ENDINGS, names_secret
from catalog.wording import parts, sentence

SUBSCRIPTIONS = st.fixed_dictionaries(
    {
        "plan": st.sampled_from(plans.PLANS),
        "seats": st.integers(-(2**31), 2**31 - 1),
        "interval": st.sampled_from(plans.INTERVALS),
    }
)


def subscription(plan: str, seats: int, interval: str) -> dict[str, Any]:
    return {"plan": plan, "seats": seats, "interval": interval}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("free", 5, "month"), ("starter", 1, "month"), Direction.UPGRADE),
        (("starter", 5, "month"), ("pro", 5, "month"), Direction.UPGRADE),
        (("pro", 5, "year"), ("business", 4, "month"), Direction.UPGRADE),
        (("business", 5, "month"), ("enterprise", 5, "month"), Direction.UPGRADE),
        (("pro", 5, "year"), ("pro", 6, "month"), Direction.UPGRADE),
        (("pro", 5, "month"), ("pro", 5, "year"), Direction.UPGRADE),
        (("enterprise", 1, "month"), ("free", 9, "year"), Direction.DOWNGRADE),
        (("pro", 5, "month"), ("pro", 5, "month"), Direction.NO_CHANGE),
    ],
)
def test_plan_then_seats_then_interval_decide(before: Any, after: Any, expected: Direction) -> None:
    """A change is up or down by plan, then seats, then interval, and nothing else."""
    assert expected == direction(subscription(*before), subscription(*after))


@given(SUBSCRIPTIONS, SUBSCRIPTIONS)
def test_way_back_is_the_opposite(before: Any, after: Any) -> None:
    """What is an upgrade one way is a downgrade the other way; no change is exactly equality."""
    opposite = {
        Direction.UPGRADE: Direction.DOWNGRADE,
        Direction.DOWNGRADE: Direction.UPGRADE,
        Direction.NO_CHANGE: Direction.NO_CHANGE,
    }

    assert opposite[direction(before, after)] is direction(after, before)
    assert (direction(before, after) is Direction.NO_CHANGE) == (before == after)


@pytest.mark.parametrize("unknown", ["Pro", "ultimate", "", "pro "])
def test_unknown_plan_is_never_guessed(unknown: str) -> None:
    """A plan outside the order is refused on either side, even where both sides are the same."""
    odd, known = subscription(unknown, 1, "month"), subscription("pro", 1, "month")
    for before, after in ((odd, known), (known, odd), (odd, odd)):
        with pytest.raises(UnknownPlan):
            direction(before, after)


def test_choice_gives_type_or_reason() -> None:
    """The catalog's choice for a subscription names a type, ignores, or parks with the plan in the detail."""
    choose = BY_CE_TYPE["billing.subscription_changed"].choose
    assert choose is not None
    free, pro, odd = (subscription(plan, 1, "month") for plan in ("free", "pro", "gold"))

    assert choose({"before": free, "after": pro}) == "billing.plan_upgraded"
    assert choose({"before": pro, "after": free}) == "billing.plan_downgraded"
    assert choose({"before": pro, "after": pro}) is IgnoreReason.NO_CHANGE
    parked = choose({"before": pro, "after": odd})
    assert isinstance(parked, tuple)
    assert parked[0] is ParkReason.UNKNOWN_PLAN
    assert "'gold'" in parked[1]


@pytest.mark.parametrize(
    "key",
    [
        "crm_token",
        "webhook_secret",
        "api_key_\u0662",
        "api_key_\u0968",
        "sso_password",
        "api_key",
        "API_KEY",
        "api-key",
        "apiKey",
        "APIKey",
        "apikey",
        "api key",
        "api.key",
        "token",
        "slackTokens",
        "api_key_2",
        "api_key_",
        "secretoken",
        "ａｐｉ＿ｋｅｙ",
        "api\u200bkey",
        "api_key\0",
    ],
)
def test_key_that_names_a_secret_is_known_however_written(key: str) -> None:
    """Case, separators, width, plural, a number or an invisible character do not hide a secret."""
    assert names_secret(key)


@pytest.mark.parametrize("key", ["", "theme", "token_expiry_days", "keyboard", "password_rules", "secretary", "source"])
def test_key_that_does_not_end_like_a_secret_is_not_masked(key: str) -> None:
    """What an admin must be able to read stays readable."""
    assert not names_secret(key)


@given(st.text(max_size=20), st.sampled_from(SECRET_ENDINGS), st.booleans())
def test_every_prefix_with_a_secret_ending_is_masked(prefix: str, ending: str, upper: bool) -> None:
    """Whatever is before `_token`, `_secret`, `_password`, `_key`, the value is masked."""
    key = f"{prefix}_{ending}"

    assert names_secret(key.upper() if upper else key)


@pytest.mark.parametrize(
    ("client", "shown"),
    [("claude-desktop", "Claude Desktop"), ("chatgpt", "ChatGPT"), ("zed", "zed"), (None, "an MCP client")],
)
def test_client_has_a_name_for_people(client: str | None, shown: str) -> None:
    """A listed client is shown by its product's name, another as it calls itself."""
    assert shown == display_name(client)


@pytest.mark.parametrize(
    ("action", "facets", "expected"),
    [
        ("schedule.lifecycle_changed", ["operation:paused"], "Dana paused the schedule X"),
        ("integration.connected", ["provider:hubspot"], "Dana connected HubSpot (X)"),
        ("report.exported", ["clock:ahead", "format:pdf"], "Dana exported the report X as PDF"),
        ("billing.payment_failed", ["attempt:2"], "Payment of invoice X failed (attempt 2)"),
        (
            "workspace.settings_updated",
            ["setting:name", "setting:timezone"],
            "Dana changed the settings of X (name, time zone)",
        ),
    ],
)
def test_entry_reads_as_a_sentence(action: str, facets: list[str], expected: str) -> None:
    """The sentence is made of the actor, the subject and the labels of the facets."""
    assert expected == sentence(BY_NAME[action], "Dana", "X", facets)


def test_braces_in_a_name_are_only_text() -> None:
    """A subject that looks like a template is not one."""
    said = sentence(BY_NAME["member.removed"], "{subject}", "{0}{actor.__class__}", [])

    assert said == "{subject} removed {0}{actor.__class__} from the workspace"


def test_a_sentence_comes_apart_into_words_and_names() -> None:
    """Each name is a part of its own that says what it names, and together the parts are the sentence."""
    audit_type = BY_NAME["report.exported"]
    sentence_parts = parts(audit_type, "Dana", "X", ["format:pdf"])

    assert sentence_parts == (
        ("Dana", "actor"), (" exported the report ", ""), ("X", "subject"), (" as ", ""), ("PDF", "format"),
    )  # fmt: skip
    assert "".join(part.text for part in sentence_parts) == sentence(audit_type, "Dana", "X", ["format:pdf"])
