"""Runs the pipeline on one record at a time in a child process, for records that may have killed a consumer.

After an owner died without releasing its partitions, one of its last records may be the cause. A record on
which the child dies three times is parked as `crash_loop`, and never decoded in this process.
"""

import multiprocessing
import resource
from multiprocessing.connection import Connection
from typing import TypeAlias

from catalog.reasons import ParkReason
from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Outcome, Parked, Poison, Record
from consumer.event.pipeline import Pipeline
from schemas import all_schemas

MAX_DEATHS = 3
# With its own memory limit the child is killed before the machine runs out of memory.
MEMORY_BYTES = 2 * 1024**3

LearnedSchema: TypeAlias = tuple[int, str | Poison]


class IsolatedWorker:
    """A child that is started when first needed, and again when it has died."""

    def __init__(self) -> None:
        # Spawned, never forked: librdkafka's threads do not survive a fork.
        self._context = multiprocessing.get_context("spawn")
        self._child: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._learned: list[LearnedSchema] = []

    def learn(self, schema_id: int, schema: str | Poison) -> None:
        """Stores the registry's answer for a schema id, for this child and later ones."""
        self._learned.append((schema_id, schema))
        self.close()

    def forget_absent(self) -> None:
        """As `Decoder.forget_absent`: ids that the registry did not know may be asked for again."""
        kept = [(schema_id, schema) for schema_id, schema in self._learned if not _absent(schema)]
        if len(kept) < len(self._learned):
            self._learned = kept
            self.close()

    def run(self, record: Record) -> Outcome | NeedsSchema:
        """The outcome of `record`, or Parked when the child has died of it three times."""
        codes: list[int | None] = []
        while len(codes) < MAX_DEATHS:
            try:
                pipe = self._started()
                pipe.send(record)
                outcome: Outcome | NeedsSchema = pipe.recv()
            except (EOFError, OSError):
                codes.append(self._exit_code())
            else:
                return outcome
        return Parked(ParkReason.CRASH_LOOP, f"the decoding child died {MAX_DEATHS} times, exit codes {codes}")

    def close(self) -> None:
        """Ends the child, if there is one."""
        if self._pipe is not None:
            self._pipe.close()
            self._exit_code()

    def _started(self) -> Connection:
        if self._pipe is None:
            self._pipe, theirs = self._context.Pipe()
            self._child = self._context.Process(target=_serve, args=(theirs, self._learned), daemon=True)
            self._child.start()
            theirs.close()
        return self._pipe

    def _exit_code(self) -> int | None:
        assert self._child is not None
        self._child.join(5)
        code = self._child.exitcode
        if code is None:
            self._child.kill()
            self._child.join()
        self._child = self._pipe = None
        return code


def _absent(schema: str | Poison) -> bool:
    return isinstance(schema, Poison) and schema.reason is ParkReason.SCHEMA_UNKNOWN


def _serve(pipe: Connection, learned: list[LearnedSchema]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    decoder = Decoder(all_schemas())
    for schema_id, schema in learned:
        decoder.learn(schema_id, schema)
    pipeline = Pipeline(decoder)
    while True:
        try:
            record = pipe.recv()
        except EOFError:
            return
        pipe.send(pipeline.run(record))
