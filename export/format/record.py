"""The record of a seal: eight lines, a leaf of the log (section 5)."""

import re
from dataclasses import dataclass

from export.format import merkle
from export.format.encoding import is_hash, is_time, parse_number
from export.format.errors import malformed, quote

_FIELDS = ("seal", "time", "complete_through", "map", "accounts", "snapshot", "restored")
_SNAPSHOT = re.compile(r"([0-9]+):([0-9]+):([0-9,]*)")
_FIRST_LINE = "callmine-audit-seal/1"


@dataclass(frozen=True, kw_only=True)
class SealRecord:
    """One seal: what of the database it covers, and the hashes of all that was sealed up to it."""

    seal: int
    time: str
    complete_through: str | None
    map_root: str
    accounts: str
    snapshot: str
    restored: tuple[tuple[int, int], ...] = ()

    def encode(self) -> str:
        """The eight lines."""
        restored = " ".join(f"{first}-{after}" for first, after in self.restored)
        return (
            f"{_FIRST_LINE}\nseal {self.seal}\ntime {self.time}\ncomplete_through {self.complete_through or '-'}\n"
            f"map {self.map_root}\naccounts {self.accounts}\nsnapshot {self.snapshot}\nrestored {restored or '-'}\n"
        )


def record_leaf(text: str) -> bytes:
    """The hash of a record as a leaf of the log."""
    return merkle.leaf_hash(text.encode())


def parse_record(text: str) -> SealRecord:
    """Reads the eight lines.

    Raises ExportError: MALFORMED, with the line that is out of form.
    """
    lines = text.split("\n")
    if len(lines) != 9 or lines[0] != _FIRST_LINE or lines[8]:
        raise malformed(f"a seal's record is not the eight lines of {_FIRST_LINE}: {quote(text)}")
    values = []
    for name, line in zip(_FIELDS, lines[1:8], strict=True):
        if not line.startswith(f"{name} "):
            raise malformed(f"a seal's record has {quote(line)} where its line {name!r} belongs")
        values.append(line.removeprefix(f"{name} "))
    seal, time, complete_through, map_root, accounts, snapshot, restored = values
    number, spans = parse_number(seal), _parse_restored(restored)
    if (
        number is None
        or spans is None
        or not is_time(time)
        or not (complete_through == "-" or is_time(complete_through))
        or not is_hash(map_root)
        or not is_hash(accounts)
        or not _is_snapshot(snapshot)
    ):
        raise malformed(f"a value of a seal's record is out of form: {quote(text, 500)}")
    return SealRecord(
        seal=number,
        time=time,
        complete_through=None if complete_through == "-" else complete_through,
        map_root=map_root,
        accounts=accounts,
        snapshot=snapshot,
        restored=spans,
    )


def _is_snapshot(text: str) -> bool:
    """Whether it is a pg_snapshot as PostgreSQL prints it: xmin:xmax:xip, xip ascending, all of xip in [xmin, xmax)."""
    match = _SNAPSHOT.fullmatch(text)
    if match is None:
        return False
    xmin, xmax = parse_number(match[1]), parse_number(match[2])
    if xmin is None or xmax is None or not 0 < xmin <= xmax:
        return False
    floor = xmin - 1
    for part in match[3].split(",") if match[3] else ():
        xid = parse_number(part)
        if xid is None or not floor < xid < xmax:
            return False
        floor = xid
    return True


def _parse_restored(text: str) -> tuple[tuple[int, int], ...] | None:
    """The spans A-B of lost seals, A < B, in the order in which they were lost, so by ascending B; None if out of form."""
    if text == "-":
        return ()
    spans: list[tuple[int, int]] = []
    for part in text.split(" "):
        first_text, _, after_text = part.partition("-")
        first, after = parse_number(first_text), parse_number(after_text)
        if first is None or after is None or first >= after or (spans and after <= spans[-1][1]):
            return None
        spans.append((first, after))
    return tuple(spans)
