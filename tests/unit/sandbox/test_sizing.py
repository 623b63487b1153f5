"""What a rate of entries comes to, of figures that are easy to calculate by hand; and the document has what the benchmark writes."""

import re
from pathlib import Path

from sandbox.bench.provenance import Provenance
from sandbox.bench.report import replace_section
from sandbox.bench.sizing import RATES, Sizing, section
from sandbox.bench.speed import Speed
from tests.unit.sandbox.tables import rows

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
# A thousand bytes an entry: 1 TB are a thousand million.
EASY = Sizing(
    records=200, entries=100, disk=1000.0, indexes=400.0, wal=1250.0,
    processor={"consumer": 10e-6, "PostgreSQL": 20e-6, "broker": 5e-6}, speed=Speed(25.0, 90_000.0), provenance=Provenance("abc1234", 0.0),
)  # fmt: skip


def test_a_rate_is_multiplied_out() -> None:
    """By the year, of a terabyte, of a line and of a core."""
    table_rows = rows(section(EASY))

    assert table_rows["100"] == [
        "3,156 million",
        "3,156 GB",
        "0.317 years",
        "1.00 Mbit/s",
        "0.100%",
        "0.200%",
        "0.050%",
    ]
    assert table_rows["1"][:3] == ["32 million", "32 GB", "31.688 years"]
    assert table_rows["disk"][0] == "1,000 bytes, 400 of them indexes"
    assert table_rows["processor, broker"][0] == "5.0 µs"


def test_the_document_has_the_tables() -> None:
    """Measured, not left out: for each rate a line, with the same number of cells as the heading."""
    text = OPERATIONS.read_text("utf-8")
    written = text.partition("<!-- sizing: written")[2].partition("<!-- sizing: to here")[0]
    table_rows = rows(written)

    assert {f"{rate:,}" for rate in RATES} <= table_rows.keys()
    assert {len(table_rows[f"{rate:,}"]) for rate in RATES} == {len(table_rows["entries a second"])}
    assert re.search(r"disk \| [\d,]+ bytes", written)
    assert "1,000 bytes, 400" in replace_section(text, "sizing", section(EASY))
