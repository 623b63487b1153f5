"""Every entry of every workspace against what was sealed, and all of that against what was signed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from export.check.history import check_history
from export.check.older_seals import check_accounts, check_checkpoints, check_maps, check_strays
from export.evidence.chains import Range, check_chains, days_as_of
from export.evidence.sealed_log import SealedLog, read_log
from export.format.accounts import imbalances, parse_accounts
from export.format.errors import ExportError, PersonNeeded, Verdict, incomplete, tampered
from export.format.policy import Policy
from export.tables.database import Connection, Error, refused
from export.tables.heads import Head, all_heads
from export.verify.signatures import read_checkpoint, witnesses
from sql import query

ALL_WORKSPACES, FUTURE = query("export/all_workspaces"), query("export/future_entries")
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

    def text(self) -> str:
        """All of it, in one line."""
        more = self.count - min(self.count, SAID)
        return "; ".join(self.said) + (f"; and {more} more" if more else "")

    @contextmanager
    def of(self) -> Iterator[None]:
        """If the block raises TAMPERED, that is counted as a finding, and the check goes on."""
        try:
            yield
        except ExportError as error:
            if error.verdict is not Verdict.TAMPERED or isinstance(error, PersonNeeded):
                raise
            self.add(error.message)


class _WorkspaceEntries(NamedTuple):
    """A workspace that has entries, None for those without one, and how many of them the newest seal should have covered."""

    key: str
    workspace_id: str | None
    entries: int


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
    workspaces = entries = 0
    try:
        for message in messages:
            findings.add(message)
        for head, workspace in _merged(connection, log):
            with findings.of():
                entries += _check_workspace(connection, log, head, workspace)
                workspaces += 1
    except Error as error:
        if not findings.count:
            raise
        findings.said.append(f"and no more was compared: {refused(error).reason}")
    if findings.count:
        raise tampered(findings.text())
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


def _check_workspace(
    connection: Connection, log: SealedLog, head: Head | None, workspace: _WorkspaceEntries | None
) -> int:
    """One workspace; the number of its entries that are sealed."""
    if head is None:
        if workspace is not None and workspace.entries:
            raise tampered(
                f"{workspace.workspace_id!a} has {workspace.entries} entries that should be sealed, and none is"
            )
        return 0
    key, days_hash = head
    days = days_as_of(connection, key, days_hash, log.newest.seal)
    count = sum(day.entries for day in days)
    if workspace is None:
        raise tampered(f"all {count} entries of the workspace with the key {key} are gone")
    check_history(connection, key)
    workspace_id = workspace.workspace_id or ""
    scope = Range(workspace_id=workspace_id, key=key, from_day=FIRST_DAY, to_day=END, days=days)
    check_chains(connection, log, scope, lambda _: None)
    if workspace.entries != count:  # some are of no day, or of no transaction
        raise tampered(f"{workspace_id!a} has {workspace.entries} entries that should be sealed, and {count} are")
    return count


def _merged(connection: Connection, log: SealedLog) -> Iterator[tuple[Head | None, _WorkspaceEntries | None]]:
    """Workspaces by key: their heads, and what there is of them."""
    heads, workspaces = all_heads(connection, log.newest.seal), _workspaces(connection, log)
    head, workspace = next(heads, None), next(workspaces, None)
    while head is not None or workspace is not None:
        if workspace is None or (head is not None and head[0] < workspace.key):
            yield head, None
            head = next(heads, None)
        elif head is None or workspace.key < head[0]:
            yield None, workspace
            workspace = next(workspaces, None)
        else:
            yield head, workspace
            head, workspace = next(heads, None), next(workspaces, None)


def _workspaces(connection: Connection, log: SealedLog) -> Iterator[_WorkspaceEntries]:
    with connection.cursor("workspaces") as cursor:
        cursor.itersize = FETCH
        for workspace_id, entries, key in cursor.execute(ALL_WORKSPACES, {"snapshot": log.newest.snapshot}):
            yield _WorkspaceEntries(key.hex(), workspace_id, entries)
