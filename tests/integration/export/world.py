"""A database with entries as the consumer records them, a folder, keys and a policy: what the commands work on."""

import datetime as dt
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import psycopg

from catalog.content_digest import content_digest, digested_facets
from export.cli import build_parser
from export.verify.program import run
from runtime.timestamps import iso

LOG, EXPORTER = "audit.example.com/log", "audit.example.com/exporter"
TOPIC = "callmine.members"
DAY = "2026-11-03"
INSERT = """
INSERT INTO audit_event (
    occurred_at, kafka_timestamp, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets,
    actor_type, actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, trace_id,
    content_digest, diff
) VALUES (
    %(occurred_at)s, %(kafka_timestamp)s, %(kafka_offset)s, %(kafka_partition)s, %(workspace_id)s, %(event_source)s,
    %(event_id)s, %(action)s, %(facets)s, %(actor_type)s, %(actor_id)s, %(actor_email)s, %(subject_type)s,
    %(subject_id)s, %(subject_label)s, %(channel)s, %(kafka_topic)s, %(trace_id)s, %(content_digest)s, %(diff)s
)
"""
PASS = """
INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, next_offset, recorded, complete_through)
VALUES ('tid', %(kafka_partition)s, %(kafka_topic)s, 1, 1, %(through)s)
ON CONFLICT (kafka_topic_id, kafka_partition) DO UPDATE
SET next_offset = partition_progress.next_offset + 1, recorded = partition_progress.recorded + 1
"""


@dataclass(frozen=True)
class CommandResult:
    """What a command has said."""

    exit: int
    out: str
    err: str

    @property
    def word(self) -> str:
        """The first word printed."""
        return (self.out or self.err).split()[0]


