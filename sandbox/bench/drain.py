"""Consumers under measurement: each is a separate process with a new database."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import NamedTuple

import psycopg

from sandbox.bench.load import Load
from sandbox.bench_reader.entries import fill
from sandbox.services.postgres import PostgresServer

# As a user runs it: checkpoints and vacuum come as they come.
POSTGRES = {"shared_buffers": "512MB"}
FILLED = "filled"
NOTHING_MORE: Mapping[str, str] = {}


class ConsumerRun(NamedTuple):
    """What one consumer process said of itself (sandbox/bench/measured.py; the steps: sandbox/bench/steps.py)."""

    code: int
    records: int
    batches: int
    began: float
    ended: float
    seconds: float
    processor_seconds: float
    peak_mib: float
    latencies: list[int]
    first_row: float
    steps: dict[str, float]


class Consumers:
    """Starts consumers on a server, with `programs` as the environment in which their packages are found."""

    def __init__(self, postgres: PostgresServer, programs: Mapping[str, str]) -> None:
        self._postgres, self._programs = postgres, programs
        self._databases = 0
        self._entries = 0  # of the database that is kept
        self.last = ""

    def database(self, entries: int = 0) -> str:
        """A new database, on a server without the previous one, whose pages would still fill the shared buffers.

        So many `entries` of other workspaces are in it already. They are made once, and copied from then on, as long as no
        other number of them is asked for: only one such database is kept.
        """
        self._databases += 1
        self._postgres.drop_database("bench")
        if entries:
            self._fill(entries)
            url = self._postgres.create_database("bench", FILLED)
        else:
            url = self._migrated("bench")
        # As before the raw COPY: what is measured begins with clean buffers.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        self.last = url
        return url

    def drain(self, load: Load, url: str) -> ConsumerRun:
        """Consumes all that `load` has published."""
        return self.together(load, url, 1)[0]

    def step_by_step(self, load: Load, url: str) -> ConsumerRun:
        """The same, with the processor time of its steps."""
        return _result(self._start(load, url, until_end=True, program="sandbox.bench.steps"))

    def together(
        self, load: Load, url: str, count: int, environ: Mapping[str, str] = NOTHING_MORE
    ) -> list[ConsumerRun]:
        """The same by so many consumers of one group, with more in their environment where `environ` has it."""
        processes = [self._start(load, url, until_end=True, more=environ) for _ in range(count)]
        return [_result(process) for process in processes]

    def first_row_seconds(self, load: Load, url: str) -> float:
        """Seconds from the start of a consumer to the commit of its first rows; it consumes all that `load` has published."""
        began = time.monotonic()
        return _result(self._start(load, url, until_end=True)).first_row - began

    def follow(self, load: Load, url: str) -> "Following":
        """Consumes what comes until it is stopped."""
        return Following(self._start(load, url, until_end=False))

    def _fill(self, entries: int) -> None:
        if self._entries != entries:
            self._postgres.drop_database(FILLED)
            fill(self._migrated(FILLED), entries)
            self._entries = entries

    def _migrated(self, name: str) -> str:
        url = self._postgres.create_database(name)
        subprocess.run(
            [sys.executable, "-m", "consumer", "migrate"],
            env={**self._programs, **_settings(url)},
            check=True,
            capture_output=True,
        )
        return url

    def _start(
        self,
        load: Load,
        url: str,
        *,
        until_end: bool,
        more: Mapping[str, str] = NOTHING_MORE,
        program: str = "sandbox.bench.measured",
    ) -> "subprocess.Popen[str]":
        environ = {
            **self._programs,
            **_settings(url),
            "KAFKA_BOOTSTRAP_SERVERS": load.bootstrap,
            "AUDIT_TOPICS": ",".join(load.topics),
            "AUDIT_GROUP_ID": f"bench-{self._databases}",
            **more,
        }
        command = [sys.executable, "-m", program, *(["--until-end"] if until_end else [])]
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


class Following:
    """A consumer that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def wait_for_first_record(self) -> None:
        """Until it has polled one, or has ended."""
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def stop(self) -> ConsumerRun:
        """Ends it in order."""
        self._process.send_signal(signal.SIGTERM)
        return _result(self._process)


def _result(process: "subprocess.Popen[str]") -> ConsumerRun:
    out, _ = process.communicate()
    return ConsumerRun(**json.loads(out.splitlines()[-1]))


def _settings(url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "AUDIT_LOG_FORMAT": "json"}
