"""The steps of a record, each alone over the same records: processor seconds of each.

Each step makes a list, which keeps what the pipeline frees at once; so freeing that is a step of its own, and records go
through them a few at a time: the consumer's are in the processor's caches, too.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from catalog.audit_types import BY_CE_TYPE
from catalog.content_digest import content_digest
from consumer.event import canonical, diff, envelope
from consumer.event.decode import Decoder
from consumer.event.ignored import ignored_type
from consumer.event.model import Event, Record, Recorded
from consumer.event.pipeline import Pipeline
from consumer.event.row import row
from consumer.storage.copy_row import copy_row, encode

FEW_RECORDS, FEW_BYTES = 20, 16_384


def alone(records: Sequence[Record], pipeline: Pipeline, decoder: Decoder) -> dict[str, float]:
    """Processor seconds of each step of all `records`, which are audited; there may be none."""
    spent: dict[str, float] = {}
    for few in _a_few(records):
        for step, seconds in _timed(few, pipeline, decoder).items():
            spent[step] = spent.get(step, 0.0) + seconds
    return spent


def _a_few(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """One after the other, each as many as stay in the processor's caches with all that is made of them."""
    start = size = 0
    for end, record in enumerate(records):
        size += len(record.value or b"")
        if end > start and (end - start == FEW_RECORDS or size > FEW_BYTES):
            yield records[start:end]
            start, size = end, len(record.value or b"")
    yield records[start:]


def _timed(records: Sequence[Record], pipeline: Pipeline, decoder: Decoder) -> dict[str, float]:
    spent, began = {}, time.thread_time()

    def lap(step: str) -> None:
        nonlocal began
        spent[step] = time.thread_time() - began
        began = time.thread_time()

    ignored = [ignored_type(record.headers) for record in records]
    lap("ignored")
    envelopes = [envelope.read(record.headers) for record in records]
    lap("envelope")
    datas: list[Any] = [
        decoder.decode(ce.type, record.value or b"") for ce, record in zip(envelopes, records, strict=True)
    ]
    lap("decode")
    ways = [_way(ce.type, data) for ce, data in zip(envelopes, datas, strict=True)]
    began = time.thread_time()
    changes = [
        diff.changes(data.get("before"), data.get("after"), kind.tracked)
        if kind.tracked
        else diff.changes(None, data, kind.facts)
        for (kind, _), data in zip(ways, datas, strict=True)
    ]
    lap("diff")
    events = [Event(ce, data) for ce, data in zip(envelopes, datas, strict=True)]
    began = time.thread_time()
    rows = [
        row(event, kind, feed, changed, record)
        for event, (kind, feed), changed, record in zip(events, ways, changes, records, strict=True)
    ]
    lap("row")
    del ignored, envelopes, datas, changes, events
    lap("freeing")
    staged = [copy_row(record, entry, 0) for record, entry in zip(records, rows, strict=True)]
    lap("staging")
    del staged
    began = time.thread_time()
    outcomes = [pipeline.run(record) for record in records]
    lap("pipeline")
    del outcomes
    spent.update(_of_the_row(rows))
    return spent


def _of_the_row(rows: Sequence[Recorded]) -> dict[str, float]:
    """Of the row its canonical text and its digest, of staging its encoding."""
    diffs = [orjson.loads(recorded.row.diff) for recorded in rows]
    began = time.thread_time()
    texts = [canonical.text(changes) for changes in diffs]
    text = time.thread_time() - began
    entries = [(*recorded.row[:14],) for recorded in rows]
    began = time.thread_time()
    digests = [content_digest(*entry) for entry in entries]
    digest = time.thread_time() - began
    began = time.thread_time()
    encoded = [encode(recorded.row, 0) for recorded in rows]
    encoding = time.thread_time() - began
    assert len(texts) == len(digests) == len(encoded)
    return {"canonical": text, "digest": digest, "encoding": encoding}


def _way(ce_type: str, data: Any) -> Any:
    """The audit type and its feed."""
    route = BY_CE_TYPE[ce_type]
    return next(iter(route.ways.values())) if route.choose is None else route.ways[str(route.choose(data))]
