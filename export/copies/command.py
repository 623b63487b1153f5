"""Copies by a command that the operator sets; it gets the note on its standard input."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

from export.copies.destination import CheckpointToCopy, NotCopied

SECONDS = 60.0
# How the settings of all programs begin, and those of libpq: one file of settings may serve them all, and the command gets no password
# of theirs.
OURS = ("DATABASE_URL", "AUDIT_", "KAFKA_", "PG", "SCHEMA_REGISTRY_", "OTEL_", "CLERK_")


class Command:
    """A program with its arguments, run without a shell. Exit code 0 means that the copy is stored."""

    name: ClassVar[str] = "command"

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self._words = words
        self._environ = {name: value for name, value in environ.items() if not name.startswith(OURS)}

    def copy(self, checkpoint: CheckpointToCopy) -> None:
        """Runs it in a process group of its own, for at most SECONDS."""
        environ = {
            **self._environ,
            "AUDIT_CHECKPOINT_ORIGIN": checkpoint.origin,
            "AUDIT_CHECKPOINT_SIZE": str(checkpoint.size),
        }
        try:
            with subprocess.Popen(
                self._words,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ) as process:
                said = self._finish(process, checkpoint.data)
        except OSError as error:
            raise NotCopied(f"{self._words[0]} cannot be run: {error.strerror}") from None
        if process.returncode:
            last = " ".join(said.decode(errors="replace").split())[-300:]
            raise NotCopied(f"{self._words[0]} ended with {process.returncode}: {last or 'it said nothing'}")

    def _finish(self, process: "subprocess.Popen[bytes]", data: bytes) -> bytes:
        """What it wrote to standard error."""
        try:
            return process.communicate(data, SECONDS)[1]
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise NotCopied(f"{self._words[0]} has not ended within {SECONDS:.0f} s") from None
