"""What is forked is as what is started: arguments, environment, folder, files, exit code and signals."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.e2e import preloaded
from tests.e2e.preloaded import Forked

Started: TypeAlias = Forked | subprocess.Popen[bytes]
Run = Callable[..., Started]
LIMIT = 30
# Runs a statement as the module `timeit`, which every Python has.
STATEMENT = ("timeit", "-n1", "-r1")
SAY = """
import json, os, signal, sys, threading
main = sys.modules["__main__"]
print(json.dumps({
    "module": [main.__name__, main.__spec__.name],
    "arguments": sys.argv,
    "environment": dict(os.environ),
    "path": sys.path,
    "folder": os.getcwd(),
    "leads its session": os.getsid(0) == os.getpid(),
    "threads": threading.active_count(),
    "files": {number: os.readlink(f"/dev/fd/{number}") for number in os.listdir("/dev/fd") if int(number) < 3},
    "other files": len(os.listdir("/dev/fd")),
    "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "output": [sys.stdout.encoding, sys.stdout.line_buffering, sys.stderr.line_buffering],
}))
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a module with its arguments, its output in one file and its errors in another."""

    def begin(way: str, *module: str, environ: Mapping[str, str] = os.environ) -> Started:
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            begun: Started = getattr(preloaded, way)(module, environ, out.fileno(), err.fileno())
        return begun

    return begin


def test_what_is_forked_sees_what_a_started_one_sees(run: Run, tmp_path: Path) -> None:
    """Also while another one runs: its files are closed."""
    other, said = run("fork", *STATEMENT, "import time; time.sleep(60)"), list[dict[str, Any]]()
    for way in ("start", "fork"):
        process = run(way, *STATEMENT, SAY, environ={**os.environ, "GIVEN": "yes"})
        assert process.wait(LIMIT) == 0, (tmp_path / "err").read_text()
        said.append(json.loads((tmp_path / "out").read_text().splitlines()[0]))
    other.kill()
    assert said[0] == said[1]
    assert (said[1]["environment"]["GIVEN"], said[1]["threads"]) == ("yes", 1)


@pytest.mark.parametrize("way", ["start", "fork"])
def test_its_end_is_known(run: Run, tmp_path: Path, way: str) -> None:
    """An exit code of its own, a traceback's, or the signal's."""
    assert run(way, "consumer", "--version").wait(LIMIT) == 0
    assert (tmp_path / "out").read_text().startswith("python -m consumer ")
    assert run(way, "consumer", "status", environ={**os.environ, "DATABASE_URL": "nonsense"}).wait(LIMIT) == 2
    assert run(way, *STATEMENT, "1 / 0").wait(LIMIT) == 1
    assert "ZeroDivisionError" in (tmp_path / "err").read_text()
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = run(way, *STATEMENT, "import time; time.sleep(60)")
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(number)
        assert process.wait(LIMIT) == process.poll() == -number
        process.kill()  # of one that has ended


def test_what_the_interpreter_reads_at_its_start_is_refused(run: Run) -> None:
    """A fork would not see it."""
    with pytest.raises(AssertionError, match="start it"):
        run("fork", "consumer", environ={**os.environ, "PYTHONDEVMODE": "1"})
