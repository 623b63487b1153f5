"""A record as the tables of raw records keep it: parked, conflicting or sanitized (SPEC 5)."""

import base64
import json
from collections.abc import Sequence
from typing import LiteralString

from consumer.event.model import Headers, Record
from consumer.event.row import kafka_time
from runtime.postgres import Cursor

# Statements sent together. The client's timeout is for all of them.
TOGETHER = 500


def keep(cursor: Cursor, statement: LiteralString, parameters: Sequence[dict[str, object]]) -> list[bool]:
    """Runs `statement` for each of `parameters`, without waiting for each answer: the database may be milliseconds away.

    Returns, for each, True if a row was inserted and False if it existed. Raises the database's error about any of them.
    """
    new: list[bool] = []
    for start in range(0, len(parameters), TOGETHER):
        together = parameters[start : start + TOGETHER]
        cursor.executemany(statement, together, returning=True)
        for _ in together:
            new.append(cursor.rowcount == 1)
            cursor.nextset()
    return new


def raw_parameters(record: Record) -> dict[str, object]:
    """The parameters by which the statements for those tables name the parts of `record`."""
    return {
        "topic": record.partition.topic,
        "topic_id": record.partition.topic_id,
        "number": record.partition.number,
        "offset": record.offset,
        "timestamp": kafka_time(record.timestamp_ms),
        "key": record.key,
        "value": record.value,
        "headers": headers_text(record.headers),
    }


def headers_text(headers: Headers) -> str:
    """Headers as an ordered JSON array of [name, base64 value or null]; repeats are kept (SPEC 5)."""
    return json.dumps(
        [
            [name.replace("\0", "\ufffd"), None if value is None else base64.b64encode(value).decode()]
            for name, value in headers
        ]
    )
