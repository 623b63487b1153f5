"""What must be true of the answer to any record: refused with a reason of the closed list, or read as Apache's library reads it."""

import json
from datetime import datetime
from typing import Any

from avro.errors import AvroException

import schemas
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.decode import Decoder
from consumer.event.framing import CONFLUENT_BODY, CONFLUENT_MARKER, SINGLE_OBJECT_BODY
from consumer.event.model import Ignored, NeedsSchema, Parked, Poison, Recorded
from consumer.event.pipeline import Pipeline
from tests.builders import record
from tests.fuzz import second
from tests.fuzz.cases import Case

MAX_DETAIL = 2000  # characters; a detail is for a person
IDS = ("workspace_id", "event_source", "event_id", "actor_id", "subject_id")


def answer(decoder: Decoder, case: Case) -> str:
    """The outcome's word, after everything that must be true of it has been found to be. AssertionError otherwise."""
    decoder.learn(case.schema_id, case.writer)
    outcome = Pipeline(decoder).run(record(case.message))
    _agree(decoder, case)
    match outcome:
        case Parked(reason, detail):
            assert isinstance(reason, ParkReason)
            assert _storable(detail) and len(detail) <= MAX_DETAIL, detail
            return f"parked: {reason}"
        case Ignored(reason):
            assert isinstance(reason, IgnoreReason)
            return f"ignored: {reason}"
        case Recorded():
            _check_row(outcome, case)
            return "recorded"
        case NeedsSchema(number):
            assert number != case.schema_id
            return "another schema is asked for"


def _agree(decoder: Decoder, case: Case) -> None:
    """What our decoder reads is what the second implementation reads."""
    value = case.message.value or b""
    try:
        ours = decoder.decode(case.ce_type, value)
    except Poison as poison:
        assert isinstance(poison.reason, ParkReason)
        return
    if isinstance(ours, NeedsSchema):
        return
    reader = schemas.latest(case.ce_type).text
    writer, at = (case.writer, CONFLUENT_BODY) if value.startswith(CONFLUENT_MARKER) else (reader, SINGLE_OBJECT_BODY)
    try:
        theirs = second.read(writer, reader, value[at:])
    except second.NoOpinion:
        return
    except AvroException as error:
        raise AssertionError(f"read by us as {ours}, refused by the second implementation: {error!s:.400}") from None
    assert second.same(ours, theirs), f"ours {ours}\ntheirs {theirs}"


def _check_row(recorded: Recorded, case: Case) -> None:
    """The row can be stored, and its identity is that of the headers, byte for byte."""
    row, headers = recorded.row, dict(case.message.headers)
    assert (headers["ce_source"], headers["ce_id"]) == (row.event_source.encode(), row.event_id.encode())
    assert case.message.key == row.workspace_id.encode()
    assert all(0 < len(getattr(row, name).encode()) <= 255 for name in IDS)
    assert all(_storable(text) for text in row if isinstance(text, str)) and all(map(_storable, row.facets))
    assert datetime.fromisoformat(row.occurred_at).utcoffset() is not None
    assert len(row.content_digest) == 32
    diff = json.loads(row.diff, parse_constant=_refuse)
    assert list(diff["changes"]) == sorted(diff["changes"])


def _storable(text: str) -> bool:
    """Whether PostgreSQL takes it: no NUL, and nothing that is not Unicode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")
