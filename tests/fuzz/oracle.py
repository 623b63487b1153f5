"""What must be true of the answer to any record: refused with a reason of the closed list, or read as Apache's library reads it.

What the native code answers must be the pipeline's answer, too; where it is not built, it answers nothing.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from avro.errors import AvroException

import schemas
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.decode import Decoder
from consumer.event.framing import CONFLUENT_BODY, CONFLUENT_MARKER, SINGLE_OBJECT_BODY
from consumer.event.model import Ignored, NeedsSchema, Outcome, Parked, Poison, Record, Recorded
from consumer.event.pipeline import Pipeline
from consumer.native.fast_path import FastPath
from consumer.storage.copy_row import CopyRow, copy_row
from tests.builders import record
from tests.fuzz import second
from tests.fuzz.cases import Case

MAX_DETAIL = 2000  # characters; a detail is for a person
IDS = ("workspace_id", "event_source", "event_id", "actor_id", "subject_id")
ORDINAL = 7
READ_ALIKE, REFUSED, NO_OPINION = "read alike by both", "not read by us", "no opinion of the second implementation"


class Answer(NamedTuple):
    """The outcome's word, what the second implementation says of the value, and whether the native code gave the row."""

    outcome: str
    second: str
    native: bool


class Oracle:
    """Judges cases by the schemas of this repository, and by those that the cases bring along."""

    def __init__(self) -> None:
        self.decoder = Decoder(schemas.all_schemas())
        self.fast_path = FastPath(self.decoder)

    def answer(self, case: Case) -> Answer:
        """The answer, after everything that must be true of it was found to be. AssertionError otherwise."""
        self.decoder.learn(case.schema_id, case.writer)
        self.fast_path.learn()
        delivered = record(case.message)
        outcome = Pipeline(self.decoder).run(delivered)
        row = native_row(self.fast_path, delivered, outcome, ORDINAL)
        try:
            opinion = agree(self.decoder, case)
        except second.NoOpinion:
            opinion = NO_OPINION
        return Answer(_word(outcome, case), opinion, row is not None)


def native_row(fast_path: FastPath, delivered: Record, outcome: Outcome | NeedsSchema, ordinal: int) -> CopyRow | None:
    """The native code's row, after it was found to be that of the pipeline's `outcome`, byte for byte; None where it has none."""
    row = fast_path.row(delivered, ordinal)
    if row is not None:
        assert isinstance(outcome, Recorded), f"the native code has a row, the pipeline {outcome}"
        expected = copy_row(delivered, outcome, ordinal)
        assert row == expected, f"the native code's row {row}\nthe pipeline's {expected}"
        assert type(row) is CopyRow
        assert (row.record(), row.identity()) == (delivered, expected.identity())
    return row


def _word(outcome: Outcome | NeedsSchema, case: Case) -> str:
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


def agree(decoder: Decoder, case: Case) -> str:
    """What our decoder reads is what the second implementation reads, and what that reads of an intact value is not invalid to us.

    NoOpinion where the second implementation cannot be asked.
    """
    value = case.message.value or b""
    reader = schemas.latest(case.ce_type).text
    writer, at = (case.writer, CONFLUENT_BODY) if value.startswith(CONFLUENT_MARKER) else (reader, SINGLE_OBJECT_BODY)
    try:
        ours = decoder.decode(case.ce_type, value)
    except Poison as poison:
        assert isinstance(poison.reason, ParkReason)
        # The second implementation takes schemas that could exhaust memory or stack.
        if case.intact and poison.reason is not ParkReason.SCHEMA_UNSAFE:
            _refuses(writer, reader, value[at:], poison)
        return REFUSED
    if isinstance(ours, NeedsSchema):
        return REFUSED
    try:
        theirs = second.read(writer, reader, value[at:])
    except AvroException as error:
        raise AssertionError(f"read by us as {ours}, refused by the second implementation: {error!s:.400}") from None
    assert second.same(ours, theirs), f"ours {ours}\ntheirs {theirs}"
    return READ_ALIKE


def _refuses(writer: str, reader: str, body: bytes, poison: Poison) -> None:
    """AssertionError where the second implementation reads a value that we refuse."""
    try:
        theirs = second.read(writer, reader, body)
    except AvroException:
        return
    raise AssertionError(f"refused by us: {poison}\ntheirs {theirs}")


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
