"""A large audit.csv is checked in parts: that finds what one reading from front to back finds, and says the same of it."""

import itertools
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export.format.row import HEADER
from export.verify import audit_csv, parts, processes
from export.verify.audit_csv import RowsResult
from export.verify.rows import ChainEnd, Day, RowRange
from tests.export_package import WORKSPACE, Package, audit_export, honest_log, row
from tests.unit.export.attacks import on_history, on_rows
from tests.unit.export.attacks.edits import Attack, before
from tests.unit.export.attacks.on_rows import lines
from tests.unit.export.test_attacks import base

# Later Pythons warn of a fork beside other threads, and a test runner may have some; `processors` is what forbids it.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
ATTACKS = {
    f"{module.__name__.rpartition('.')[2]}: {attack.name}": attack
    for module in (on_rows, on_history)
    for attack in module.ATTACKS
}
NUMBERS = itertools.count()


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Small files are checked in parts, too; gives whether that was enough, for each one."""
    enough: list[bool] = []
    by_all = audit_csv._in_parts

    def spy(stream: BinaryIO, whole: RowRange) -> RowsResult | None:
        result = by_all(stream, whole)
        enough.append(result is not None)
        return result

    monkeypatch.setattr(audit_csv, "LARGE_BYTES", 0)
    monkeypatch.setattr(audit_csv, "processors", lambda: 3)
    monkeypatch.setattr(audit_csv, "_in_parts", spy)
    return enough


@pytest.mark.parametrize("processors", [2, 3, 64])
def test_an_honest_file_holds_in_parts(
    in_parts: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, processors: int
) -> None:
    monkeypatch.setattr(audit_csv, "processors", lambda: processors)

    result = audit_export(*Package(honest_log()).write(tmp_path))

    assert (result.code, in_parts) == (0, [True]), result.stderr
    assert "7 entries" in result.stdout


def test_one_processor_reads_from_front_to_back(
    in_parts: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_csv, "processors", lambda: 1)

    result = audit_export(*Package(honest_log()).write(tmp_path))

    assert (result.code, in_parts) == (0, [False])


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_an_attack_has_the_same_verdict_in_parts(attack: Attack, in_parts: list[bool], tmp_path: Path) -> None:
    package = base(attack.workspace)
    attack.edit(package)

    result = audit_export(*package.write(tmp_path))

    assert (result.code, result.stdout) == (attack.verdict.value, ""), result.stderr


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), by=st.sampled_from([b"", b'"', b"\r\n", b'"\r\n"', b'\r\n"2026-11-02T', b"x"]))
def test_any_edit_is_answered_as_from_front_to_back(
    in_parts: list[bool], tmp_path: Path, data: st.DataObject, by: bytes
) -> None:
    package = Package(honest_log())
    at = data.draw(st.integers(0, len(package.csv)))
    end = data.draw(st.integers(at, min(at + 3, len(package.csv))))
    before("audit.csv", lambda old: old[:at] + by + old[end:])(package)
    folder = tmp_path / str(next(NUMBERS))

    answer = audit_export(*package.write(folder / "in parts"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_csv, "processors", lambda: 1)
        alone = audit_export(*package.write(folder / "alone"))

    assert (answer.code, answer.stderr) == (alone.code, alone.stderr)


def test_halves_of_a_record_in_two_parts_are_found(in_parts: list[bool], tmp_path: Path) -> None:
    """A sealer who sealed two halves of one record as the last row of a day and the first of the next."""
    package = Package(honest_log(), views=(5,))
    first, second = (row(WORKSPACE, day, 6)[:-3] + b"\r\n" for day in ("2026-11-02", "2026-11-04"))
    package.log.rows[WORKSPACE, "2026-11-02"][-1] = first
    package.log.rows[WORKSPACE, "2026-11-04"][0] = second
    for day in ("2026-11-02", "2026-11-04"):
        package.log.rechain(WORKSPACE, day)
    package.compose()

    result = audit_export(*package.write(tmp_path))

    assert (result.code, in_parts) == (1, [False]), result.stdout


def test_a_part_that_ends_within_a_row_does_not_hold(
    in_parts: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a day begins is only guessed: a wrong guess costs time and nothing else."""
    begins = parts._beginning
    monkeypatch.setattr(parts, "_beginning", lambda *asked: (begins(*asked) or 0) + 1)

    result = audit_export(*Package(honest_log()).write(tmp_path))

    assert (result.code, in_parts) == (0, [False])


