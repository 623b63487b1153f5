"""Runs `audit-consumer` with a trap in it, which the program itself knows nothing of.

    python -m tests.e2e.failpoint POINT[:N] ACTION [POINT[:N] ACTION …] -- run

At the N-th pass (default 1) of POINT, ACTION happens: `kill` (SIGKILL to itself), `stop` (SIGSTOP), `raise` (a mistake
of ours), `lose` (the connection to PostgreSQL breaks), `hang` (it does not come back). Two more exist for whole runs: `set NAME=NUMBER` changes a
constant, and `crashing TEXT` makes the process die, child processes too, when it decodes a record whose ce_id is TEXT.
"""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple

import psycopg
import structlog

from consumer.event import pipeline
from consumer.event.decode import Decoder
from consumer.event.model import Record
from consumer.kafka.consumer import GroupConsumer
from consumer.native import fast_path
from consumer.partitions import claim, watermark
from consumer.polling import loop
from consumer.registry import fetcher
from consumer.storage import batch, insert, store, writer
from consumer.storage.copy_row import CopyRow
from consumer.telemetry import poller
from runtime import health_server, log_writer


class Point(NamedTuple):
    """A function of ours, and the side of it where the trap lies."""

    owner: Any
    name: str
    before: bool
    with_entries: bool = False  # other batches are not counted as passes


POINTS = {
    "claiming": Point(claim, "take", True),
    "claimed": Point(claim, "take", False),
    "assigned": Point(loop.Loop, "_assigned", False),
    "starting": Point(GroupConsumer, "start", False),
    "polled": Point(loop.Loop, "_poll", False),
    "taken": Point(batch.Batch, "add", False),
    "before_transaction": Point(store, "write", True),
    "after_fence": Point(store, "_fence", False),
    "before_insert": Point(insert, "_insert", True),
    "mid_copy": Point(psycopg.Copy, "write", False),
    "after_insert": Point(insert, "_insert", False),
    "before_commit": Point(store, "_advance", False),
    "after_commit": Point(store, "write", False),
    # The same of batches that have entries; others only say how complete the tables are.
    "after_fence_of_entries": Point(store, "_fence", False, with_entries=True),
    "before_commit_of_entries": Point(store, "_advance", False, with_entries=True),
    "after_commit_of_entries": Point(store, "write", False, with_entries=True),
    "before_commit_async": Point(GroupConsumer, "commit_async", True),
    "after_commit_async": Point(GroupConsumer, "commit_async", False),
    "revoking": Point(loop.Loop, "_revoked", True),
    "revoked": Point(loop.Loop, "_revoked", False),
    "releasing": Point(claim, "release", True),
    "closing": Point(loop.Loop, "close", True),
    # The threads in the background, by their names.
    "watermark": Point(watermark.Watermark, "_ask", True),
    "writer": Point(writer.Writer, "_serve", True),
    "schema-fetcher": Point(fetcher.SchemaFetcher, "_serve", True),
    "poller": Point(poller.Poller, "_ask_database", True),
    "probes": Point(health_server._Server, "service_actions", True),
    "log-writer": Point(log_writer.LogWriter, "_put", True),
}


def arm(arguments: Sequence[str]) -> None:
    """Sets the traps that pairs of words describe."""
    for action, where in zip(arguments[::2], arguments[1::2], strict=True):
        if action == "crashing":
            _crashing(where)
        elif __name__ != "__main__":  # a child process: the other traps are the consumer's own
            continue
        elif action == "set":
            _set(where)
        else:
            point, _, times = action.partition(":")
            _trap(POINTS[point], int(times or 1), where)


def _trap(point: Point, times: int, action: str) -> None:
    function: Callable[..., Any] = getattr(point.owner, point.name)
    passes = 0

    @wraps(function)
    def trapped(*arguments: Any, **named: Any) -> Any:
        nonlocal passes
        counts = not point.with_entries or _has_entries(arguments)
        passes += counts
        if counts and passes == times and point.before:
            _act(action)
        result = function(*arguments, **named)
        if counts and passes == times and not point.before:
            _act(action)
        return result

    setattr(point.owner, point.name, trapped)


def _has_entries(arguments: Sequence[Any]) -> bool:
    return any(isinstance(argument, batch.Batch) and argument.recorded for argument in arguments)


def _act(action: str) -> None:
    match action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            # To this thread: sent to the process, another thread may take it while this one runs on for a moment.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        case "raise":
            raise RuntimeError("failpoint")
        case "lose":
            raise psycopg.OperationalError("failpoint: server closed the connection unexpectedly")
        case "hang":
            structlog.get_logger().warning("failpoint_reached")
            threading.Event().wait()
        case _:
            raise ValueError(action)


def _set(assignment: str) -> None:
    path, _, number = assignment.partition("=")
    module, _, name = path.rpartition(".")
    owner = importlib.import_module(module)
    kind = type(getattr(owner, name))  # a constant that does not exist any more must not go unnoticed
    setattr(owner, name, kind(number))


def _crashing(event_id: str) -> None:
    """By the pipeline, and by the native code, which is asked first where there is any."""
    run, prepare = pipeline.Pipeline.run, fast_path.FastPath.__init__

    def die_of(record: Record) -> None:
        if dict(record.headers).get("ce_id") == event_id.encode():
            os.kill(os.getpid(), signal.SIGSEGV)

    def dying(self: pipeline.Pipeline, record: Record) -> Any:
        die_of(record)
        return run(self, record)

    def prepared(self: fast_path.FastPath, decoder: Decoder) -> None:
        prepare(self, decoder)
        make_row = self.row

        def dying_row(record: Record, ordinal: int) -> CopyRow | None:
            die_of(record)
            return make_row(record, ordinal)

        self.row = dying_row

    pipeline.Pipeline.run = dying  # type: ignore[method-assign]
    fast_path.FastPath.__init__ = prepared  # type: ignore[method-assign]


if __name__ in {"__main__", "__mp_main__"}:  # the second in a spawned child, which gets our sys.argv as it is
    SPLIT = sys.argv.index("--")
    arm(sys.argv[1:SPLIT])
    if __name__ == "__main__":
        from consumer.cli import main

        main(sys.argv[SPLIT + 1 :])
