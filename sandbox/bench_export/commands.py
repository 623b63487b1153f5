"""Runs `audit-export` as it is run in earnest, and says what it took."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.bench_export.entries import BIG
from sandbox.services.process import SandboxError

PROGRAM = Path(sys.executable).with_name("audit-export")
SCOPE = ("--workspace", BIG, "--from", "2025-01-01", "--to", "2099-01-01")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds on the wall, and the most memory of one process at a time, in MiB."""

    seconds: float
    peak_mib: float


class Commands:
    """The commands with keys and folders of their own, in `path`."""

    def __init__(self, url: str, path: Path) -> None:
        self.path = path
        self._log = path / "sealer.log"
        self._environ: Mapping[str, str] = {
            **os.environ,
            "DATABASE_URL": url,
            "AUDIT_SEAL_DIR": str(path / "sealed"),
            "AUDIT_SEAL_KEY": str(path / "log.key"),
            "AUDIT_EXPORT_KEY": str(path / "exporter.key"),
        }
        for name in ("log", "exporter"):
            self._run("keygen", f"bench.example/{name}", "--out", str(path / name))
        log, exporter = ((path / f"{name}.vkey").read_text() for name in ("log", "exporter"))
        self._policy = path / "policy"
        self._policy.write_text(f"log {log}exporter {exporter}")

    def seal(self) -> Cost:
        """One seal, its start included."""
        return self._run("seal", "--once")

    def sealing(self, every: float) -> "subprocess.Popen[bytes]":
        """A sealer that goes on until it is stopped; `postponed` counts in its log."""
        environ = {**self._environ, "AUDIT_SEAL_EVERY": str(every), "AUDIT_LOG_FORMAT": "json"}
        with self._log.open("wb") as log:
            return subprocess.Popen([PROGRAM, "seal"], env=environ, stdout=subprocess.DEVNULL, stderr=log)

    def postponed(self) -> int:
        """How often the sealer that goes on has put off a seal."""
        return self._log.read_bytes().count(b'"event": "seal_postponed"')

    def create(self, name: str) -> Cost:
        """A package of all that BIG has, verified as always."""
        who = ("--requested-by", "bench", "--reason", "bench")
        return self._run("create", str(self.path / name), *SCOPE, "--policy", str(self._policy), *who)

    def verify(self, name: str) -> Cost:
        """The receiver's command."""
        return self._run("verify", str(self.path / name), *SCOPE, "--policy", str(self._policy))

    def check(self) -> Cost:
        """Everything against what was signed."""
        return self._run("check", "--policy", str(self._policy))

    def _run(self, *words: str) -> Cost:
        command = [sys.executable, "-m", "sandbox.bench_export.measured", str(PROGRAM), *words]
        process = subprocess.run(command, env=self._environ, stdout=subprocess.PIPE, check=True)
        took = json.loads(process.stdout)
        if took["code"]:
            raise SandboxError(f"audit-export {words[0]} ended with {took['code']}")
        return Cost(seconds=took["seconds"], peak_mib=took["peak_mib"])
