"""`status --verify`: what was changed without the programs, in the schema and in the entries."""

from dataclasses import dataclass
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from consumer.operator.digests import DigestReport, estimate_entries, verify_digests
from consumer.operator.session import SessionError
from consumer.operator.tampering import Difference, find_tampering
from runtime import terminal
from runtime.postgres import Connection


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What both comparisons found."""

    schema: list[Difference]
    digests: DigestReport

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.schema and not self.digests.mismatches

    def data(self) -> dict[str, Any]:
        """For machines."""
        return {
            "entries": self.digests.entries,
            "schema_findings": [str(difference) for difference in self.schema],
            "digest_mismatches": self.digests.mismatches,
            "digest_findings": self.digests.findings(),
        }

    def view(self) -> list[Text]:
        """For people, a line for each finding."""
        findings = [*map(str, self.schema), *self.digests.findings()]
        if findings:
            words = "The log was changed, or damaged: keep the database as it is (docs/runbook.md, AuditTampering)."
            return [*(terminal.printable(f"✗ {finding}", "bold red") for finding in findings), Text(words, "bold red")]
        number = self.digests.entries
        entries = "1 entry is" if number == 1 else f"{number:,} entries are"
        return [Text(f"✓ The schema is what the migrations made, and {entries} what was sent.", "green")]


def verify(connection: Connection) -> Verification:
    """Compares schema and entries, with a progress bar on a terminal. Raises SessionError for a schema of another version."""
    compared = find_tampering(connection)
    if compared.unknown_version is not None:
        raise SessionError(
            "the database's schema is of another version than this program: run `audit-consumer migrate`"
        )
    screen = terminal.console(errors=True)
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("verifying", total=estimate_entries(connection) or None)
        digests = verify_digests(connection, lambda entries: bar.advance(task, entries))
    return Verification(schema=compared.differences, digests=digests)
