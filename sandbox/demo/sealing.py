"""The demo's sealer, beside the consumer: keys, a policy and a folder of its own, a seal every few seconds."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from export.format.record import SealRecord, parse_record
from sandbox.demo.steps import DemoSteps
from sandbox.services.process import SandboxError, Server
from sandbox.services.temporary_folder import TemporaryFolder

LOG, EXPORTER = "audit.callmine.example/log", "audit.callmine.example/exporter"
EVERY = "3"  # seconds; a minute by default, which is long to watch


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingPrograms:
    """The folder with keys (`log.key`, `exporter.key`), `auditor.policy` and what was sealed; `program` is audit-export."""

    program: Path
    folder: Path
    database_url: str

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command, with the settings that it needs; in the folder, so that its files have short names."""
        environ = {
            "DATABASE_URL": self.database_url,
            "AUDIT_EXPORT_KEY": "exporter.key",
            "AUDIT_SEAL_DIR": "sealed",
        }
        command: list[str | Path] = [self.program, *arguments]
        return subprocess.run(command, check=False, cwd=self.folder, env=environ, capture_output=True, text=True)

    def newest(self) -> SealRecord | None:
        """The newest seal, None before the first."""
        path = self.folder / "sealed" / "records"
        records = path.read_text().split("\n\n")[:-1] if path.exists() else []
        return parse_record(f"{records[-1]}\n") if records else None


@contextmanager
def sealing(environ: Mapping[str, str], program: Path, steps: DemoSteps) -> Iterator[SealingPrograms]:
    """The sealer at work, for the time of a `with`. SandboxError."""
    with TemporaryFolder("sealer") as folder:
        sealing_programs = SealingPrograms(program=program, folder=folder.path, database_url=environ["DATABASE_URL"])
        server = Server("audit-export", folder, lambda: sealing_programs.newest() is not None)
        with steps.step("audit-export seal, with keys of its own, until the first seal is made"):
            for name, file in ((LOG, "log"), (EXPORTER, "exporter")):
                process = sealing_programs.run("keygen", name, "--out", file)
                if process.returncode:
                    raise SandboxError(f"audit-export keygen: {process.stderr}")
            log, exporter = ((folder.path / f"{file}.vkey").read_text() for file in ("log", "exporter"))
            (folder.path / "auditor.policy").write_text(f"log {log}exporter {exporter}")
            settings = {"AUDIT_SEAL_DIR": "sealed", "AUDIT_SEAL_KEY": "log.key", "AUDIT_SEAL_EVERY": EVERY}
            server.start([program, "seal"], {**environ, **settings})
        try:
            yield sealing_programs
        finally:
            server.stop()
