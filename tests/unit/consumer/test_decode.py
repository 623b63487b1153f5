import json
import pickle
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import ParkReason
from consumer.event.decode import MAX_VALUE, Decoder
from consumer.event.model import NeedsSchema, Poison
from schemas import all_schemas, encode_confluent, encode_single_object, latest, read_schema

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "n.Thing",
    "fields": [{"name": "size", "type": "int"}, {"name": "note", "type": ["null", "string"], "default": None}],
}
OLD: dict[str, Any] = {**SCHEMA, "fields": SCHEMA["fields"][:1]}
OTHER: dict[str, Any] = {**SCHEMA, "name": "n.Other"}
V1 = read_schema("thing.made.v1", json.dumps(OLD))
V2 = read_schema("thing.made.v2", json.dumps(SCHEMA))
ELSE = read_schema("thing.seen.v1", json.dumps(OTHER))
DATA = {"size": 7, "note": "x"}


@cache
def every_schema() -> Decoder:
    """Our schemas, each known by its fingerprint and by an id: its place in the list."""
    decoder = Decoder(all_schemas())
    for schema_id, file in enumerate(all_schemas(), start=1):
        decoder.learn(schema_id, file.text)
    return decoder


@pytest.fixture
def decoder() -> Decoder:
    return Decoder([V2, ELSE, V1])


def confluent(schema_id: int, schema: dict[str, Any] = SCHEMA, data: dict[str, Any] = DATA) -> bytes:
    body = BytesIO()
    schemaless_writer(body, parse_schema(schema, {}), data)
    return b"\0" + schema_id.to_bytes(4, "big") + body.getvalue()


def refusal(decoder: Decoder, value: bytes, ce_type: str = "thing.made") -> Poison:
    with pytest.raises(Poison) as caught:
        decoder.decode(ce_type, value)
    return caught.value


def test_newest_version_is_the_reader(decoder: Decoder) -> None:
    """Old and new writers both give the shape of the newest version, whatever order the files came in."""
    assert decoder.decode("thing.made", encode_single_object(V2, DATA)) == DATA
    assert decoder.decode("thing.made", encode_single_object(V1, {"size": 7})) == {"size": 7, "note": None}


def test_unknown_fingerprint(decoder: Decoder) -> None:
    """A fingerprint that no schema has is parked, decoded or not."""
    value = b"\xc3\x01" + b"12345678" + b"\x0e\0"

    assert refusal(decoder, value).reason is ParkReason.SCHEMA_UNKNOWN
    with pytest.raises(Poison) as caught:
        decoder.names_type("thing.made", value)
    assert caught.value.reason is ParkReason.SCHEMA_UNKNOWN


def test_header_and_schema_must_agree(decoder: Decoder) -> None:
    """A header that claims one type over another's schema is refused, though the bytes would decode."""
    assert refusal(decoder, encode_single_object(ELSE, DATA)).reason is ParkReason.SCHEMA_MISMATCH
    assert refusal(decoder, encode_single_object(V2, DATA), "no.such").reason is ParkReason.SCHEMA_MISMATCH


def test_names_type_reads_the_schema_only(decoder: Decoder) -> None:
    """Every version of a type is that type's, and the body is not read."""
    assert decoder.names_type("thing.made", encode_single_object(V1, {"size": 7})[:10]) is True
    assert decoder.names_type("thing.made", encode_single_object(V2, DATA) + b"junk") is True
    assert decoder.names_type("thing.made", encode_single_object(ELSE, DATA)) is False


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"", ParkReason.EMPTY_VALUE), (b"{}", ParkReason.BAD_FRAMING), (b"\xc3\x01", ParkReason.BAD_FRAMING)],
)
def test_framing_is_checked(decoder: Decoder, value: bytes, reason: ParkReason) -> None:
    """A value that names no schema is refused by both ways in."""
    assert refusal(decoder, value).reason is reason
    with pytest.raises(Poison) as caught:
        decoder.names_type("thing.made", value)
    assert caught.value.reason is reason


def test_size_is_checked_first(decoder: Decoder) -> None:
    """8 MiB is read, one byte more is refused before anything else is read."""
    header = encode_single_object(V2, DATA)[:10]

    assert refusal(decoder, header + bytes(MAX_VALUE - 10)).reason is ParkReason.TRAILING_BYTES
    assert refusal(decoder, header + bytes(MAX_VALUE - 9)).reason is ParkReason.TOO_LARGE
    assert refusal(decoder, bytes(MAX_VALUE + 1)).reason is ParkReason.TOO_LARGE


def test_confluent_schema_is_asked_for_once(decoder: Decoder) -> None:
    """An id that is not known comes back as a question; once learned, its records are decoded and joined."""
    value = confluent(5, OLD, {"size": 7})

    assert decoder.decode("thing.made", value) == NeedsSchema(5)
    assert decoder.names_type("thing.made", value) == NeedsSchema(5)
    decoder.learn(5, V1.text)
    assert decoder.decode("thing.made", value) == {"size": 7, "note": None}
    assert decoder.names_type("thing.made", value) is True
    assert decoder.names_type("thing.seen", value) is False
    assert refusal(decoder, value, "thing.seen").reason is ParkReason.SCHEMA_MISMATCH


