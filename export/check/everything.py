"""Every entry of every workspace against what was sealed, and all of that against what was signed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from export.check.history import check_history
from export.check.older_seals import check_accounts, check_checkpoints, check_maps, check_strays
from export.evidence.chains import Range, check_chains, days_as_of
from export.evidence.sealed_log import SealedLog, read_log
from export.format.accounts import imbalances, parse_accounts
from export.format.errors import ExportError, Verdict, incomplete, tampered
from export.format.policy import Policy
from export.tables.database import Connection
from export.tables.heads import Head, all_heads
from export.verify.signatures import read_checkpoint, witnesses
from sql import query

ALL_WORKSPACES, UNKNOWN = query("export/all_workspaces"), query("export/unknown_entries")
FUTURE = query("export/future_entries")
FETCH = 2000
# A day before and the day after all that audit_event can hold.
FIRST_DAY, END = "0001-01-01", "9999-12-31"
SAID = 10


@dataclass(kw_only=True)
class Findings:
    """The findings: their number, and the text of the first few."""

    count: int = 0
    said: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Counts a finding, and keeps its text if it is among the first SAID."""
        self.count += 1
        if self.count <= SAID:
            self.said.append(message)

    @contextmanager
    def of(self) -> Iterator[None]:
        """If the block raises TAMPERED, that is counted as a finding, and the check goes on."""
        try:
            yield
        except ExportError as error:
            if error.verdict is not Verdict.TAMPERED or error.word != error.verdict.word:
                raise
            self.add(error.message)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was compared, and found to be as it was signed."""

    log: SealedLog
    workspaces: int
    entries: int
    in_folder: bool
    witnesses: tuple[str, ...]


def check_everything(connection: Connection, policy: Policy, folder_note: bytes | None) -> Checked:
    """Compares everything, in one transaction. ExportError where anything is not as it was signed (section 10)."""
    log = read_log(connection, policy, folder_note, ())
    findings = Findings()
    messages = chain(
        check_accounts(connection, log),
        check_checkpoints(connection, log, policy),
        check_strays(connection, log),
        check_maps(connection, log),
        _future_entries(connection),
    )
    for message in messages:
        findings.add(message)
    workspaces = entries = 0
    for head, workspace_id in _merged(connection, log):
        with findings.of():
            entries += _check_workspace(connection, log, head, workspace_id)
            workspaces += 1
    if findings.count:
        more = findings.count - len(findings.said)
        raise tampered("; ".join(findings.said) + (f"; and {more} more" if more else ""))
    if (imbalance := next(imbalances(parse_accounts(log.accounts.encode())), None)) is not None:
        raise incomplete(f"the accounts of seal {log.newest.seal} do not balance: {imbalance}")
    signed = read_checkpoint(log.note, policy, "the newest checkpoint")
    return Checked(
        log=log,
        workspaces=workspaces,
        entries=entries,
        in_folder=folder_note is not None,
        witnesses=witnesses(signed, policy),
    )


def _future_entries(connection: Connection) -> Iterator[str]:
    for workspace_id, number in connection.execute(FUTURE).fetchall():
        yield f"entry {number} of {workspace_id!a} is of a transaction that has not begun"


def _check_workspace(connection: Connection, log: SealedLog, head: Head | None, workspace_id: str | None) -> int:
    """One workspace; the number of its entries that are sealed."""
    if head is None:
        values = {"workspace_id": workspace_id, "snapshot": log.newest.snapshot}
        row = connection.execute(UNKNOWN, values).fetchone()
        assert row is not None
        if row[0]:
            raise tampered(f"{workspace_id!a} has {row[0]} entries that should be sealed, and none is")
        return 0
    key, days_hash = head
    days = days_as_of(connection, key, days_hash, log.newest.seal)
    if workspace_id is None:
        count = sum(day.entries for day in days)
        raise tampered(f"all {count} entries of the workspace with the key {key} are gone")
    check_history(connection, key)
    scope = Range(workspace_id=workspace_id, key=key, from_day=FIRST_DAY, to_day=END, days=days)
    check_chains(connection, log, scope, lambda _: None)
    return sum(day.entries for day in days)


def _merged(connection: Connection, log: SealedLog) -> Iterator[tuple[Head | None, str | None]]:
    """Workspaces by key: their heads, and their ids where they have entries."""
    heads, found = all_heads(connection, log.newest.seal), _workspaces(connection)
    head, one = next(heads, None), next(found, None)
    while head is not None or one is not None:
        if one is None or (head is not None and head[0] < one[0]):
            yield head, None
            head = next(heads, None)
        elif head is None or one[0] < head[0]:
            yield None, one[1]
            one = next(found, None)
        else:
            yield head, one[1]
            head, one = next(heads, None), next(found, None)


def _workspaces(connection: Connection) -> Iterator[tuple[str, str]]:
    with connection.cursor("workspaces") as cursor:
        cursor.itersize = FETCH
        rows: Any = cursor.execute(ALL_WORKSPACES)
        for workspace_id, key in rows:
            yield key.hex(), workspace_id
