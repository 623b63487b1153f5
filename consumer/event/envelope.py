"""The CloudEvents attributes out of a record's headers: CloudEvents 1.0, Kafka binding, binary mode (SPEC 3).

It runs for every record, so a good record takes few calls, and only a bad one is examined.
"""

import re
from collections import Counter
from datetime import UTC, datetime

from catalog.reasons import ParkReason
from consumer.event.identity import check_id
from consumer.event.model import Envelope, Headers, Poison, new
from runtime.timestamps import RFC_3339, iso, microseconds

_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type")
_AVRO = b"application/avro"
# For bytes, which need not be decoded to be refused: `_time` runs for every record. To move an event from second 60 to another
# one would be a guess.
_TIME = re.compile(RFC_3339.pattern.encode())
# How nearly all of them are written, which is also how they are stored: recognized by one comparison, with every digit
# replaced by a zero.
_CANONICAL = b"0000-00-00T00:00:00.000000Z"
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LAST = "9999-12-30T23:59:59.999999Z"  # whatever zone a session reads it in, it stays a year that Python has
# W3C Trace Context: version 00 in the same way, and of later ones the part that is promised to stay.
_TRACEPARENT = b"00-00000000000000000000000000000000-0000000000000000-00"
_HEX = bytes.maketrans(b"123456789abcdef", b"000000000000000")
_NO_TRACE, _NO_SPAN = _TRACEPARENT[3:35], _TRACEPARENT[36:52]
_LATER_TRACEPARENT = re.compile(
    rb"(?!00|ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?", re.DOTALL
)


def read(headers: Headers) -> Envelope:
    """The envelope of a record; the order of headers does not matter, unknown headers and ce_subject are ignored.

    Poison: NOT_CLOUDEVENTS, BAD_TIME, ID_MISSING, ID_MALFORMED, TOO_LARGE.
    """
    by_name = dict(headers)
    trace = by_name.get("traceparent")
    if len(by_name) != len(headers):
        repeated = Counter(name for name, _ in headers)
        _refuse_repeated(repeated)
        if repeated["traceparent"] > 1:
            trace = None
    try:
        if by_name["ce_specversion"] != b"1.0":
            raise _not_cloudevents(f"ce_specversion is {by_name['ce_specversion']!r}, not 1.0")
        media_type = by_name["content-type"]
        if media_type != _AVRO:
            _check_media_type(media_type)
        event_id, source, time = by_name["ce_id"], by_name["ce_source"], by_name["ce_time"]
        event_type = _text("ce_type", by_name["ce_type"])
    except KeyError as missing:
        raise _not_cloudevents(f"no header {missing.args[0]}") from None
    if not event_type:
        raise _not_cloudevents("ce_type is empty")
    text, time_us = _time(time)
    trace_id = _trace_id(trace) if trace else None
    return new(Envelope, (_id("ce_id", event_id), _id("ce_source", source), event_type, text, time_us, trace_id))


def _id(name: str, value: bytes | None) -> str:
    text = _text(name, value)
    check_id(text, name)
    return text


def _text(name: str, value: bytes | None) -> str:
    if value is None:
        raise _not_cloudevents(f"{name} is null")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _not_cloudevents(f"{name} is not UTF-8: {value[:60]!r}") from None


def _time(value: bytes | None) -> tuple[str, int]:
    """UTC; digits past microseconds are cut; -00:00 (RFC 3339: UTC, local offset unknown) is UTC."""
    if value is None:
        raise _not_cloudevents("ce_time is null")
    usual = value.translate(_DIGITS) == _CANONICAL and value[11:13] < b"24"
    if not (usual or _TIME.fullmatch(value)):
        raise Poison(ParkReason.BAD_TIME, f"ce_time is {value[:60]!r}, not RFC 3339 with a zone")
    try:
        text = value.decode()
        if usual:
            time = datetime.fromisoformat(text)
        else:
            time = datetime.fromisoformat(text.upper()).astimezone(UTC)
            text = iso(time)
    except (ValueError, OverflowError) as fault:
        raise Poison(ParkReason.BAD_TIME, f"ce_time is {value[:60]!r}: {fault}") from None
    if text > _LAST:
        raise Poison(ParkReason.BAD_TIME, f"ce_time is {value[:60]!r}, later than can be stored")
    return text, microseconds(time)


def _trace_id(value: bytes) -> str | None:
    if value.startswith(b"00"):
        trace, valid = value[3:35], value.translate(_HEX) == _TRACEPARENT
        return trace.decode() if valid and trace != _NO_TRACE and value[36:52] != _NO_SPAN else None
    later = _LATER_TRACEPARENT.fullmatch(value)
    return later[1].decode() if later else None


def _check_media_type(value: bytes | None) -> None:
    essence = b"" if value is None else value.partition(b";")[0].strip().lower()
    if essence != _AVRO:
        raise _not_cloudevents(f"content-type is {value[:60] if value else value!r}, not application/avro")


def _refuse_repeated(counts: Counter[str]) -> None:
    repeated = [name for name in _REQUIRED if counts[name] > 1]
    if repeated:
        raise _not_cloudevents(f"repeated: {', '.join(repeated)}")


def _not_cloudevents(detail: str) -> Poison:
    return Poison(ParkReason.NOT_CLOUDEVENTS, detail)
