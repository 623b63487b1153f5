import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import ParkReason
from consumer.event import framing
from consumer.event.model import Poison


def refusal(value: bytes) -> ParkReason:
    with pytest.raises(Poison) as caught:
        framing.split(value)
    return caught.value.reason


def test_single_object_encoding() -> None:
    """Two marker bytes, then the fingerprint in the order of the wire; the body may be empty."""
    assert framing.split(b"\xc3\x0112345678body") == framing.SingleObject(b"12345678")
    assert framing.split(b"\xc3\x0112345678") == framing.SingleObject(b"12345678")


def test_confluent_framing() -> None:
    """A zero byte, then the schema id, big-endian and unsigned; the body may be empty."""
    assert framing.split(b"\x00\x00\x00\x01\x02body") == framing.Confluent(258)
    assert framing.split(b"\x00\xff\xff\xff\xff") == framing.Confluent(2**32 - 1)


def test_no_bytes_at_all() -> None:
    """A value without bytes is its own reason."""
    assert refusal(b"") is ParkReason.EMPTY_VALUE


@pytest.mark.parametrize(
    "value",
    [
        b"\x00",
        b"\x00123",
        b"\xc3",
        b"\xc3\x01",
        b"\xc3\x011234567",
        b"\xc3\x0212345678",
        b"\x0112345678",
        b'{"a": 1}',
        b"Obj\x01",
    ],
)
def test_anything_else_is_bad_framing(value: bytes) -> None:
    """Only a marker, JSON, the header-GUID format, an object container file: none of them names a schema."""
    assert refusal(value) is ParkReason.BAD_FRAMING


@given(st.binary(max_size=20))
def test_any_bytes_are_split_or_refused(value: bytes) -> None:
    """The frame is decided by the first byte alone, and what is refused has a reason."""
    try:
        frame = framing.split(value)
    except Poison as poison:
        assert poison.reason in {ParkReason.EMPTY_VALUE, ParkReason.BAD_FRAMING}
    else:
        assert isinstance(frame, framing.SingleObject) == (value[0] == 0xC3)
