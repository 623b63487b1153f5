"""The pipeline gives every record exactly one outcome, in the order of SPEC 4, and never raises for what was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from catalog.reasons import IgnoreReason, ParkReason
from catalog.topics import IGNORED
from consumer.event import pipeline
from consumer.event.avro.binary import MAX_VALUES
from consumer.event.decode import MAX_VALUE, Decoder
from consumer.event.model import Ignored, NeedsSchema, Outcome, Parked, Recorded
from consumer.event.pipeline import Pipeline
from tests.builders import ONE_OF_EACH, Message, event, example, record

PIPELINE = Pipeline(Decoder(schemas.all_schemas()))
EDITS = ("schedule.edited", "workspace.settings_changed", "member.role_changed", "billing.subscription_changed")


def run(message: Message) -> Outcome | NeedsSchema:
    return PIPELINE.run(record(message, timestamp_ms=None))


def reason(message: Message) -> object:
    """The reason of a message that is ignored or parked."""
    outcome = run(message)
    assert isinstance(outcome, Ignored | Parked), outcome
    return outcome.reason


def recorded(message: Message) -> Recorded:
    outcome = run(message)
    assert isinstance(outcome, Recorded), outcome
    return outcome


@pytest.mark.parametrize("action", ONE_OF_EACH)
def test_audited_event_is_recorded_as_its_type(action: str) -> None:
    """An event of each of the fourteen types becomes a row of that action, with nothing replaced."""
    ce_type, case = ONE_OF_EACH[action]
    outcome = recorded(event(ce_type, case))

    assert (outcome.row.action, outcome.sanitized) == (action, False)


@pytest.mark.parametrize("ce_type", IGNORED)
def test_ignored_type_is_dropped_without_reading_its_body(ce_type: str) -> None:
    """A type listed as not audited needs its ce_type and its schema to agree; its body and key are not read."""
    message = event(ce_type)
    assert message.value is not None

    assert reason(message) is IgnoreReason.NOT_AUDITED
    assert reason(message._replace(value=message.value[:10] + b"\xff\xff", key=None)) is IgnoreReason.NOT_AUDITED


@pytest.mark.parametrize("ce_type", IGNORED)
def test_header_cannot_hide_another_type(ce_type: str) -> None:
    """An audited event, or another ignored one, whose header claims an ignored type is parked, not dropped."""
    other = "report.viewed" if ce_type != "report.viewed" else "dashboard.viewed"

    assert reason(event("member.removed").with_headers(ce_type=ce_type)) is ParkReason.SCHEMA_MISMATCH
    assert reason(event(other).with_headers(ce_type=ce_type)) is ParkReason.SCHEMA_MISMATCH


def test_second_ce_type_cannot_hide_an_event() -> None:
    """A record with two ce_types is no CloudEvent, even if one of them is ignored."""
    message = event("report.viewed")

    for first, second in (("report.viewed", "member.removed"), ("report.viewed", "report.viewed")):
        others = tuple(header for header in message.headers if header[0] != "ce_type")
        doubled = message._replace(headers=(("ce_type", first.encode()), *others, ("ce_type", second.encode())))
        assert reason(doubled) is ParkReason.NOT_CLOUDEVENTS


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", ParkReason.NOT_CLOUDEVENTS),
        (b"\xff", ParkReason.NOT_CLOUDEVENTS),
        (b"member.removed2", ParkReason.UNKNOWN_TYPE),
        (b"Member.removed", ParkReason.UNKNOWN_TYPE),
        (b"report.view", ParkReason.UNKNOWN_TYPE),
        (b"x" * 10_000, ParkReason.UNKNOWN_TYPE),
    ],
    ids=["empty", "not UTF-8", "longer", "other case", "shorter", "huge"],
)
def test_type_that_no_one_has_listed_is_parked(header: bytes, expected: ParkReason) -> None:
    """An unlisted type is never ignored: that is how an audit log would lose a new event."""
    assert reason(event("member.removed").with_headers(ce_type=header)) is expected


def test_unlisted_type_is_named_in_the_detail() -> None:
    """The detail of a parked record names the type that no one has listed."""
    outcome = run(event("member.removed").with_headers(ce_type="member.banned"))

    assert outcome == Parked(ParkReason.UNKNOWN_TYPE, "no one has listed 'member.banned'")


@pytest.mark.parametrize("ce_type", EDITS)
def test_edit_without_change_is_ignored(ce_type: str) -> None:
    """An edit whose snapshots are the same changes nothing."""
    same = example(ce_type).data["before"]

    assert reason(event(ce_type, data={"before": same, "after": same})) is IgnoreReason.NO_CHANGE


@pytest.mark.parametrize("ce_type", ["schedule.paused", "schedule.activated", "integration.reconnected"])
def test_deed_without_change_is_recorded(ce_type: str) -> None:
    """Pausing, activating and reconnecting are deeds: they are recorded even where no field changed."""
    same = example(ce_type).data["before"]

    assert recorded(event(ce_type, data={"before": same, "after": same})).row.diff == '{"changes":{}}'


def test_edit_of_a_masked_preference_is_recorded() -> None:
    """A secret that changed is a change, though its value is nowhere in the row."""
    settings = {"name": "n", "timezone": "UTC", "preferences": {"api_key": "hush-1"}}
    changed = {**settings, "preferences": {"api_key": "hush-2"}}
    outcome = recorded(event("workspace.settings_changed", data={"before": settings, "after": changed}))

    assert outcome.row.diff == '{"changes":{"/preferences/api_key":{"masked":true}}}'
    assert "hush" not in repr(outcome)


def test_tombstone_is_ignored() -> None:
    """A key without a value is a tombstone, whatever its headers say; without a key it is not even that."""
    message = event()._replace(value=None)

    assert reason(message) is reason(message._replace(headers=())) is IgnoreReason.TOMBSTONE
    assert reason(message._replace(key=None)) is ParkReason.KEY_MISSING


@pytest.mark.parametrize("ce_type", ["member.removed", "report.viewed"])
def test_empty_value_is_not_a_tombstone(ce_type: str) -> None:
    """A value of no bytes is a broken event, audited or not."""
    assert reason(event(ce_type)._replace(value=b"")) is ParkReason.EMPTY_VALUE


@pytest.mark.parametrize("ce_type", ["member.removed", "report.viewed", "no.such"])
def test_value_over_eight_mebibytes_is_too_large_before_anything_else(ce_type: str) -> None:
    """Size comes first: nothing of a huge value is read, whatever its headers say. The limit itself is allowed."""
    message = event("member.removed").with_headers(ce_type=ce_type)

    assert reason(message._replace(value=b"\xc3\x01" + bytes(MAX_VALUE - 1), headers=())) is ParkReason.TOO_LARGE
    assert reason(message._replace(value=b"\xc3\x01" + bytes(MAX_VALUE - 2))) is not ParkReason.TOO_LARGE


def test_value_of_too_many_values_is_too_large() -> None:
    """A valid value with as many recipients as may be is recorded; one more is parked as too large, as whoever sends it must be told."""
    schedule = {**example("schedule.edited").data["before"], "recipients": [""] * (MAX_VALUES // 2)}

    def edited(recipients: int) -> Message:
        return event(
            "schedule.edited", data={"before": schedule, "after": {**schedule, "recipients": ["a"] * recipients}}
        )

    assert isinstance(run(edited(MAX_VALUES // 2)), Recorded)
    parked = run(edited(MAX_VALUES // 2 + 1))
    assert parked == Parked(
        ParkReason.TOO_LARGE, f"the value's lists and maps hold more values than the limit, which is {MAX_VALUES}"
    )


@pytest.mark.parametrize(
    ("key", "data", "expected"),
    [
        (None, {}, ParkReason.KEY_MISSING),
        (b"\xff", {}, ParkReason.KEY_MISSING),
        (b"org_other", {}, ParkReason.KEY_MISMATCH),
        (b"", {}, ParkReason.KEY_MISMATCH),
        (b"", {"workspace_id": ""}, ParkReason.ID_MISSING),
        (b"acme", {"workspace_id": "acme"}, ParkReason.ID_MALFORMED),
        (b"org_\0", {"workspace_id": "org_\0"}, ParkReason.ID_MALFORMED),
        (b"org_" + b"x" * 252, {"workspace_id": "org_" + "x" * 252}, ParkReason.TOO_LARGE),
    ],
    ids=str,
)
def test_key_must_be_the_workspace(key: bytes | None, data: dict[str, Any], expected: ParkReason) -> None:
    """A record whose key is not its own well-formed workspace is parked: recorded, it could leak to another tenant."""
    assert reason(event("member.removed", data=data)._replace(key=key)) is expected


def test_unknown_plan_is_parked_with_its_name() -> None:
    """A plan outside the order is a question for a person, and the detail says which plan."""
    outcome = run(event("billing.subscription_changed", "unknown_plan"))

    assert isinstance(outcome, Parked)
    assert outcome.reason is ParkReason.UNKNOWN_PLAN
    assert "'pro-2027'" in outcome.detail


def test_nul_is_kept_out_of_text_and_parks_in_an_id() -> None:
    """NUL in a title costs a character and asks for the original; in an id it parks the record."""
    titled = recorded(event("report.exported", data={"title": "a\0b"}))

    assert (titled.row.subject_label, titled.sanitized) == ("a\ufffdb", True)
    assert titled.row.facets == ["format:pdf", "sanitized:text"]
    assert reason(event("report.exported", data={"report_id": "a\0b"})) is ParkReason.ID_MALFORMED


def test_keys_that_meet_once_sanitized_are_both_recorded() -> None:
    """A preference that went and one that came, whose keys are one text without NUL, are two changes, in an edit and in a map that is new."""
    settings = example("workspace.settings_changed").data["before"]

    def changes(before: dict[str, Any], after: dict[str, Any]) -> Any:
        sides = {"before": {**settings, "preferences": before}, "after": {**settings, "preferences": after}}
        outcome = recorded(event("workspace.settings_changed", data=sides))
        assert outcome.sanitized
        assert outcome.row.facets == ["sanitized:text", "setting:preferences"]
        return json.loads(outcome.row.diff)["changes"]

    first, second = "/preferences/a\ufffd", "/preferences/a\ufffd (2)"
    assert changes({"a\0": 1}, {"a\ufffd": 2}) == {first: {"after": 2}, second: {"before": 1}}
    assert changes({}, {"a\0": 1, "a\ufffd": 2}) == {first: {"after": 2}, second: {"after": 1}}
    assert changes({"a\0": 1, "a\ufffd": 2}, {"a\0": 3, "a\ufffd": 2}) == {second: {"after": 3, "before": 1}}
    assert changes({"a\0": 1}, {"a\0": 2}) == {first: {"after": 2, "before": 1}}


def test_not_a_number_is_recorded_as_a_word() -> None:
    """NaN in a preference becomes a string, with a facet, and the entry is recorded."""
    settings = example("workspace.settings_changed").data["before"]
    after = {**settings, "preferences": {**settings["preferences"], "ratio": float("nan")}}
    outcome = recorded(event("workspace.settings_changed", data={"before": settings, "after": after}))

    assert outcome.sanitized
    assert '"/preferences/ratio":{"after":"NaN"}' in outcome.row.diff
    assert outcome.row.facets == ["sanitized:number", "setting:preferences"]


@pytest.mark.parametrize("ce_type", ["member.removed", "report.viewed"])
def test_unknown_registry_id_asks_for_its_schema(ce_type: str) -> None:
    """A Confluent-framed record of an id not yet known is no outcome: the shell fetches, learns and runs it again."""
    decoder = Decoder(schemas.all_schemas())
    with_registry, message = Pipeline(decoder), event(ce_type, schema_id=7)
    asked = with_registry.run(record(message))
    decoder.learn(7, schemas.latest(ce_type).text)

    assert asked == NeedsSchema(7)
    assert isinstance(with_registry.run(record(message)), Recorded if ce_type == "member.removed" else Ignored)


def test_both_framings_give_the_same_digest() -> None:
    """The same event in either framing is one event."""
    decoder = Decoder(schemas.all_schemas())
    decoder.learn(7, schemas.latest("member.removed").text)
    outcomes = [Pipeline(decoder).run(record(event(event_id="e", schema_id=id_))) for id_ in (None, 7)]
    digests = {outcome.row.content_digest for outcome in outcomes if isinstance(outcome, Recorded)}

    assert len(outcomes) == 2
    assert len(digests) == 1


def test_mistake_of_ours_is_not_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is not Poison goes through: a bug must stop the consumer, not park every record."""

    def broken(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(pipeline, "row", broken)

    with pytest.raises(KeyError, match="ours"):
        run(event())


HEADERS = st.lists(
    st.tuples(st.sampled_from(["ce_type", "ce_id", "ce_time", "x"]), st.none() | st.binary(max_size=9)), max_size=4
)


@given(
    HEADERS,
    st.none() | st.binary(max_size=40),
    st.none() | st.binary(max_size=9),
    st.sampled_from([*ONE_OF_EACH.values()]),
)
def test_nothing_that_is_sent_raises(
    extra: list[tuple[str, bytes | None]], tail: bytes | None, key: bytes | None, which: tuple[str, str]
) -> None:
    """Whatever headers, key and bytes arrive, the answer is an outcome."""
    message = event(*which)
    assert message.value is not None
    for value in (tail, None if tail is None else message.value[:10] + tail):
        for headers in (message.headers, tuple(extra), (*message.headers, *extra)):
            outcome = run(Message(key, value, headers))
            assert isinstance(outcome, Recorded | Ignored | Parked | NeedsSchema)
