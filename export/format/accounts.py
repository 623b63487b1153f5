"""accounts.csv: what became of every Kafka record, per partition, in the seal's snapshot (section 6)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from export.format.encoding import TOPIC, parse_number
from export.format.errors import malformed, quote

_STATE = re.compile(r"live|retired|unknown|halted_[a-z0-9_]+")


@dataclass(frozen=True, kw_only=True)
class Account:
    """One line: the progress of one partition of a topic with this id, in numbers of Kafka records and of entries."""

    topic: str
    partition: int
    topic_id: str
    state: str
    next_offset: int = 0
    recorded: int = 0
    duplicate: int = 0
    conflict: int = 0
    ignored_not_audited: int = 0
    ignored_tombstone: int = 0
    ignored_no_change: int = 0
    parked: int = 0
    gap: int = 0
    undelivered: int = 0
    reread: int = 0
    parked_unresolved: int = 0
    replayed: int = 0
    entries: int = 0

    @property
    def order(self) -> tuple[bool, bytes, int, bool, bytes]:
        """Lines are in this order: those without progress last, then topic, partition, retired last, topic id."""
        return (
            self.state == "unknown",
            self.topic.encode(),
            self.partition,
            self.state == "retired",
            self.topic_id.encode(),
        )

    @property
    def balances(self) -> bool:
        """Whether the offsets passed are the sum of the outcomes."""
        ignored = self.ignored_not_audited + self.ignored_tombstone + self.ignored_no_change
        outcomes = self.recorded + self.duplicate + self.conflict + ignored + self.parked + self.gap + self.undelivered
        return self.next_offset + self.reread == outcomes


COLUMNS = tuple(field.name for field in fields(Account))
_HEADER = ",".join(COLUMNS)
_TEXTS = ("topic", "topic_id", "state")


def encode_accounts(accounts: Iterable[Account]) -> bytes:
    """Gives the file; the lines are put in order."""
    lines = [",".join(map(str, astuple(account))) for account in sorted(accounts, key=lambda account: account.order)]
    return "".join(f"{line}\r\n" for line in (_HEADER, *lines)).encode()


def parse_accounts(data: bytes) -> Sequence[Account]:
    """Reads the file.

    Raises ExportError: MALFORMED, with the line that is out of form or order.
    """
    try:
        lines = data.decode().split("\r\n")
    except UnicodeDecodeError:
        raise malformed("accounts.csv is not UTF-8") from None
    if lines[0] != _HEADER:
        raise malformed("accounts.csv does not begin with its header")
    if len(lines) < 2 or lines.pop():
        raise malformed("accounts.csv does not end with CRLF")
    accounts: list[Account] = []
    entries: dict[tuple[str, int], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        account = _parse_line(line)
        if account is None:
            raise malformed(f"accounts.csv, line {number} is out of form: {quote(line)}")
        if accounts and account.order <= accounts[-1].order:
            raise malformed(f"accounts.csv, line {number} is out of order")
        if entries.setdefault((account.topic, account.partition), account.entries) != account.entries:
            raise malformed(f"accounts.csv, line {number}: entries differ between the lines of one partition")
        accounts.append(account)
    return accounts


def _parse_line(line: str) -> Account | None:
    cells = line.split(",")
    if len(cells) != len(COLUMNS):
        return None
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for name, cell in zip(COLUMNS, cells, strict=True):
        if name in _TEXTS:
            texts[name] = cell
        elif (value := parse_number(cell)) is not None:
            numbers[name] = value
        else:
            return None
    known = texts["state"] != "unknown"
    well_formed = (
        TOPIC.fullmatch(texts["topic"])
        and TOPIC.fullmatch(texts["topic_id"])
        and _STATE.fullmatch(texts["state"])
        and known == (texts["topic_id"] != "-")
        and (known or not any(value for name, value in numbers.items() if name not in {"partition", "entries"}))
    )
    return Account(**texts, **numbers) if well_formed else None  # type: ignore[arg-type] # names are the columns


def imbalances(accounts: Iterable[Account]) -> Iterator[str]:
    """One sentence for each line or partition that does not balance."""
    recorded: dict[tuple[str, int], int] = {}
    entries: dict[tuple[str, int], int] = {}
    for account in accounts:
        pair = (account.topic, account.partition)
        recorded[pair] = recorded.get(pair, 0) + account.recorded + account.replayed
        entries[pair] = account.entries
        if not account.balances:
            yield f"{account.topic}[{account.partition}] ({account.state}): offsets passed are not the sum of outcomes"
    for pair, count in recorded.items():
        if count != entries[pair]:
            yield f"{pair[0]}[{pair[1]}]: recorded + replayed = {count}, but {entries[pair]} entries were sealed"


def exceptions(accounts: Iterable[Account]) -> Iterator[str]:
    """Lists what an auditor should ask about: halts, gaps, conflicts and unresolved parked records."""
    for account in accounts:
        where = f"{account.topic}[{account.partition}] ({account.topic_id})"
        if account.state.startswith("halted_"):
            yield f"{where}: halted, {account.state.removeprefix('halted_')}"
        if account.gap:
            yield f"{where}: {account.gap} offsets are in stated gaps"
        if account.conflict:
            yield f"{where}: {account.conflict} conflicts, an event sent again with other content"
        if account.parked_unresolved:
            yield f"{where}: {account.parked_unresolved} parked records are not resolved"
