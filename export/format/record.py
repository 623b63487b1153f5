"""The record of a seal: eight lines, a leaf of the log (section 5)."""

import re
from dataclasses import dataclass
from itertools import pairwise

from export.format import merkle
from export.format.encoding import is_hash, is_time, parse_number
from export.format.errors import malformed, quote

_FIELDS = ("seal", "time", "complete_through", "map", "accounts", "snapshot", "restored")
_NUMBER = "(?:0|[1-9][0-9]{0,18})"
_SNAPSHOT = re.compile(f"({_NUMBER}):({_NUMBER}):({_NUMBER}(?:,{_NUMBER})*)?")
_RESTORED = re.compile(f"-|{_NUMBER}-{_NUMBER}(?: {_NUMBER}-{_NUMBER})*")
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
    """Reads the eight lines; `check_values` checks whether their values are possible.

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
    number = parse_number(seal)
    if (
        number is None
        or not is_time(time)
        or not (complete_through == "-" or is_time(complete_through))
        or not is_hash(map_root)
        or not is_hash(accounts)
        or _SNAPSHOT.fullmatch(snapshot) is None
        or _RESTORED.fullmatch(restored) is None
    ):
        raise malformed(f"a value of a seal's record is out of form: {quote(text, 500)}")
    spans = [part.split("-") for part in restored.split(" ")] if restored != "-" else []
    return SealRecord(
        seal=number,
        time=time,
        complete_through=None if complete_through == "-" else complete_through,
        map_root=map_root,
        accounts=accounts,
        snapshot=snapshot,
        restored=tuple((int(first), int(after)) for first, after in spans),
    )


def wrong_clock(record: SealRecord) -> str | None:
    """What to ask about a seal that says that Kafka was read completely through a time after the seal itself; None if it does not."""
    if record.complete_through is None or record.complete_through <= record.time:
        return None
    return (
        f"complete_through of seal {record.seal} is {record.complete_through}, later than the seal, {record.time}: a clock "
        "was wrong, or the tables were changed"
    )


def check_values(record: SealRecord) -> None:
    """Refuses, as MALFORMED, values that no database and no sealer can have had.

    A pg_snapshot is xmin:xmax:xip with xip ascending in [xmin, xmax), as PostgreSQL prints it. The spans A-B of lost seals
    are not empty, in the order in which they were lost, so by ascending B, and of seals before this one.
    """
    xmin, xmax, rest = record.snapshot.split(":")
    numbers = [int(xmin) - 1, *(int(xid) for xid in rest.split(",") if xid), int(xmax)]
    if int(xmin) > int(xmax) or any(after <= before for before, after in pairwise(numbers)):
        raise malformed(f"seal {record.seal}: the snapshot {quote(record.snapshot)} cannot be")
    if any(first >= after or after > record.seal for first, after in record.restored) or any(
        after <= before for (_, before), (_, after) in pairwise(record.restored)
    ):
        raise malformed(f"seal {record.seal}: the lost seals {quote(record.restored)} cannot be")
