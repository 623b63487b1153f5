"""Hashes, numbers, days, times and base64: each has one accepted form (section 2), so equal values are equal bytes."""

import base64
import binascii
import datetime as dt
import hashlib
import re

MAX_NUMBER = 2**63 - 1  # what PostgreSQL's bigint holds
EMPTY_HASH = "0" * 64
DAY = len("YYYY-MM-DD")
TOPIC = re.compile(r"[!#-+\--~]+")  # printable ASCII without space, quote and comma
TIME_OF_DAY = re.compile(r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def sha256_hex(data: bytes) -> str:
    """H(x): SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def workspace_key(workspace_id: str) -> str:
    """The key of a workspace: H of its id. The id must be encodable as UTF-8."""
    return sha256_hex(workspace_id.encode())


def is_hash(value: object) -> bool:
    """Whether `value` is a string of 64 lower-case hex digits."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def parse_number(text: str) -> int | None:
    """Gives the value of a decimal number without sign or leading zeros, at most 2^63 - 1; None if it is not one."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number <= MAX_NUMBER else None


def is_day(text: str) -> bool:
    """Whether `text` is a day that exists, as YYYY-MM-DD."""
    if _DAY.fullmatch(text) is None:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Whether `text` is a time that exists, as YYYY-MM-DDTHH:MM:SS.ffffffZ."""
    return is_day(text[:DAY]) and TIME_OF_DAY.fullmatch(text, DAY) is not None


def encode_time(time: dt.datetime) -> str:
    """Gives an aware `time` in UTC with six digits of a second."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """Gives the bytes of canonical base64; None for anything that encoding again would not give back."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return data if encode_base64(data) == text else None
