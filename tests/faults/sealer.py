"""A sealer at work: it seals every other second, and an operator does with it what docs/runbook.md says."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export.format.keys import SigningKey
from export.key_files import SECRET, write_new
from export.seal.accounts import entries_of
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from tests.e2e.program import Program
from tests.e2e.world import World, clean

LOG, EXPORTER = "audit.example.com/log", "audit.example.com/exporter"
LIMIT = 90.0  # seconds
RESTS = """
SELECT count(*) >= 2 AND bool_and(state = 'idle')
FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'audit-export seal'
"""
NEWEST = "SELECT accounts FROM audit_seal ORDER BY seal DESC LIMIT 1"
RESTORED = ("--accept-restore", "the database was restored")


class Sealer:
    """`audit-export seal` with keys and a folder of its own below `folder`; its metrics are on `port`."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = free_port()
        self.database_url = database_url
        self._folder = folder
        self._runs: list[Program] = []
        log, exporter = (SigningKey(name, Ed25519PrivateKey.generate()) for name in (LOG, EXPORTER))
        folder.mkdir()
        write_new({folder / "log.key": (log.encode(), SECRET)})
        (folder / "policy").write_text(f"log {log.verifier.encode()}\nexporter {exporter.verifier.encode()}\n")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for program in self._runs:
            if program.exit_code is None:
                program.kill()
        if error is not None:
            print(f"--- {self._sealing.log.name}, exit code {self._sealing.exit_code}\n{self._sealing.tail()}")

    @property
    def pid(self) -> int:
        """Of the sealer, also when it has ended."""
        return self._sealing.pid

    def start(self) -> None:
        """Starts it."""
        self._sealing = self._run("seal", AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{self.port}")

    def stop(self) -> None:
        """Asks it to end, which it must in order."""
        code = self._sealing.stop()
        assert code == 0, f"asked to end, the sealer exits with {code}\n{self._sealing.tail()}"

    def ended(self, promised: int) -> None:
        """It ends by itself, with this exit code."""
        code = self._sealing.wait(LIMIT)
        assert code == promised, f"the sealer exits with {code}, promised {promised}\n{self._sealing.tail()}"

    def accept_restore(self) -> None:
        """The database has fewer seals than were signed: it has ended with 5, and is told so, and started."""
        self.ended(5)
        self._must("seal", "--once", *RESTORED)
        self.start()

    def seals(self, world: World) -> None:
        """Returns once it has sealed again."""
        before = len(self.times())
        world.until(lambda: len(self.times()) > before, "a seal is made", of=[self._sealing], limit=LIMIT)

    @contextmanager
    def between_seals(self, world: World) -> Iterator[None]:
        """The block is run while it is frozen with both of its sessions open, and no transaction in them."""
        assert wait_until(lambda: self._frozen_at_rest(world), LIMIT), "it never rests between two seals"
        yield
        self._sealing.thaw()

    def until_all_is_sealed(self, world: World) -> None:
        """Returns once the newest seal has as many entries as the table."""
        world.until(lambda: self._sealed(world), "all is sealed", of=[self._sealing], limit=LIMIT)

    def check(self) -> None:
        """`audit-export check` finds nothing."""
        self._must("check", "--policy", str(self._folder / "policy"))

    def times(self) -> Sequence[float]:
        """When it sealed, Unix time."""
        lines = [line for program in self._runs for line in program.logged("sealed")]
        return [datetime.fromisoformat(line["timestamp"]).timestamp() for line in lines]

    def _frozen_at_rest(self, world: World) -> bool:
        self._sealing.freeze()
        # The second look is for a statement that was on its way at the first.
        if wait_until(lambda: self._sealing.frozen, LIMIT) and all(world.value(RESTS) for _ in range(2)):
            return True
        self._sealing.thaw()
        return False

    def _sealed(self, world: World) -> bool:
        rows = world.rows(NEWEST)
        # A topic that was made again has two lines for a partition, with the same number of entries.
        return bool(rows) and entries_of(rows[0]["accounts"]).total() == world.count("audit_event")

    def _must(self, *arguments: str) -> None:
        program = self._run(*arguments)
        assert program.wait(LIMIT) == 0, f"{arguments}\n{program.tail()}"

    def _run(self, *arguments: str, **environ: str) -> Program:
        settings = {
            "DATABASE_URL": self.database_url,
            "AUDIT_SEAL_DIR": str(self._folder / "sealed"),
            "AUDIT_SEAL_KEY": str(self._folder / "log.key"),
            "AUDIT_SEAL_EVERY": "2",
            "AUDIT_LOG_FORMAT": "json",
        }
        log = self._folder / f"sealer-{len(self._runs)}.log"
        if arguments[0] == "check":
            del settings["AUDIT_SEAL_KEY"]
        program = Program(arguments, {**clean(os.environ), **settings, **environ}, log, module="export")
        self._runs.append(program)
        return program
