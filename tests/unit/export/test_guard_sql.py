"""row.sql has the formula guard of guard.sql at every cell that may hold text."""

import re

from export.format.row import COLUMNS
from export.tables.entries import ROW
from sql import query

# Numbers, hex digits, times and JSON arrays: none begins as a formula does.
PLAIN = {
    "occurred_at", "id", "facets", "recorded_at", "content_digest", "kafka_timestamp", "kafka_partition", "kafka_offset",
}  # fmt: skip


def test_every_text_is_guarded_and_no_guard_is_left_to_be_expanded() -> None:
    named = re.findall(r"guard\(([a-z_]+)", query("export/row"))

    assert set(named) == set(COLUMNS) - PLAIN
    assert ROW.count("ELSE coalesce(") == len(named)
    assert all(f"ascii({name}" in ROW for name in named)
    assert not re.search(r"\b(?:guard\(|cell\b)", ROW.partition("SELECT")[2])