def test_a_learned_schema_is_never_overwritten(decoder: Decoder) -> None:
    """A schema id has one schema for ever: what comes later under the same id changes nothing."""
    decoder.learn(5, V2.text)
    decoder.learn(5, ELSE.text)
    decoder.learn(5, Poison(ParkReason.SCHEMA_UNKNOWN, "gone"))
    decoder.learn(5, Poison(ParkReason.SCHEMA_NOT_AVRO, "changed"))

    assert decoder.decode("thing.made", confluent(5)) == DATA


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '{"type": "record", "name": "n.Thing", "fields": [{"name": "a", "type": ["null", "n.Thing"]}]}',
            ParkReason.SCHEMA_UNSAFE,
        ),
        (
            '{"type": "record", "name": "n.Thing", "fields": [{"name": "a", "type": "n.Elsewhere"}]}',
            ParkReason.SCHEMA_NOT_AVRO,
        ),
        ('syntax = "proto3";', ParkReason.SCHEMA_NOT_AVRO),
        ('{"type": "record", "name": "Thing", "fields": []}', ParkReason.SCHEMA_MISMATCH),
        ('{"type": "enum", "name": "n.Thing", "symbols": ["a"]}', ParkReason.SCHEMA_MISMATCH),
        ('["null", "string"]', ParkReason.SCHEMA_MISMATCH),
        ('"string"', ParkReason.SCHEMA_MISMATCH),
    ],
)
def test_a_refused_schema_parks_each_of_its_records(decoder: Decoder, text: str, reason: ParkReason) -> None:
    """Unsafe, not Avro, or no event type's: each record with that id has the same reason, with no new question."""
    decoder.learn(5, text)
    decoder.learn(5, V2.text)

    assert [refusal(decoder, confluent(5)).reason for _ in range(2)] == [reason, reason]


def test_an_absent_id_can_be_forgotten(decoder: Decoder) -> None:
    """That a registry does not know an id parks its records until the answer is forgotten; refusals stay."""
    decoder.learn(5, Poison(ParkReason.SCHEMA_UNKNOWN, "not there"))
    decoder.learn(6, Poison(ParkReason.SCHEMA_NOT_AVRO, "a JSON schema"))
    assert refusal(decoder, confluent(5)).reason is ParkReason.SCHEMA_UNKNOWN

    decoder.forget_absent()

    assert decoder.decode("thing.made", confluent(5)) == NeedsSchema(5)
    assert refusal(decoder, confluent(6)).reason is ParkReason.SCHEMA_NOT_AVRO


def test_an_absent_id_can_be_learned(decoder: Decoder) -> None:
    """A schema that turns up after all is used."""
    decoder.learn(5, Poison(ParkReason.SCHEMA_UNKNOWN, "not there"))
    decoder.learn(5, V2.text)

    assert decoder.decode("thing.made", confluent(5)) == DATA


def test_an_impossible_id_is_not_asked_for(decoder: Decoder) -> None:
    """An id over 2^31 - 1 gets an error of a registry, which would be waited out for ever: it is refused here."""
    assert decoder.decode("thing.made", confluent(2**31 - 1)) == NeedsSchema(2**31 - 1)
    assert refusal(decoder, confluent(2**31)).reason is ParkReason.SCHEMA_UNKNOWN


def test_refusals_do_not_grow(decoder: Decoder) -> None:
    """Each record gets a refusal of its own: one that is raised again and again would keep every traceback."""
    decoder.learn(5, Poison(ParkReason.SCHEMA_NOT_AVRO, "a JSON schema"))

    assert refusal(decoder, confluent(5)) is not refusal(decoder, confluent(5))


def test_a_refusal_survives_pickling() -> None:
    """A reason reaches the parent of a child process as it was."""
    sent: Poison = pickle.loads(pickle.dumps(Poison(ParkReason.SCHEMA_UNKNOWN, "not there")))

    assert (sent.reason, sent.detail, str(sent)) == (
        ParkReason.SCHEMA_UNKNOWN,
        "not there",
        "schema_unknown: not there",
    )


@given(st.sampled_from(all_schemas()), st.binary(max_size=60), st.booleans())
def test_any_bytes_are_decoded_or_refused(file: Any, body: bytes, by_id: bool) -> None:
    """Behind the header of any schema of ours, any bytes give data or a reason."""
    header = (1 + all_schemas().index(file)).to_bytes(5, "big") if by_id else b"\xc3\x01" + file.fingerprint
    try:
        data = every_schema().decode(file.ce_type, header + body)
    except Poison as poison:
        assert poison.reason in {ParkReason.AVRO_INVALID, ParkReason.TRAILING_BYTES}
    else:
        assert isinstance(data, dict)
        assert data.keys() == {field["name"] for field in json.loads(file.text)["fields"]}


SETTINGS = {"name": "Acme", "timezone": "Europe/Berlin"}
PREFERENCES = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=9),
    max_size=6,
)


@given(PREFERENCES, PREFERENCES, st.integers(0, 400), st.integers(1, 255))
def test_both_framings_give_the_same_data(before: dict[str, Any], after: dict[str, Any], at: int, flip: int) -> None:
    """A settings change comes back typed as it was sent, in either framing; with a byte changed it is refused or whole."""
    file = latest("workspace.settings_changed")
    decoder = every_schema()
    data = {
        "workspace_id": "org_1",
        "actor": {"type": "user", "id": "user_1", "email": None},
        "origin": {"channel": "mcp", "client": "chatgpt", "tool": None},
        "before": {**SETTINGS, "preferences": before},
        "after": {**SETTINGS, "preferences": after},
    }
    value = encode_single_object(file, data)

    assert repr(decoder.decode(file.ce_type, value)) == repr(data)
    schema_id = 1 + all_schemas().index(file)
    assert repr(decoder.decode(file.ce_type, encode_confluent(schema_id, file, data))) == repr(data)
    changed = bytearray(value)
    changed[10 + at % (len(value) - 10)] ^= flip
    try:
        decoded = decoder.decode(file.ce_type, bytes(changed))
    except Poison as poison:
        assert poison.reason in {ParkReason.AVRO_INVALID, ParkReason.TRAILING_BYTES}
    else:
        assert isinstance(decoded, dict)
        assert decoded.keys() == data.keys()
