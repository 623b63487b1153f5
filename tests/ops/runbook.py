"""docs/runbook.md as a test reads it: its entries, its procedures, and the lines of code in each."""

import re
from collections.abc import Mapping
from pathlib import Path

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def parts(text: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The entries below `# Alerts` and the procedures below `# Procedures`, by heading."""
    alerts, _, procedures = text.partition("\n# Alerts\n")[2].partition("\n# Procedures\n")
    return _sections(alerts), _sections(procedures)


def code(section: str) -> list[str]:
    """The lines of the blocks of code in a section."""
    blocks = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


class Procedure:
    """A procedure under way: each of its lines is taken in its turn, and the last one must have been."""

    def __init__(self, heading: str) -> None:
        self._lines = code(parts(RUNBOOK.read_text())[1][heading])
        self._line_number = 0

    def line(self, start: str) -> str:
        """The next line, which begins with `start`."""
        assert self._line_number < len(self._lines), f"{start}: the procedure is over"
        line = self._lines[self._line_number]
        assert line.startswith(start), f"the runbook has {line!r} here, the drill does {start!r}"
        self._line_number += 1
        return line

    def command(self, start: str, program: str = "audit-consumer", /, **values: str | int) -> list[str]:
        """The next line as arguments of our program, capitals (and names of files) replaced by `values`."""
        words = re.findall(r'"[^"]*"|\S+', self.line(f"{program} {start}"))[1:]
        return [str(values.get(word.lower(), word)).strip('"') for word in words]

    def over(self) -> None:
        """Every line has been done."""
        assert self._lines[self._line_number :] == []


def _sections(text: str) -> dict[str, str]:
    pieces = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))
