"""README.txt of a package: what the receiver has, and how to verify it without us."""

from export.evidence.sealed_log import SealedLog
from export.format.manifest import Scope

_TEXT = """Verified export of the workspace audit log
==========================================

Workspace     {workspace}
Days          {first} up to, not including, {last}, by UTC days of occurred_at
Entries       {entries}
As of         seal {seal} of the log {origin}, {time}
Complete      everything that Kafka had received through {complete}
Requested by  {requested_by}
Reason        {reason}

What is here
------------
audit.csv     the entries, one a record (RFC 4180, UTF-8). A cell that a spreadsheet would run as a formula has one ' in front.
proof.json    that these are all entries of the workspace on these days, as they were sealed.
accounts.csv  what became of every Kafka record, per partition, over all workspaces.
checkpoint    the log's signature over all seals.
manifest      who made this package, when and why, and the hashes of the other files; signed by the exporter.

How to verify it
----------------
You need your policy file: the public keys of the log and of the exporter. Take it from whom you trust, never from here.

  audit-export verify FOLDER --workspace {shell} --from {first} --to {last} --policy YOUR_POLICY

It works offline. The first word is the verdict. Keep the file `checkpoint`: when you ask for another package, send it along,
and verify the new one with --known CHECKPOINT. Then no one can have changed what you have seen without your noticing.

With public tools only: `checkpoint` is a C2SP signed note (openssl, or Go's sumdb/note), the log is an RFC 9162 Merkle tree
(Go's sumdb/tlog), everything else is SHA-256 of text. The documentation of the format has a shell script that does it.

What it does not show
---------------------
That a service told the truth or sent the event at all; that a record counted as ignored deserved it; what happened in the
seconds before a seal. Without an earlier checkpoint of yours or a witness's signature, nothing protects you against an
operator who holds the log's key and started it again. Shown beside the entries are: how many entries the workspace has on each
of its days, sums over all workspaces in accounts.csv, and roughly how many workspaces there are.
"""


def readme(scope: Scope, log: SealedLog, entries: int, requested_by: str, reason: str) -> bytes:
    """The text, for people; control characters in names and reasons are escaped."""
    newest = log.newest
    return _TEXT.format(
        workspace=_line(scope.workspace_id),
        shell="'" + _line(scope.workspace_id).replace("'", "'\\''") + "'",
        first=scope.from_day,
        last=scope.to_day,
        entries=entries,
        seal=newest.seal,
        origin=log.checkpoint.origin,
        time=newest.time,
        complete=newest.complete_through,
        requested_by=_line(requested_by),
        reason=_line(reason),
    ).encode()


def _line(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
