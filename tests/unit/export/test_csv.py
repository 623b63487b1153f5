"""The line of a row and the reader of a file: what is written is read back, in blocks of any size."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from export.format.csv_reader import RecordError, record_batches
from export.format.row import COLUMNS, HEADER, encode_row, guard, unguard

TEXTS = st.text(
    st.one_of(st.sampled_from("'=+-@\t\r\n\",＝＋－＠a"), st.characters(exclude_categories=["Cs"])), max_size=8
)
ROWS = st.lists(TEXTS, min_size=len(COLUMNS), max_size=len(COLUMNS))


def read(data: bytes, block: int = 7, max_size: int = 1 << 20) -> list[bytes]:
    return [record for batch in record_batches(io.BytesIO(data).read, block, max_size) for record in batch]


@given(TEXTS)
def test_the_guard_is_reversible_and_leaves_no_formula(cell: str) -> None:
    guarded = guard(cell)

    assert unguard(guarded) == cell
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [("", ""), ("a", "a"), ("=1", "'=1"), ("'=1", "''=1"), ("''=1", "'''=1"), ("'a", "'a"), ("a=1", "a=1"), ("＝1", "'＝1"),
     ("\n=", "'\n="), (" =1", " =1"), ("'", "'")],
)  # fmt: skip
def test_the_guard(cell: str, guarded: str) -> None:
    assert guard(cell) == guarded


@given(st.lists(ROWS, max_size=5), st.integers(1, 50))
def test_what_is_written_is_read_back(rows: list[list[str]], block: int) -> None:
    written = [HEADER, *map(encode_row, rows)]

    assert read(b"".join(written), block) == written


@given(st.lists(ROWS, max_size=5))
def test_another_csv_reader_agrees(rows: list[list[str]]) -> None:
    text = b"".join(map(encode_row, rows)).decode()

    assert [[unguard(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)] == rows


@given(
    st.binary(max_size=60).map(lambda data: data.translate(bytes(b'"\r\na'[byte % 4] for byte in range(256)))),
    st.integers(1, 9),
)
@example(b'"\r\n"\r\n', 9)  # a line break inside quotes, all of it in one block
def test_any_bytes_are_split_by_the_rule_or_refused(data: bytes, block: int) -> None:
    by_rule, start = [], 0
    for at in range(len(data)):
        record = data[start : at + 1]
        if record.endswith(b"\r\n") and record.count(b'"') % 2 == 0:
            by_rule.append(record)
            start = at + 1
    if start < len(data):
        with pytest.raises(RecordError, match="does not end"):
            read(data, block)
    else:
        assert read(data, block) == by_rule


@pytest.mark.parametrize(
    ("first", "then"), [(b"", b"a"), (b'"', b"\r\n"), (b'"', b"a"), (b'"', b'""\r\n'), (b"", b"\n")]
)
def test_a_record_that_does_not_end_does_not_fill_the_memory(first: bytes, then: bytes) -> None:
    blocks = 0

    def endless(size: int) -> bytes:
        nonlocal blocks
        blocks += 1
        assert blocks < 20, "it reads on and on"
        return (first if blocks == 1 else b"") + then * (100 // len(then))

    with pytest.raises(RecordError, match="longer than 1000 bytes"):
        list(record_batches(endless, 100, 1000))
