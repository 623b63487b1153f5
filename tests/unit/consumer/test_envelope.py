from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import ParkReason
from consumer.event import envelope
from consumer.event.model import Headers, Poison

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GOOD: dict[str, bytes | None] = {
    "ce_specversion": b"1.0",
    "ce_id": b"evt-1",
    "ce_source": b"/services/billing",
    "ce_type": b"billing.payment_failed",
    "ce_time": b"2026-11-22T21:38:00.123456Z",
    "content-type": b"application/avro",
}


def headers(**changed: bytes | None) -> list[tuple[str, bytes | None]]:
    return list(
        (GOOD | {name.replace("content_type", "content-type"): value for name, value in changed.items()}).items()
    )


def refusal(given_headers: Headers) -> ParkReason:
    with pytest.raises(Poison) as caught:
        envelope.read(given_headers)
    return caught.value.reason


def time_of(text: str) -> datetime:
    result = envelope.read(headers(ce_time=text.encode()))
    time = datetime.fromisoformat(result.time)
    assert result.time == time.isoformat("T", "microseconds").removesuffix("+00:00") + "Z"
    assert result.time_us == (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return time


def trace_of(*values: bytes | None) -> str | None:
    return envelope.read([*headers(), *(("traceparent", value) for value in values)]).trace_id


def test_reads_all_attributes() -> None:
    """A complete set of headers becomes an envelope, whatever their order and whatever else is there."""
    noise: list[tuple[str, bytes | None]] = [("x", None), ("x", b"\xff"), ("ce_subject", None)]

    result = envelope.read([*noise, *reversed(headers())])

    assert result == (
        "evt-1",
        "/services/billing",
        "billing.payment_failed",
        "2026-11-22T21:38:00.123456Z",
        1_795_383_480_123_456,
        None,
    )


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_required_header_is_required(name: str) -> None:
    """One header missing, repeated, null or not UTF-8 makes a record no CloudEvent (or its time a bad one)."""
    missing = [(key, value) for key, value in GOOD.items() if key != name]
    unreadable = ParkReason.BAD_TIME if name == "ce_time" else ParkReason.NOT_CLOUDEVENTS

    assert refusal(missing) is ParkReason.NOT_CLOUDEVENTS
    assert refusal([*headers(), (name, GOOD[name])]) is ParkReason.NOT_CLOUDEVENTS
    assert refusal([*missing, (name, None)]) is ParkReason.NOT_CLOUDEVENTS
    assert refusal([*missing, (name, b"\xff")]) is unreadable


@pytest.mark.parametrize("version", [b"1.1", b"0.3", b"", b"1.0 "])
def test_only_version_1_0(version: bytes) -> None:
    """Another specversion is not the CloudEvents that we know."""
    assert refusal(headers(ce_specversion=version)) is ParkReason.NOT_CLOUDEVENTS


@pytest.mark.parametrize(
    "media_type", [b"Application/AVRO", b"application/avro; charset=binary", b"application/avro ;x"]
)
def test_media_type_is_compared_as_one(media_type: bytes) -> None:
    """The content type is compared without case and without parameters."""
    assert envelope.read(headers(content_type=media_type)).id == "evt-1"


@pytest.mark.parametrize(
    "media_type", [b"application/json", b"application/cloudevents+avro", b"", b"avro", b"application/avrox"]
)
def test_other_media_types_are_refused(media_type: bytes) -> None:
    """Structured mode and other formats are not read."""
    assert refusal(headers(content_type=media_type)) is ParkReason.NOT_CLOUDEVENTS


@pytest.mark.parametrize("name", ["ce_id", "ce_source"])
def test_identity_is_checked(name: str) -> None:
    """The two ids are non-empty, at most 255 bytes, and free of NUL; nothing else is asked of them."""
    assert refusal(headers(**{name: b""})) is ParkReason.ID_MISSING
    assert refusal(headers(**{name: b"a\0b"})) is ParkReason.ID_MALFORMED
    assert refusal(headers(**{name: b"a" * 256})) is ParkReason.TOO_LARGE
    assert refusal(headers(**{name: "é".encode() * 128})) is ParkReason.TOO_LARGE
    assert envelope.read(headers(**{name: b"a" * 255}))
    assert envelope.read(headers(**{name: "a b\n é".encode()}))


def test_type_is_not_empty() -> None:
    """An empty ce_type is no type."""
    assert refusal(headers(ce_type=b"")) is ParkReason.NOT_CLOUDEVENTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T21:38:00Z", datetime(2026, 11, 22, 21, 38, tzinfo=UTC)),
        ("2026-11-22t21:38:00z", datetime(2026, 11, 22, 21, 38, tzinfo=UTC)),
        ("2026-11-22T21:38:00-00:00", datetime(2026, 11, 22, 21, 38, tzinfo=UTC)),
        ("2026-11-22T23:08:00.5+05:30", datetime(2026, 11, 22, 17, 38, 0, 500000, UTC)),
        ("2026-11-22T21:38:00.1234569Z", datetime(2026, 11, 22, 21, 38, 0, 123456, UTC)),
        ("2026-12-31T23:59:59.999999999999Z", datetime(2026, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-30T23:59:59Z", datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_time_is_rfc_3339(text: str, expected: datetime) -> None:
    """T and Z in either case, any offset, digits past microseconds cut; the result is UTC."""
    time = time_of(text)

    assert (time, time.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T21:38:00",
        "2026-11-22 21:38:00Z",
        "2026-11-22T21:38Z",
        "2026-11-22T21:38:00,5Z",
        "2026-11-22T21:38:00.Z",
        "20261122T213800Z",
        "2026-W47-7T21:38:00Z",
        "2026-326T21:38:00Z",
        "2026-11-22T21:38:00+05",
        "2026-11-22T21:38:00+0530",
        "2026-11-22T21:38:00+05:30:10",
        "2026-11-22T21:38:00+24:00",
        "2026-11-22T21:38:00+05:60",
        "2026-11-22T24:00:00Z",
        "2026-11-22T23:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T00:00:00Z",
        "2026-11-22T24:00:00.000000Z",
        "2016-12-31T23:59:60.000000Z",
        "2026-13-01T00:00:00.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "10000-01-01T00:00:00Z",
        "-2026-11-22T21:38:00Z",
        " 2026-11-22T21:38:00Z",
        "2026-11-22T21:38:00Z\n",
        "२०२६-11-22T21:38:00Z",
        "1763847480",
    ],
)
def test_everything_else_is_a_bad_time(text: str) -> None:
    """Other ISO 8601 forms, no zone, leap seconds and years that cannot be held are refused."""
    assert refusal(headers(ce_time=text.encode())) is ParkReason.BAD_TIME


@given(
    st.datetimes(timezones=st.timezones() | st.just(UTC), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001 hypothesis wants them naive
)
def test_every_time_with_whole_minutes_offset_comes_back(time: datetime) -> None:
    """What Python prints with a zone of whole minutes is read as the same instant."""
    offset = time.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        time = time.replace(tzinfo=UTC)

    assert time_of(time.isoformat()) == time.astimezone(UTC)


@given(st.text(alphabet="0123456789-:.+TZtz ", max_size=35) | st.text(max_size=35))
def test_any_text_is_read_or_refused_as_a_time(text: str) -> None:
    """No text makes the reader of times fail in another way."""
    try:
        assert time_of(text).tzinfo is UTC
    except Poison as poison:
        assert poison.reason is ParkReason.BAD_TIME


def test_valid_traceparent_gives_the_trace_id() -> None:
    """Version 00 as it is, later versions with whatever they add."""
    parent = f"{TRACE}-00f067aa0ba902b7-01"

    assert trace_of(f"00-{parent}".encode()) == TRACE
    assert trace_of(f"cc-{parent}".encode()) == TRACE
    assert trace_of(f"cc-{parent}-what-ever".encode()) == TRACE


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xff",
        f"ff-{TRACE}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-00f067aa0ba902b7-01-more".encode(),
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE[:-1]}g-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}0-0f067aa0ba902b7-01".encode(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"cc-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-00f067aa0ba902b7-01\n".encode(),
    ],
)
def test_invalid_traceparent_is_ignored(value: bytes | None) -> None:
    """A trace context that is not valid costs the trace id, never the record."""
    assert trace_of(value) is None


def test_repeated_traceparent_is_ignored() -> None:
    """Two trace contexts are none, even if they are the same."""
    value = f"00-{TRACE}-00f067aa0ba902b7-01".encode()

    assert trace_of(value, value) is None


@given(
    st.lists(st.tuples(st.sampled_from([*GOOD, "traceparent", "x"]), st.none() | st.binary(max_size=40)), max_size=12)
)
def test_any_headers_are_read_or_refused(extra: list[tuple[str, bytes | None]]) -> None:
    """No headers at all make the reader fail in another way than with a reason."""
    replaced = dict(extra)
    for given_headers in (extra, list((GOOD | replaced).items()), [*headers(), *extra]):
        try:
            result = envelope.read(given_headers)
        except Poison:
            continue
        assert result.id
        assert result.source
        assert datetime.fromisoformat(result.time).tzinfo is UTC
