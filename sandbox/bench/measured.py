"""One consumer process under measurement: the real `serve`, with an observer that takes times.

`python -m sandbox.bench.measured` reads the consumer's own settings from the environment. It prints a line when it has
polled its first record (`first_record.LINE`), and at the end one JSON object: records, when it polled the first, when it
committed the first rows, and when it made its last commit (by a clock that all processes share), the seconds from the first record to
the last commit and how many of them a processor was busy, peak memory, and the latencies of records in milliseconds.
With `--until-end` it ends with the topics, without it on SIGTERM.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from consumer.kafka.consumer import GroupConsumer
from consumer.kafka.polled import Polled
from consumer.polling.observer import Observer
from consumer.run import serve
from consumer.settings import load
from consumer.storage.writer import Written
from runtime import logging
from sandbox.bench import first_record
from sandbox.services.process_status import peak_bytes


class Stopwatch(Observer):
    """Notes when the first record was polled, when the last commit was, and how old each recorded record was at its commit."""

    def __init__(self) -> None:
        self.began = 0.0
        self.ended = 0.0
        self.processor_began = 0.0
        self.processor_ended = 0.0
        self.first_row = 0.0
        self.records = 0
        self.batches = 0
        self.latencies: list[int] = []
        self.steps: dict[str, float] = {}

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Within it polls are looked at: no hook of an observer is called for the first record."""
        poll = GroupConsumer.poll

        def polled(*arguments: Any) -> Polled:
            result = poll(*arguments)
            if result.records and not self.began:
                self.on_first_record()
            return result

        GroupConsumer.poll = polled  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            GroupConsumer.poll = poll  # type: ignore[method-assign]

    def on_first_record(self) -> None:
        """The clocks start, and whoever started this process is told."""
        self.began, self.processor_began = time.monotonic(), time.process_time()
        print(first_record.LINE, flush=True)

    def on_written(self, written: Written) -> None:
        """Called by the loop after the commit, so the latency includes the way back from the writer."""
        now = time.time()
        if written.batch.records:
            self.ended = time.monotonic()
            self.processor_ended = time.process_time()
            self.records += written.batch.records
            self.batches += 1
        if written.batch.recorded and not self.first_row:
            self.first_row = time.monotonic()
        self.latencies.extend(
            int(now * 1000) - kept.timestamp_ms for kept in written.batch.recorded if kept.timestamp_ms is not None
        )


def run(watch: Stopwatch, *, until_end: bool) -> dict[str, Any]:
    """Runs the consumer; gives what was measured."""
    settings = load(os.environ, kafka=True)
    logging.configure(settings.log_format)
    with watch.placed():
        code = serve(settings, until_end=until_end, observer=watch)
    return {
        "code": code,
        "records": watch.records,
        "batches": watch.batches,
        "began": watch.began,
        "ended": watch.ended,
        "seconds": watch.ended - watch.began,
        "processor_seconds": watch.processor_ended - watch.processor_began,
        "peak_mib": peak_bytes(os.getpid()) / 1024**2,
        "latencies": [] if until_end else watch.latencies,
        "first_row": watch.first_row,
        "steps": watch.steps,
    }


if __name__ == "__main__":
    print(json.dumps(run(Stopwatch(), until_end="--until-end" in sys.argv[1:])))
