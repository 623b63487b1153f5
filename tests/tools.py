"""`python -m tests.tools`: installs, if that works without root, the programs that some tests need and pip does not have.

A Chromium for the tests of the page, and Prometheus for those of the alerts. What is installed is left alone. For what cannot
be installed there is one line, and the tests that need it are skipped. The exit code is 0 either way.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.services import browser, prometheus
from sandbox.services.process import SandboxError

LIMIT = 300  # seconds for each command


class CannotBring(Exception):
    """A program cannot be installed here; the message is the last line of what was tried."""


def ensure(name: str, find: Callable[[], object], bring: Callable[[], None]) -> str:
    """One line that says whether a program is there, was installed, or why it cannot be installed."""
    try:
        return f"{name}: {find()}"
    except SandboxError:
        print(f"{name}: not installed; trying to install it without root", flush=True)
    try:
        bring()
        return f"{name}: {find()}"
    except (CannotBring, SandboxError) as error:
        return f"{name}: cannot be installed here, its tests will be skipped ({error})"


def bring_chromium() -> None:
    """Playwright's headless shell, into Playwright's own cache."""
    _run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"])


def bring_prometheus() -> None:
    """The programs of Debian's package, unpacked into our cache. apt keeps its lists beside them, so it needs no root."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise CannotBring(f"{tool} is not installed")
    folder = prometheus.folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="prometheus-", dir=folder.parent) as name:
        work = Path(name)
        apt = [
            "apt-get",
            "-qq",
            f"-oDir::State::Lists={work}/lists",
            f"-oDir::Cache={work}/cache",
            "-oAPT::Sandbox::User=",
        ]
        for part in ("lists/partial", "cache/archives/partial"):
            (work / part).mkdir(parents=True)
        _run([*apt, "update"], work)
        _run([*apt, "download", "prometheus"], work)
        [package] = work.glob("prometheus_*.deb")
        _run(["dpkg-deb", "-x", package, work / "root"], work)
        folder.mkdir(exist_ok=True)
        for program in prometheus.PROGRAMS:
            (work / "root" / "usr" / "bin" / program).replace(folder / program)


def _run(command: Sequence[str | Path], folder: Path | None = None) -> None:
    try:
        process = subprocess.run(
            command, check=False, cwd=folder, timeout=LIMIT, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise CannotBring(f"{Path(command[0]).name} took over {LIMIT} s") from error
    if process.returncode:
        said = [
            line.strip()
            for line in (process.stdout + process.stderr).splitlines()
            if "rror" in line or line.startswith("E:")
        ]
        raise CannotBring(said[0] if said else f"{Path(command[0]).name} ended with exit code {process.returncode}")


def main() -> None:
    """Looks for each program, tries to bring what is missing, and prints a line for each."""
    print(ensure("Chromium", browser.executable, bring_chromium), flush=True)
    print(ensure("Prometheus", lambda: prometheus.executable("prometheus", os.environ), bring_prometheus), flush=True)


if __name__ == "__main__":
    main()
