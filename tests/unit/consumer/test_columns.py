"""One list of the entry's columns, `consumer.event.model.COLUMNS`; every copy that SQL and others must have agrees with it."""

import ast
import re
from dataclasses import fields
from hashlib import sha256
from inspect import signature
from pathlib import Path
from struct import pack

import orjson
import pytest

import sql
from catalog.content_digest import content_digest
from consumer.event.decode import Decoder
from consumer.event.model import COLUMNS, Recorded, Row
from consumer.event.pipeline import Pipeline
from consumer.operator.accounting import PartitionAccount
from consumer.partitions.progress import PartitionProgress
from consumer.storage.copy_row import encode
from export.format import row as export_row
from reader.model import Entry
from sandbox.bench import baselines
from sandbox.demo import queries
from schemas import all_schemas
from tests.builders import event, record
from tests.repository import sources

ROOT = Path(__file__).parents[3]
THIS = Path(__file__).relative_to(ROOT).as_posix()
# What the database adds to an entry by itself.
BY_DATABASE = {"id", "xid", "recorded_at", "source"}
# What of that an export has: the other two say how it was recorded, not what.
EXPORTED_OF_DATABASE = {"id", "recorded_at"}
# Where a record came from, and what is computed of the rest: no part of an entry's content (SPEC 4).
NOT_DIGESTED = {"kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "content_digest", "trace_id"}


def names(listing: str) -> list[str]:
    """The names in a comma-separated list of SQL."""
    return [name.strip() for name in listing.split(",")]


def staging() -> list[str]:
    """The columns of the staging table, in their order."""
    return re.findall(r"^    (\w+) ", sql.query("consumer/staging"), re.MULTILINE)


def test_there_are_twenty() -> None:
    """A list that had lost a column would agree with a parser that finds nothing."""
    assert len(COLUMNS) == len(set(COLUMNS)) == 20


def test_the_staging_table_has_them_and_the_order_of_arrival() -> None:
    """Rows pass through a table of the session."""
    assert sorted(staging()) == sorted(("ordinal", *COLUMNS))


def test_the_insert_names_them_twice_in_one_order() -> None:
    """What is selected from the staging table lands in the column of its own name."""
    into, select = re.fullmatch(
        r".*INSERT INTO audit_event \((.*?)\)\nSELECT\n(.*?)\nFROM staging\n.*",
        sql.query("consumer/record_staged"),
        re.DOTALL,
    ).groups()  # type: ignore[union-attr]
    selected = [re.sub(r".* AS |::json$", "", column) for column in names(select)]
    assert selected == names(into)
    assert sorted(selected) == sorted(COLUMNS)


def test_a_row_for_copy_is_in_the_order_of_the_staging_table() -> None:
    """Each value of a row arrives under its own name: the values here are the names, or others where it is no text."""
    others = {"kafka_partition": 3, "kafka_offset": 1234, "kafka_timestamp": 5678, "content_digest": b"\x01\x02"}
    values = {name: others.get(name, name) for name in COLUMNS} | {"occurred_at": "2000-01-01T00:00:01.000002Z"}
    encoded = encode(Row(**{**values, "facets": ["facets"]}), 7)  # type: ignore[arg-type]
    binary = {name: value.encode() for name, value in values.items() if isinstance(value, str)} | {
        "ordinal": pack(">i", 7),
        "kafka_partition": pack(">i", 3),
        "kafka_offset": pack(">q", 1234),
        "kafka_timestamp": pack(">q", 5678),
        "occurred_at": pack(">q", 1_000_002),
        "facets": pack(">iiiiii", 1, 0, 25, 1, 1, len("facets")) + b"facets",
        "content_digest": b"\x01\x02",
    }
    fields = [pack(">i", len(binary[name])) + binary[name] for name in staging()]
    assert encoded == pack(">h", len(staging())) + b"".join(fields)


@pytest.mark.parametrize("role", ["audit_writer", "audit_operator"])
def test_who_records_may_insert_them_and_no_other(role: str) -> None:
    """The grants of the consumer and of an operator who replays, as the migrations leave them."""
    text = (ROOT / "sql/schema.sql").read_text(encoding="utf-8")
    granted = re.findall(rf"INSERT\((\w+)\) ON TABLE public\.audit_event TO {role}", text)
    assert sorted(granted) == sorted(COLUMNS)


def test_the_table_has_them_and_what_the_database_adds() -> None:
    """The schema as the migrations leave it."""
    table = re.search(
        r"CREATE TABLE public.audit_event \((.*?)\n\)", (ROOT / "sql/schema.sql").read_text(encoding="utf-8"), re.DOTALL
    )
    assert table is not None
    assert set(re.findall(r"^    (?!CONSTRAINT)(\w+) ", table[1], re.MULTILINE)) == BY_DATABASE | set(COLUMNS)


def test_an_export_has_them_and_what_the_database_adds_for_people() -> None:
    """Nothing that the consumer records is left out of audit.csv."""
    assert sorted(export_row.COLUMNS) == sorted({*COLUMNS, *EXPORTED_OF_DATABASE})
    assert EXPORTED_OF_DATABASE < BY_DATABASE


def test_the_digest_covers_the_content() -> None:
    """`content_digest` can be computed from the row by the names of its columns."""
    outcome = Pipeline(Decoder(all_schemas())).run(record(event()))
    assert isinstance(outcome, Recorded)
    content = {name: getattr(outcome.row, name) for name in sorted(COLUMNS) if name not in NOT_DIGESTED}
    content["facets"] = [facet for facet in outcome.row.facets if not facet.startswith("clock:")]
    assert outcome.row.content_digest == sha256(orjson.dumps(content)).digest()


def test_the_benchmark_copies_all_of_them() -> None:
    """The raw COPY that the consumer is compared with writes the same columns."""
    assert names(baselines.COLUMNS) == list(COLUMNS)


def test_the_demo_reads_a_row_in_their_order() -> None:
    """Its statement is unpacked into a Row."""
    statement = queries._MCP_EDIT.partition("FROM audit_event")[0]
    assert re.findall(rf"\b({'|'.join(COLUMNS)})\b", statement) == list(COLUMNS)


def inserted(text: str) -> list[str]:
    """The lists of columns that a module's strings insert entries with; what an f-string computes is `{}`, all of a list is left out."""
    strings = [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        for node in ast.walk(ast.parse(text))
        for parts in (
            [[node]] if isinstance(node, ast.Constant) else [node.values] if isinstance(node, ast.JoinedStr) else []
        )
    ]
    lists = [listing for string in strings for listing in re.findall(r"INSERT INTO audit_event \(([^)]+)\)", string)]
    return [listing for listing in lists if listing != "{}"]


def faults(listing: str) -> set[str]:
    """The columns of a list that do not exist, and those that must have a value and are not in it."""
    optional = {"actor_email", "subject_label", "kafka_timestamp", "trace_id"}
    return set(names(listing)) - {*COLUMNS, *BY_DATABASE} | set(COLUMNS) - optional - set(names(listing))


def test_who_else_inserts_entries_knows_the_columns() -> None:
    """Test data and the benchmarks name columns that exist, and all that must have a value, or compute the list from COLUMNS."""
    lists = {path: inserted(text) for path, text in sources("sandbox", "tests") if path != THIS}

    assert sum(map(len, lists.values())) >= 9
    assert {path: faults(listing) for path, of_path in lists.items() for listing in of_path if faults(listing)} == {}


def test_a_list_of_columns_is_found_wherever_it_is() -> None:
    """In strings of several parts and f-strings; with a name that is not a column, without one that is, and computed in part."""
    whole = ", ".join(COLUMNS)

    assert inserted('x = "INSERT INTO audit_event (a, " "b) SELECT"\nx = f"INSERT INTO audit_event ({y}, c) {z}"') == [
        "a, b",
        "{}, c",
    ]
    assert inserted('x = f"INSERT INTO audit_event ({y}) SELECT"\nx = "INSERT INTO audit_event DEFAULT VALUES"') == []
    assert faults(whole) == faults(f"xid, {whole}") == set()
    assert faults(f"{whole}, age") == {"age"}
    assert faults(whole.replace("channel", "{}")) == {"channel", "{}"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("consumer/claim_lock", PartitionProgress),
        ("operator/progress_of", PartitionProgress),
        ("operator/status_partitions", PartitionAccount),
    ],
)
def test_a_row_of_progress_is_read_whole(name: str, kind: type[PartitionProgress]) -> None:
    """Three statements have its columns; each has all of them, in one order."""
    assert selected(name) == [field.name for field in fields(kind)]


def test_digests_are_computed_of_columns_in_their_order() -> None:
    """The statement's columns are passed on as they come."""
    assert selected("operator/entries_digests") == ["id", "content_digest", *signature(content_digest).parameters]


@pytest.mark.parametrize("name", ["reader/entry", "reader/page"])
def test_the_reader_takes_the_fields_of_an_entry_in_their_order(name: str) -> None:
    """Its rows become named tuples without looking at their columns."""
    assert selected(name) == list(Entry._fields)


def selected(name: str) -> list[str]:
    """The names of the columns that a statement gives: at the outermost level, the last word of each item."""
    listing = re.sub(r"--.*", "", sql.query(name)).partition("SELECT")[2]
    listing = re.split(r"\nFROM ", listing)[0]
    while (flat := re.sub(r"\([^()]*\)", "", listing)) != listing:
        listing = flat
    return [re.findall(r"\w+", item)[-1] for item in listing.split(",")]
