"""What waits for a destination, and what is remembered of it: order, repeats, a limit, restarts."""

import re
from pathlib import Path

import pytest

from export.copies import command, copier
from export.copies.command import Command
from export.copies.copier import MAX_WAITING, Copier
from export.copies.destination import CheckpointToCopy, NotCopied
from export.copies.directory import Directory
from export.copies.memory import NEVER, Memory
from tests.repository import ROOT


class Fake:
    """A destination that fails as often as it is told to."""

    name = "fake"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.sizes: list[int] = []

    def copy(self, checkpoint: CheckpointToCopy) -> None:
        if self.failures:
            self.failures -= 1
            raise NotCopied("not now")
        self.sizes.append(checkpoint.size)


def checkpoint(size: int) -> CheckpointToCopy:
    return CheckpointToCopy(origin="x/log", size=size, data=b"x/log\n%d\n" % size)


def test_a_failure_keeps_what_waits_in_its_order(tmp_path: Path) -> None:
    destination = Fake(failures=1)
    waiting = Copier(destination, Memory(tmp_path))
    for size in (1, 2):
        waiting.add(checkpoint(size))

    waiting.once()
    assert (destination.sizes, waiting.state().waiting, waiting.state().failures) == ([], 2, 1)
    waiting.once()
    assert (destination.sizes, waiting.state().waiting) == ([1, 2], 0)
    assert waiting.state().copied.at > 0


def test_of_a_long_outage_the_newest_are_copied(tmp_path: Path) -> None:
    destination = Fake()
    waiting = Copier(destination, Memory(tmp_path))
    for size in range(1, MAX_WAITING + 51):
        waiting.add(checkpoint(size))

    assert waiting.state().waiting == MAX_WAITING + 50
    waiting.once()
    assert destination.sizes == list(range(51, MAX_WAITING + 51))
    assert waiting.state().waiting == 0


def test_a_restart_copies_what_was_not_copied_and_nothing_twice(tmp_path: Path) -> None:
    first = Copier(Fake(), Memory(tmp_path))
    first.add(checkpoint(7))
    first.once()

    destination = Fake()
    again = Copier(destination, Memory(tmp_path))
    again.add(checkpoint(7))
    again.once()
    assert (destination.sizes, again.state().waiting, again.state().copied.size) == ([], 0, 7)
    again.add(checkpoint(9))
    assert again.state().waiting == 2
    again.once()
    assert destination.sizes == [9]


def test_the_same_checkpoint_waits_once(tmp_path: Path) -> None:
    """The folder's is told at a start, and again by whoever finds that nothing is newer."""
    destination = Fake()
    waiting = Copier(destination, Memory(tmp_path))
    waiting.add(checkpoint(3))
    waiting.add(checkpoint(3))
    waiting.once()

    assert destination.sizes == [3]


def test_a_memory_that_cannot_be_read_or_written_costs_nothing_but_a_copy(tmp_path: Path) -> None:
    (tmp_path / "copied").write_text("a file where a folder should be")
    destination = Fake()
    waiting = Copier(destination, Memory(tmp_path))
    waiting.add(checkpoint(1))
    waiting.once()

    assert destination.sizes == [1]
    assert Memory(tmp_path).read("fake") == NEVER


def test_a_directory_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    for path, words in ((tmp_path, "checkpoint"), (tmp_path / "missing", "missing")):
        with pytest.raises(NotCopied, match=words):
            Directory(path).copy(checkpoint(1))


def test_a_command_that_fails_is_missing_or_hangs_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotCopied, match="sh ended with 3: no room"):
        Command(("sh", "-c", "echo no room >&2; exit 3"), {"PATH": "/usr/bin:/bin"}).copy(checkpoint(1))
    with pytest.raises(NotCopied, match="not/there cannot be run"):
        Command(("not/there",), {}).copy(checkpoint(1))
    monkeypatch.setattr(command, "SECONDS", 0.2)
    with pytest.raises(NotCopied, match="has not ended"):
        Command(("sh", "-c", "sleep 60"), {"PATH": "/usr/bin:/bin"}).copy(checkpoint(1))


def test_a_command_gets_no_setting_of_any_program(tmp_path: Path) -> None:
    """As deploy/env.example says: none of those that it lists; what else there is, such as the tool's own login, is handed on."""
    listed = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
    environ = dict.fromkeys(listed, "sesame") | {
        "PGPASSWORD": "sesame",
        "PATH": "/usr/bin:/bin",
        "STORAGE_TOKEN": "theirs",
    }
    Command(("sh", "-c", f"env >{tmp_path}/env"), environ).copy(checkpoint(1))

    environ = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert "SCHEMA_REGISTRY_URL" in listed
    assert "sesame" not in environ.values()
    assert environ["STORAGE_TOKEN"] == "theirs" and environ["AUDIT_CHECKPOINT_SIZE"] == "1"


def test_a_thread_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a destination does not take is offered again, after a pause."""
    pauses: list[float] = []

    class Over(Exception):
        pass

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 2:
            raise Over

    monkeypatch.setattr("export.copies.copier.time.sleep", pause)
    waiting = Copier(Fake(failures=3), Memory(tmp_path))
    waiting.add(checkpoint(1))
    with pytest.raises(Over):
        waiting.run()
    assert pauses == [copier.RETRY_SECONDS] * 3
