"""The runbook has an entry for each alert and no other, whole, and every command in it is one that exists."""

import re
import shlex
from typing import Any

import pytest
import yaml
from typer.exceptions import TyperException

from export.cli import build_parser
from export.format.errors import ExportError
from tests.ops.prometheus import RULES
from tests.ops.runbook import RUNBOOK, Procedure, code, parts
from tests.test_docs import COMMANDS, PROGRAMS

LABELS = ("Means", "Look at", "Do", "Over when")
ALERTS, PROCEDURES = parts(RUNBOOK.read_text())
# What is not ours: each begins with the program's name, or is SQL.
OTHERS = (
    "kill -TERM PID",
    "kafka-topics.sh ",
    "kafka-configs.sh ",
    "kafka-acls.sh ",
    "kafka-dump-log.sh ",
    "kafka-transactions.sh ",
    "kubectl ",
    "curl ",
    "openssl s_client ",
    "pg_basebackup ",
    "pg_restore ",
    "pg_resetwal ",
    "pg_dump ",
    "kcat ",
    "kill -TERM SEALER_PID",
    "kill -TERM READER_PID",
)
SQL = ("CREATE ROLE ", "GRANT ", "DROP ROLE ", "SELECT ", "ALTER TABLE ", "TRUNCATE ")
STANDS_FOR = {
    "TOPIC": "callmine.billing",
    "PARTITION": "0",
    "ID": "3",
    "OFFSET": "1200",
    "FIRST": "1/2",
    "SECOND": "2/2",
}


def parsed(line: str) -> Any:
    """The command line as the program itself takes it; an error of typer's, or of the export's, where it does not."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(line)[1:]]
    if line.startswith("audit-export "):
        return build_parser().parse_args(words)
    if line.startswith("audit-reader "):
        return PROGRAMS["audit-reader"][words[0]].make_context(words[0], words[1:])
    length = 2 if " ".join(words[:2]) in COMMANDS else 1
    name, rest = " ".join(words[:length]), words[length:]
    return COMMANDS[name].make_context(name, rest)


def test_each_alert_has_its_entry_and_each_entry_its_alert() -> None:
    """In the order of the rules, so that neither is forgotten beside the other."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    assert list(ALERTS) == [rule["alert"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_entry_says_everything(alert: str) -> None:
    """What it means, what to look at, what to do, how to know that it is over: each once, in this order, with words."""
    paragraphs = re.findall(r"^\*\*(.+?)\*\* (\S.*)$", ALERTS[alert], re.MULTILINE)
    assert [label for label, _ in paragraphs] == list(LABELS)


def test_the_procedures_of_issue_and_code_are_there() -> None:
    """Whatever an operator may have to do has its procedure, with commands."""
    assert set(PROCEDURES) == {
        "Stopping and starting", "Replaying", "Rewinding", "Accepting a gap", "A damaged log", "Moving to a re-created topic",
        "Restoring a backup", "Restoring a logical dump", "Rotating credentials", "Upgrading", "Growing",
        "The first sealing", "What to keep outside", "Losing the sealer's folder", "Sealing after a restore",
        "Rotating the log's key", "A stolen key", "Answering an auditor",
        "Readers on a standby", "Splitting a cell", "Taking a log out",
    }  # fmt: skip
    assert all(code(text) for text in PROCEDURES.values())


@pytest.mark.parametrize("line", sorted({*code(RUNBOOK.read_text())}))
def test_every_line_of_code_can_be_typed(line: str) -> None:
    """Ours are parsed by the program itself, with all that it requires; others are of programs that are known."""
    if line.startswith(("audit-consumer ", "audit-reader ", "audit-export ")):
        assert parsed(line).command is not None
    else:
        assert line.startswith((*OTHERS, *SQL)), line


@pytest.mark.parametrize(
    "line",
    [
        "audit-consumer gaps accept --reason x",
        "audit-consumer gaps accept 3",
        "audit-consumer gaps accept three --reason x",
        "audit-consumer rewind callmine.billing 0 --to-offset back --reason x",
        "audit-consumer status --loud",
        "audit-reader serve --loud",
        "audit-export create FOLDER --workspace W",
        "audit-export seal --accept-restore",
        "audit-export check --policy POLICY --loud",
    ],
)
def test_a_line_that_cannot_be_typed_is_noticed(line: str) -> None:
    """A missing argument, a missing reason, a wrong type and an unknown option are refused by the guard above."""
    with pytest.raises((TyperException, ExportError)):
        parsed(line)


def test_a_drill_that_leaves_the_runbook_is_noticed() -> None:
    """Another line than the next one, or one that was left out, fails."""
    drill = Procedure("Upgrading")
    with pytest.raises(AssertionError, match="the runbook has 'audit-consumer migrate' here"):
        drill.line("kill -TERM PID")
    assert drill.command("migrate") == ["migrate"]
    with pytest.raises(AssertionError):
        drill.over()