class World:
    """Everything for one test, in `path`. `url` is the superuser's."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.path = path
        self.folder = path / "sealed"
        self._offset = 0
        self._processes: list[subprocess.Popen[str]] = []
        self.admin = psycopg.connect(url, autocommit=True)
        self.environ = {
            "DATABASE_URL": url,
            "AUDIT_SEAL_DIR": str(self.folder),
            "AUDIT_SEAL_KEY": str(path / "log.key"),
            "AUDIT_EXPORT_KEY": str(path / "exporter.key"),
        }
        self.policy = path / "policy"

    def __enter__(self) -> Self:
        for name, file in ((LOG, "log"), (EXPORTER, "exporter")):
            assert self.run("keygen", name, "--out", str(self.path / file)).exit == 0
        log, exporter = ((self.path / f"{file}.vkey").read_text() for file in ("log", "exporter"))
        self.policy.write_text(f"log {log}exporter {exporter}")
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.close()
        for process in self._processes:  # of a test that failed
            if process.poll() is None:
                process.kill()
                process.communicate()

    @classmethod
    @contextmanager
    def again(cls, url: str, before: "World") -> Iterator["World"]:
        """The same folder, keys and policy with another database; entries are numbered on from 1000."""
        after = cls(url, before.path)
        after._offset = 1000
        try:
            yield after
        finally:
            after.admin.close()

    def record(self, workspace_id: str = "org_acme", time: str = f"{DAY}T10:00:00Z", **changed: Any) -> None:
        """One entry, as the consumer records one, in a transaction of its own."""
        with self.recording() as transaction:
            self.add(transaction, workspace_id, time, **changed)

    @contextmanager
    def recording(self) -> Iterator["psycopg.Connection[Any]"]:
        """A transaction that may stay open for long."""
        with psycopg.connect(self.url) as connection:
            yield connection

    def add(
        self,
        transaction: "psycopg.Connection[Any]",
        workspace_id: str = "org_acme",
        time: str = f"{DAY}T10:00:00Z",
        **changed: Any,
    ) -> None:
        """One entry in an open transaction, with the counters that go with it."""
        row = self.entry(workspace_id, time, **changed)
        transaction.execute(INSERT, row)
        transaction.execute(PASS, {**row, "through": "2027-01-01T00:00:00Z"})

    def entry(self, workspace_id: str = "org_acme", time: str = f"{DAY}T10:00:00Z", **changed: Any) -> dict[str, Any]:
        """The columns of an entry with its digest."""
        self._offset += 1
        moment = dt.datetime.fromisoformat(time).astimezone(dt.UTC)
        row: dict[str, Any] = {
            "workspace_id": workspace_id,
            "event_source": "/services/members",
            "event_id": f"e{self._offset}",
            "action": "member.added",
            "facets": [],
            "actor_type": "user",
            "actor_id": "user_1",
            "actor_email": "ann@example.com",
            "subject_type": "member",
            "subject_id": "user_2",
            "subject_label": None,
            "channel": "web",
            "occurred_at": moment,
            "diff": '{"changes":{"/role":{"after":"admin"}}}',
            "kafka_topic": TOPIC,
            "kafka_partition": 0,
            "kafka_offset": self._offset,
            "kafka_timestamp": None,
            "trace_id": None,
            **changed,
        }
        if "content_digest" not in row:
            row["content_digest"] = digest_of(row)
        return row

    def run(self, *arguments: str, **environ: str | None) -> CommandResult:
        """Runs a command in this process; `environ` replaces settings, None takes one away."""
        settings = {**self.environ, **environ}
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        out, err = io.StringIO(), io.StringIO()
        with patch.dict(os.environ), redirect_stdout(out), redirect_stderr(err):
            for name, value in settings.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            try:
                code = run(build_parser(), arguments)
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
        return CommandResult(code, out.getvalue(), err.getvalue())

    def seal(self, *arguments: str, **environ: str | None) -> CommandResult:
        """One seal, whatever becomes of it."""
        return self.run("seal", "--once", *arguments, **environ)

    def create(self, name: str = "package", *arguments: str, **changed: str) -> CommandResult:
        """A package of the whole of 2026 of org_acme, unless `changed` says otherwise."""
        options = {"workspace": "org_acme", "from": "2026-01-01", "to": "2027-01-01", **changed}
        words = [word for option, value in options.items() for word in (f"--{option}", value)]
        who = ("--policy", str(self.policy), "--requested-by", "auditor@example.com", "--reason", "SOC 2")
        return self.run("create", str(self.path / name), *words, *who, *arguments)

    def verify(self, name: str = "package", *arguments: str, **changed: str) -> CommandResult:
        """What a receiver sees of a package."""
        options = {"workspace": "org_acme", "from": "2026-01-01", "to": "2027-01-01", **changed}
        words = [word for option, value in options.items() for word in (f"--{option}", value)]
        return self.run("verify", str(self.path / name), *words, "--policy", str(self.policy), *arguments)

    def check(self, *arguments: str, **environ: str | None) -> CommandResult:
        """Everything against what was sealed."""
        return self.run("check", "--policy", str(self.policy), *arguments, **environ)

    def start(self, *command: str | Path, **environ: str) -> "subprocess.Popen[str]":
        """A command as a process of its own."""
        settings = {**os.environ, **self.environ, **environ}
        words = command or (sys.executable, "-m", "export", "seal")
        process = subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    def rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """What the superuser reads."""
        return self.admin.execute(statement.encode(), values).fetchall()

    def tamper(self, *statements: str, table: str = "audit_event") -> None:
        """What a superuser does who knows how the triggers are switched off."""
        with psycopg.connect(self.url) as connection:
            tables = [table, *self._leaves()] if table == "audit_event" else [table]
            for name in tables:
                connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL".encode())
            for statement in statements:
                connection.execute(statement.encode())
            for name in tables:
                connection.execute(f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER append_only".encode())

    def _leaves(self) -> list[str]:
        return [
            name
            for (name,) in self.rows(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass"
            )
        ]

    def sha256(self, path: Path) -> str:
        """The hash of a file."""
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def records(self) -> list[str]:
        """The published records."""
        return [f"{record}\n" for record in (self.folder / "records").read_text().split("\n\n")[:-1]]

    def pending(self) -> dict[str, str] | None:
        """The seal that was being made."""
        path = self.folder / "pending"
        return json.loads(path.read_text()) if path.exists() else None


def digest_of(row: Mapping[str, Any]) -> bytes:
    """The content_digest of a row."""
    return content_digest(
        row["workspace_id"],
        row["event_source"],
        row["event_id"],
        row["action"],
        digested_facets(row["facets"]),
        row["actor_type"],
        row["actor_id"],
        row["actor_email"],
        row["subject_type"],
        row["subject_id"],
        row["subject_label"],
        row["channel"],
        iso(row["occurred_at"]),
        row["diff"],
    )
