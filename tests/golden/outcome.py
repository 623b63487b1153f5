"""What becomes of each example, as JSON that a person can read; `python -m tests.golden` writes it to files.

The diff is shown as an object; its text is pinned by `content_digest`.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_never

from catalog.topics import topic_of
from consumer.event.decode import Decoder
from consumer.event.model import Ignored, NeedsSchema, Outcome, Parked, Partition, Record, Recorded, Row
from consumer.event.pipeline import Pipeline
from runtime.timestamps import iso
from schemas import Example, all_schemas, encode_single_object, examples

FOLDER = Path(__file__).parent
STORED_AT = 1_795_383_480_123  # ms; 2026-11-22T21:38:00.123Z, the same for all, later than every example's ce_time


def record_of(example: Example) -> Record:
    """The example as Kafka would deliver it, at a made-up position."""
    schema = next(file for file in all_schemas() if (file.ce_type, file.version) == (example.ce_type, example.version))
    return Record(
        partition=Partition(topic_of(example.ce_type), "made-up-topic-id", 3),
        offset=42,
        timestamp_ms=STORED_AT,
        key=example.key.encode(),
        value=encode_single_object(schema, example.data),
        headers=[(name, value.encode()) for name, value in example.headers.items()],
    )


def shown(outcome: Outcome | NeedsSchema) -> dict[str, Any]:
    """An outcome as plain JSON values."""
    match outcome:
        case Recorded(row, sanitized):
            return {"outcome": "recorded", "sanitized": sanitized, "row": _row(row)}
        case Ignored(reason):
            return {"outcome": "ignored", "reason": reason}
        case Parked(reason, detail):
            return {"outcome": "parked", "reason": reason, "detail": detail}
        case NeedsSchema():
            raise AssertionError("an example is single-object encoded: no registry is needed")
        case _:
            assert_never(outcome)


def golden() -> dict[Path, str]:
    """Every file that has to be here, with its text."""
    pipeline = Pipeline(Decoder(all_schemas()))
    return {
        FOLDER / f"{example.ce_type}.v{example.version}" / f"{example.case}.json": _text(
            shown(pipeline.run(record_of(example)))
        )
        for example in examples()
    }


def _row(row: Row) -> dict[str, Any]:
    kafka_time = row.kafka_timestamp and iso(datetime.fromtimestamp(row.kafka_timestamp / 1000, UTC))
    shown_row = {**row._asdict(), "kafka_timestamp": kafka_time, "diff": json.loads(row.diff)}
    return {**shown_row, "content_digest": row.content_digest.hex()}


def _text(shown_outcome: dict[str, Any]) -> str:
    return json.dumps(shown_outcome, indent=2, ensure_ascii=False) + "\n"
