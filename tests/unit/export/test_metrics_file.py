"""The file of a scheduled check, AUDIT_CHECK_METRICS_FILE: what it may name, and what a failure leaves."""

import os
import socket
from pathlib import Path

import pytest

from export.check import metrics_file
from export.copies.copies import Copies
from export.format.errors import ExportError, Verdict
from export.seal.metrics import Metrics
from export.settings import CheckSettings, SealSettings, load, load_check
from tests.export_package import LOG, audit_export

URL = "postgresql://x@127.0.0.1:1/x"


def special(kind: str, path: Path) -> Path:
    """Something at `path` that is no regular file."""
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            os.mkfifo(path.with_name("target"))
            path.symlink_to("target")
        case "dangling":
            path.symlink_to("nowhere")
        case _:
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(str(path))
    return path


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "dangling", "socket"])
def test_what_is_no_regular_file_is_refused_and_kept(kind: str, tmp_path: Path) -> None:
    """By the check, which would replace it, and by the sealer, which would read it; before either does anything."""
    path = special(kind, tmp_path / "check.prom")
    (tmp_path / "log.key").write_bytes(LOG.encode())
    environ = {
        "DATABASE_URL": URL,
        "AUDIT_SEAL_DIR": str(tmp_path),
        "AUDIT_SEAL_KEY": str(tmp_path / "log.key"),
        "AUDIT_CHECK_METRICS_FILE": str(path),
    }
    before = path.lstat()

    for model in (CheckSettings, SealSettings):
        with pytest.raises(ExportError, match="AUDIT_CHECK_METRICS_FILE: is not a regular file") as caught:
            load(model, environ)
        assert caught.value.verdict is Verdict.MALFORMED
    with pytest.raises(OSError, match="is not a regular file"):  # it may have come during the check
        metrics_file.write(path, time=1.0, exit_code=0, seconds=2.0)

    assert path.lstat() == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("value", ["/", ".", "..", "x/", "x/.", "x/.."])
def test_a_value_that_names_no_file_is_refused(value: str) -> None:
    with pytest.raises(ExportError, match="AUDIT_CHECK_METRICS_FILE: names no file"):
        load(CheckSettings, {"DATABASE_URL": URL, "AUDIT_CHECK_METRICS_FILE": value})


def test_a_check_needs_a_folder_that_it_can_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the check, which takes hours, not after it."""
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("AUDIT_CHECK_METRICS_FILE", str(tmp_path / "missing" / "check.prom"))

    result = audit_export("check", "--policy", str(tmp_path / "policy"))

    assert result.code == 2
    assert "AUDIT_CHECK_METRICS_FILE: its folder does not exist, or cannot be written to" in result.stderr


def test_a_good_file_may_be_there_or_not(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": URL, "AUDIT_CHECK_METRICS_FILE": str(tmp_path / "check.prom")}
    assert load_check(environ).metrics_file == tmp_path / "check.prom"
    metrics_file.write(tmp_path / "check.prom", time=1.0, exit_code=0, seconds=2.0)
    assert load_check(environ).metrics_file == tmp_path / "check.prom"
    assert load_check({"DATABASE_URL": URL}).metrics_file is None


@pytest.mark.parametrize("step", ["replace", "write_text"])
def test_a_failure_leaves_no_draft(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a disk that is full, of a name that cannot be given: its name has a process id, so no later check would replace it."""
    write_text = Path.write_text

    def full(path: Path, *_: object) -> None:
        write_text(path, "half of")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    with pytest.raises(OSError, match="No space left on device"):
        metrics_file.write(tmp_path / "check.prom", time=1.0, exit_code=0, seconds=2.0)

    assert list(tmp_path.iterdir()) == []


def test_the_sealer_waits_for_no_fifo(tmp_path: Path) -> None:
    """One that comes in the file's place while it runs would hold up each scrape."""
    metrics = Metrics(Copies([], tmp_path), special("fifo", tmp_path / "check.prom"), 60)

    assert metrics.registry.get_sample_value("auditlog_check_exit_code") is None
