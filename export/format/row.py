"""The rule for a line of audit.csv (section 3): the columns, the formula guard, the encoding. The line's bytes are hashed.

`sql/queries/export/row.sql` writes the lines; tests compare them with `encode_row`, which the program uses for the first line.
"""

import re
from collections.abc import Sequence

COLUMNS = (
    "occurred_at", "workspace_id", "id", "action", "facets", "actor_type", "actor_id", "actor_email", "subject_type",
    "subject_id", "subject_label", "channel", "diff", "event_source", "event_id", "recorded_at", "trace_id",
    "content_digest", "kafka_timestamp", "kafka_topic", "kafka_partition", "kafka_offset",
)  # fmt: skip

# What a spreadsheet may take for the beginning of a formula, the full-width forms included.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def guard(cell: str) -> str:
    """Puts one apostrophe before a cell that a spreadsheet would run as a formula, and before one already guarded."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """Takes off the apostrophe that `guard` put there."""
    return cell[1:] if _GUARDED.match(cell) else cell


def encode_cell(value: str | None) -> str:
    """Gives a cell in its quotes: guarded, each quote doubled; None is the empty cell."""
    return '"' + guard(value or "").replace('"', '""') + '"'


def encode_row(values: Sequence[str | None]) -> bytes:
    """Gives the line of a row, its CRLF included. `values` are in the order of COLUMNS."""
    return (",".join(map(encode_cell, values)) + "\r\n").encode()


HEADER = encode_row(COLUMNS)
