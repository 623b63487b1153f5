"""The report when all checks hold: what was verified, what it was compared with, and what cannot be concluded from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from export.format.checkpoint import Checkpoint
from export.format.errors import Verdict
from export.format.manifest import Scope
from export.format.record import SealRecord

_NOTHING = (
    "NOTHING: without an earlier checkpoint of yours (--known), the holder of the log's key could have started it again"
)
NO_WITNESS = "NONE: no one but the log's operator says that all receivers see the same log"
_LIMITS = (
    "not shown: that a service told the truth or sent the event, nor that a row was not changed between its recording and "
    "its seal"
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """The facts of a verified package."""

    scope: Scope
    exporters: tuple[str, ...]
    checkpoint: Checkpoint
    record: SealRecord
    entries: int
    known: tuple[int, ...]
    witnesses: tuple[str, ...]
    exceptions: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """For machines: one JSON object."""
        return {
            "verdict": Verdict.VERIFIED.word,
            "exit": Verdict.VERIFIED.value,
            "workspace": self.scope.workspace_id,
            "from": self.scope.from_day,
            "to": self.scope.to_day,
            "entries": self.entries,
            "exported_by": list(self.exporters),
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "sealed_at": self.record.time,
            "complete_through": self.record.complete_through,
            "restored": [f"{first}-{after}" for first, after in self.record.restored],
            "exceptions": list(self.exceptions),
            "witnesses": list(self.witnesses),
            "known": list(self.known),
        }

    def text(self) -> str:
        """For people: the verdict first, then a line for each fact."""
        scope = self.scope
        first = f"{Verdict.VERIFIED.word} - {self.entries} entries of {scope.workspace_id}, {scope.from_day} to {scope.to_day}"
        lines = "".join(f"  {name:<12} {fact}\n" for name, fact in self._lines())
        return f"{first} (UTC, the last day not included)\n{lines}"

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield "exported by", ", ".join(self.exporters)
        yield "log", f"{self.checkpoint.origin}, {self.checkpoint.size} seals, sealed at {self.record.time}"
        yield "complete", f"everything that Kafka had received through {self.record.complete_through}"
        sizes = ", ".join(map(str, self.known))
        yield "compared", f"with your checkpoints of size {sizes}" if self.known else f"with {_NOTHING}"
        yield "witnesses", ", ".join(self.witnesses) or NO_WITNESS
        for first, after in self.record.restored:
            yield "restored", f"the database lost seals {first} to {after - 1} and was restored from a backup"
        if not self.record.restored:
            yield "restored", "-"
        for exception in self.exceptions:
            yield "exception", exception
        yield "limits", _LIMITS