def test_a_file_that_changes_meanwhile_is_read_again(
    in_parts: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    states = itertools.count()
    size = len(Package(honest_log()).csv)
    monkeypatch.setattr(audit_csv, "_state", lambda _: (size, next(states), 0))

    result = audit_export(*Package(honest_log()).write(tmp_path))

    assert (result.code, in_parts) == (0, [False])


def test_a_write_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    with path.open("rb") as stream:
        states = [audit_csv._state(stream)]
        path.write_bytes(b"two")
        states.append(audit_csv._state(stream))

    assert states[0] != states[1]


def test_no_process_is_no_reason_to_fail(in_parts: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def forbidden() -> NoReturn:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", forbidden)

    result = audit_export(*Package(honest_log()).write(tmp_path))

    assert (result.code, in_parts) == (0, [False])


def test_answers_come_in_order_and_what_fails_has_none() -> None:
    def fails() -> str:
        raise ValueError

    def is_killed() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return "survived"

    with processes.running([lambda: "one", fails, is_killed, lambda: ""]) as answers:
        assert list(answers) == ["one", None, None, ""]


def test_no_process_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []
    fork = os.fork

    def recorded() -> int:
        pids.append(fork())
        return pids[-1]

    def waits() -> str:
        signal.pause()
        return "woke up"

    monkeypatch.setattr(os, "fork", recorded)
    with pytest.raises(KeyboardInterrupt), processes.running([waits, waits]):
        raise KeyboardInterrupt

    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def file_of(sizes: list[list[int]]) -> tuple[bytes, list[Day]]:
    """Rows of these lengths, for each day; some rows hold what looks like the beginning of another."""
    data, days = HEADER, []
    for number, of_day in enumerate(sizes, 1):
        day = f"2026-01-{number:02}"
        data += b"".join(b'"%sT","%s"\r\n' % (day.encode(), b'\r\n""2026-01-31T' + b"x" * size) for size in of_day)
        days.append(Day(day, [ChainEnd(len(of_day), "", 0)]))
    return data, days


@settings(max_examples=200)
@given(
    sizes=st.lists(st.lists(st.integers(0, 90), min_size=1, max_size=6), min_size=1, max_size=20),
    max_parts=st.integers(1, 5),
    window=st.integers(300, 2000),
)
def test_parts_begin_where_days_begin(sizes: list[list[int]], max_parts: int, window: int) -> None:
    data, days = file_of(sizes)
    begins = {day.day: data.index(f'\r\n"{day.day}T'.encode()) + 2 for day in days}
    whole = RowRange(workspace_id="w", key="k", newest_seal=0, days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "WINDOW", window)
        pieces = parts.divide(lambda size, at: data[at : at + size], len(data), whole, max_parts)

    assert 1 <= len(pieces) <= max_parts
    assert [day for piece in pieces for day in piece.part.days] == days
    assert [piece.start for piece in pieces] == [0, *(begins[piece.part.days[0].day] for piece in pieces[1:])]
    assert [piece.end for piece in pieces] == [*(piece.start for piece in pieces[1:]), len(data)]
    assert [piece.part.before for piece in pieces] == [
        len(re.findall(rb'\r\n"2', data[: piece.start])) for piece in pieces
    ]


def test_a_row_that_fills_a_window_is_left_to_one_reading() -> None:
    data, days = file_of([[1], [5000], [1], [1]])
    whole = RowRange(workspace_id="w", key="k", newest_seal=0, days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "WINDOW", 300)

        assert parts.divide(lambda size, at: data[at : at + size], len(data), whole, 2) == ()


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert processes.processors() == 1

    monkeypatch.setattr("threading.active_count", lambda: 1)
    assert processes.processors() == len(os.sched_getaffinity(0))


def test_nothing_is_divided_that_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forks: list[Callable[[], object]] = []
    monkeypatch.setattr(audit_csv, "processors", lambda: 3)
    monkeypatch.setattr(os, "fork", lambda: forks.append(os.fork))

    assert audit_export(*Package(honest_log()).write(tmp_path)).code == 0
    assert forks == []


def test_wrong_rows_are_named_by_their_number_in_the_file(in_parts: list[bool], tmp_path: Path) -> None:
    package = Package(honest_log())
    lines(lambda rows: [*rows[:5], row("org_globex", "2026-11-02", 99), *rows[6:]])(package)

    result = audit_export(*package.write(tmp_path))

    assert in_parts == [False]
    assert "audit.csv, row 6 is not of the day and workspace sealed" in result.stderr
