"""Raw records are sent to PostgreSQL together: how often the writer waits for an answer does not depend on their number."""

import pytest

from consumer.storage.raw_record import TOGETHER, keep, raw_parameters
from consumer.storage.store import PARK_RECORD
from runtime.postgres import Connection, connect
from tests.builders import event, record


def test_a_round_trip_for_many(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many waits for as many as are sent together as for one; every record is kept, also of more than those."""
    waits = 0
    original = Connection.wait

    def counted(self: Connection, *arguments: object, **named: object) -> object:
        nonlocal waits
        waits += 1
        return original(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "wait", counted)
    counts, offset = [], 0
    with connect(database_url, "audit_writer", "test") as connection, connection.cursor() as cursor:
        for number in (1, TOGETHER, 2 * TOGETHER + 1):
            records = [record(event(), offset=offset + each) for each in range(number)]
            offset += number
            before = waits
            keep(cursor, PARK_RECORD, [{**raw_parameters(each), "reason": "x", "detail": "y"} for each in records])
            counts.append(waits - before)
        kept = cursor.execute("SELECT count(DISTINCT kafka_offset) FROM parked_record").fetchone()
    assert counts[0] == counts[1] < counts[2] <= 3 * counts[0]
    assert kept == (offset,)
