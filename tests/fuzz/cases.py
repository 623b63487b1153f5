"""One hostile record from a number: the same number gives the same record."""

import json
import random
from collections.abc import Callable
from typing import NamedTuple

import schemas
from consumer.event.decode import MAX_SCHEMA_ID
from tests.builders import Message, event
from tests.fuzz import values, writers

EXAMPLES = [(sample.ce_type, sample.case) for sample in schemas.examples()]
NAMES = (
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent", "ce_subject", "CE_ID", "",
    "x\0", "ü",
)  # fmt: skip
WORDS: tuple[bytes | None, ...] = (
    None, b"", b"1.0", b"1.1", b"application/avro", b"Application/AVRO; charset=x", b"\xff\xfe", b"a\0b", b"x" * 255, b"x" * 256,
    "é".encode() * 128, b"member.removed", b"report.viewed", b"member.removed ", b"2026-01-01T00:00:00Z",
    b"2026-01-01T00:00:00", b"2026-02-30T00:00:00Z", b"0000-01-01T00:00:00Z", b"9999-12-31T23:59:59.9999999-23:59",
    b"2026-01-01T24:00:00Z", b"2026-01-01T00:00:60Z", b"2026-01-01t00:00:00.123456789+05:30", b"0001-01-01T00:00:00+23:59",
    b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"ff-0-0-0", b"\xed\xa0\x80",
)  # fmt: skip


class Case(NamedTuple):
    """A record, and the writer schema that the registry has of `schema_id`, which its value may name.

    `intact`: no byte of the value was changed after it had been encoded by `writer`.
    """

    message: Message
    ce_type: str
    schema_id: int
    writer: str
    intact: bool


def case(number: int) -> Case:
    """The record of this number."""
    chance = random.Random(number)
    return chance.choice(CASES)(chance, 1 + number % MAX_SCHEMA_ID)


def _bytes(chance: random.Random, schema_id: int) -> Case:
    """A valid record, some bytes of whose value are changed, taken out or put in."""
    valid = _valid(chance, schema_id)
    value = bytearray(valid.message.value or b"")
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(value) + 1)
        noise = chance.choice((chance.randbytes(1), chance.randbytes(3), b"\xff" * 9, b"\0", b"\1", b"\3", b"\x80\0"))
        match chance.randrange(4):
            case 0:
                value[at : at + len(noise)] = noise
            case 1:
                value[at:at] = noise
            case 2:
                del value[at : at + chance.choice((1, 2, 40))]
            case _ if at < len(value):
                value[at] ^= 1 << chance.randrange(8)
            case _:
                value += noise
    return valid._replace(message=valid.message._replace(value=bytes(value)), intact=False)


def _headers(chance: random.Random, schema_id: int) -> Case:
    """A valid record with hostile headers, and perhaps another key."""
    valid = _valid(chance, schema_id)
    headers = list(valid.message.headers)
    for _ in range(chance.choice((1, 1, 2, 4))):
        new = (chance.choice(NAMES), chance.choice((*WORDS, chance.randbytes(6))))
        at = chance.randrange(len(headers) + 1)
        chance.choice((headers.insert, headers.__setitem__ if at < len(headers) else headers.insert))(at, new)
        if chance.random() < 0.2:
            headers.pop(chance.randrange(len(headers)))
    key = valid.message.key if chance.random() < 0.8 else chance.choice((*WORDS, b"org_1"))
    return valid._replace(message=Message(key, valid.message.value, tuple(headers)))


def _schema(chance: random.Random, schema_id: int) -> Case:
    """A value of a writer schema at random, in the registry's framing; sometimes a byte of it is changed, too."""
    ce_type, name = chance.choice(EXAMPLES)
    message, writer = event(ce_type, name, schema_id=schema_id), writers.changed(chance, ce_type)
    try:
        body = values.encoded(chance, json.loads(writer), {})
    except RecursionError:  # a recursive schema, which is refused whatever its values are
        body = b""
    intact = bool(body) and chance.random() >= 0.2
    if body and not intact:
        at = chance.randrange(len(body))
        body = body[:at] + chance.randbytes(1) + body[at + 1 :]
    value = schemas.confluent_header(schema_id) + body
    return Case(message._replace(key=b"org_1", value=value), ce_type, schema_id, writer, intact)


def _valid(chance: random.Random, schema_id: int) -> Case:
    ce_type, name = chance.choice(EXAMPLES)
    framed = chance.random() < 0.5
    message = event(ce_type, name, event_id=str(chance.random()), schema_id=schema_id if framed else None)
    return Case(message, ce_type, schema_id, schemas.latest(ce_type).text, intact=True)


CASES: tuple[Callable[[random.Random, int], Case], ...] = (_bytes, _headers, _schema)
