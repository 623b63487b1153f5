"""A day's hash chain, and the list of a workspace's days (section 4)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from export.format.encoding import is_day, is_hash, parse_number, sha256_hex
from export.format.errors import malformed, quote, tampered


class DayHead(NamedTuple):
    """A day with entries: how many, and the last hash of its chain."""

    day: str
    entries: int
    digest: str


def chain_start(key: str, day: str) -> str:
    """D(0) of a workspace's day; `key` is the workspace's."""
    return sha256_hex(f"callmine-audit-day/1\n{key}\n{day}\n".encode())


def chain_rows(digest: str, rows: Iterable[bytes]) -> str:
    """Continues a day's chain over `rows`, lines with their CRLF, and gives its new last hash."""
    sha256 = hashlib.sha256
    for row in rows:
        digest = sha256(f"{digest}\n{sha256(row).hexdigest()}\n".encode()).hexdigest()
    return digest


def encode_days(key: str, days: Iterable[DayHead]) -> str:
    """Gives the list of a workspace's days; `days` are ascending, each with entries."""
    lines = "".join(f"{day.day} {day.entries} {day.digest}\n" for day in days)
    return f"{_header(key)}{lines}"


def days_hash(text: str) -> str:
    """H(days), what the map holds of a workspace."""
    return sha256_hex(text.encode())


def parse_days(text: str, key: str) -> Sequence[DayHead]:
    """Reads the list of days of the workspace with this key.

    Raises ExportError: TAMPERED if it is not of this workspace or is empty; MALFORMED for a line out of form or order.
    """
    if not text.startswith(_header(key)):
        raise tampered(f"the days are not of the workspace asked for: {quote(text[:90], 110)}")
    body = text.removeprefix(_header(key))
    if not body:
        raise tampered("the list of days is empty; a workspace without entries has none")
    if not body.endswith("\n"):
        raise malformed("the list of days does not end with a line feed")
    days: list[DayHead] = []
    for line in body[:-1].split("\n"):
        day = _parse_day(line)
        if days and day.day <= days[-1].day:
            raise malformed(f"days are not ascending: {day.day} follows {days[-1].day}")
        days.append(day)
    return days


def _header(key: str) -> str:
    return f"callmine-audit-days/1 {key}\n"


def _parse_day(line: str) -> DayHead:
    match line.split(" "):
        case [day, count, digest] if is_day(day) and is_hash(digest) and (entries := parse_number(count)):
            return DayHead(day, entries, digest)
    raise malformed(f"not a line of days: {quote(line)}")
