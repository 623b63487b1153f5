"""README.txt of a package: what the receiver has, how to verify it without us, and how to read its rows."""

from collections.abc import Mapping
from types import MappingProxyType

from catalog.audit_types import CATALOG
from catalog.definitions import AuditType
from catalog.render import COMMON_FACETS
from export.evidence.sealed_log import SealedLog
from export.format.manifest import Scope

# What each column of audit.csv says; docs/export.md has the same table.
COLUMN_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "occurred_at": "when the change was made, as the service says",
        "workspace_id": "the workspace",
        "id": "the entry's number in the table",
        "action": "what was done",
        "facets": "finer facts of it, as `name:value`",
        "actor_type": "who did it: a `user` or the `system`",
        "actor_id": "the user's id",
        "actor_email": "the user's e-mail address at that time",
        "subject_type": "what it was done to, as a kind of thing",
        "subject_id": "its id",
        "subject_label": "its name at that time",
        "channel": "from where: `web`, `api`, `mcp`, `system` or `unknown`",
        "diff": "JSON. `changes` has what changed, by the path of the field: `before` and `after`, of lists `added` and `removed`, "
        "or `masked` where the value is never stored. `source: mcp` marks what came through the MCP server",
        "event_source": "the service that sent the event",
        "event_id": "the service's own name of the event",
        "recorded_at": "when the entry was recorded",
        "trace_id": "the request's trace, if the service sent one",
        "content_digest": "SHA-256 of the entry's content",
        "kafka_timestamp": "the time that Kafka has of the record",
        "kafka_topic": "the topic that the record was in",
        "kafka_partition": "the partition that it was in",
        "kafka_offset": "its offset there",
    }
)

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
That a service told the truth or sent the event at all; that a record counted as ignored deserved it; that a row was not
changed between its recording and its seal, which is usually a minute, or ten minutes while recording catches up. Without an
earlier checkpoint of yours or a witness's signature, nothing protects you against an operator who holds the log's key and
started it again. Shown beside the entries are: how many entries the workspace has on each
of its days, sums over all workspaces in accounts.csv, and roughly how many workspaces there are.

The columns of audit.csv
------------------------
Every cell is quoted, and times are UTC. An empty cell is a missing value or an empty text.

{columns}

The actions
-----------
Each is a sentence, in which a name in braces is that part of the row. {{actor}} is actor_email, or actor_id where nothing
of that is seen; {{subject}} is subject_label, or subject_id in the same way; the name of a facet is its value in `facets`.
{{changes}}, {{others}}, {{unnamed}}, {{edits}}, {{fields}} and {{values}} stand for changes of the row in words, {{amount}} for money with
its currency; all others are values in `diff`. The second sentence is used where the row has what it names, a third one where
it has not.

{actions}

Facets that any row may have
----------------------------
{facets}
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
        columns="\n".join(f"{name:<15}  {meaning}" for name, meaning in COLUMN_MEANINGS.items()),
        actions="\n".join(map(_action, CATALOG)),
        facets="\n".join(f"{facet:<16}  {meaning}" for facet, meaning in COMMON_FACETS.items()),
    ).encode()


def _action(audit_type: AuditType) -> str:
    """The action with its sentences and the facets that its rows have."""
    facets = [
        f"facet {facet.name}:{'|'.join(value for value, _ in facet.values) or '…'}" for facet in audit_type.facets
    ]
    lines = [sentence for sentence in (audit_type.sentence, audit_type.detailed, audit_type.otherwise) if sentence]
    return "\n    ".join([audit_type.name, *lines, *facets])


def _line(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
