"""One consumer process under measurement whose processor time is taken step by step; it drains its topics and prints one JSON object.

The steps of a poll and of a batch are timed where they are, by the clock of their thread. What one compiled function does
for a record cannot be timed there: the records of each eighth poll go through the native code, and those that it does not
answer through every step of the pipeline alone, first. That is left out of everything else.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from consumer.event.decode import Decoder
from consumer.event.model import Record
from consumer.event.pipeline import Pipeline
from consumer.kafka import consumer as kafka_consumer
from consumer.native.fast_path import FastPath
from consumer.polling.handover import HandOver
from consumer.storage import store
from consumer.storage.writer import Written
from sandbox.bench.alone import alone
from sandbox.bench.measured import Stopwatch, run
from schemas import all_schemas

ONE_OF = 8  # polls
LOOP, CLIENT, RECORDS, INTAKE = "loop", "client", "records", "intake"
WRITER, ROWS, PROCESS, ITSELF = "writer", "rows", "process", "measuring"
POLLED, SAMPLED, NATIVE = "polled", "sampled", "native"


class StepTimes(Stopwatch):
    """Seconds of processor time: of the process, of the steps of both threads, and of the steps of a record.

    Those of a record are of the sample alone; SAMPLED and POLLED are no times: the records of the sample, and of all polls.
    """

    def __init__(self) -> None:
        super().__init__()
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._step, self._since = LOOP, 0.0
        self._polls = self._polled = 0
        self._decoder = Decoder(all_schemas())
        self._pipeline, self._fast_path = Pipeline(self._decoder), FastPath(self._decoder)

    def on_first_record(self) -> None:
        """Everything begins with it."""
        self._spent.clear()
        self._since = time.thread_time()
        super().on_first_record()

    def on_written(self, written: Written) -> None:
        """What was spent up to the last commit."""
        step = self._step
        self._to(ITSELF)
        super().on_written(written)
        process = self.processor_ended - self.processor_began
        self._to(step)
        self.steps = {**self._spent, PROCESS: process, POLLED: self._polled}

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Within it the consumer's own functions are timed."""
        with super().placed(), ExitStack() as patches:
            for owner, name, step, after in (
                (kafka_consumer.GroupConsumer, "poll", CLIENT, INTAKE),
                (kafka_consumer, "add_messages", RECORDS, CLIENT),
                (HandOver, "settle", LOOP, LOOP),
            ):
                function = getattr(owner, name)
                patches.enter_context(patch.object(owner, name, self._step_of(function, step, after)))
            for name, step in (("write", WRITER), ("insert_rows", ROWS)):
                patches.enter_context(patch.object(store, name, self._timed(getattr(store, name), step)))
            yield

    def _step_of(self, function: Callable[..., Any], step: str, after: str) -> Callable[..., Any]:
        """The function as a step of the loop's thread, which `after` follows."""

        def timed(*arguments: Any) -> Any:
            self._to(step)
            result = function(*arguments)
            if step == CLIENT:
                self._to(ITSELF)
                self._sample([item for item in result.records if type(item) is Record])
            self._to(after)
            return result

        return timed

    def _timed(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        """The function with its time, in whichever thread calls it."""

        def timed(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*arguments)
            finally:
                self._spent[step] += time.thread_time() - began

        return timed

    def _to(self, step: str) -> None:
        """Another step of the loop's thread begins."""
        now = time.thread_time()
        self._spent[self._step] += now - self._since
        self._step, self._since = step, now

    def _sample(self, records: Sequence[Record]) -> None:
        self._polled += len(records)
        self._polls += bool(records)
        if records and self._polls % ONE_OF == 1:
            self._spent[SAMPLED] += len(records)
            began = time.thread_time()
            rows = [self._fast_path.row(record, 0) for record in records]
            self._spent[NATIVE] += time.thread_time() - began
            others = [record for record, row in zip(records, rows, strict=True) if row is None]
            for step, seconds in alone(others, self._pipeline, self._decoder).items():
                self._spent[step] += seconds


def main() -> None:
    """Drains, and prints what was measured."""
    print(json.dumps(run(StepTimes(), until_end=True)))


if __name__ == "__main__":
    main()
