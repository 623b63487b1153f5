"""What tests need and pip does not have: looked for, installed if possible, and reported in one line if it is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.services import browser, prometheus
from sandbox.services.process import SandboxError
from tests import tools
from tests.order import spread
from tests.repository import sources
from tests.skips import summary

ROOT = Path(__file__).parents[3]
OWN_NAME = Path(__file__).relative_to(ROOT).as_posix()
SKIPPING = """
import pytest

@pytest.mark.parametrize("number", range(30))
def test_page(number):
    pytest.skip("Chromium is not installed: apt-get install chromium")

@pytest.fixture
def server():
    pytest.skip("Prometheus is not installed: apt-get install prometheus")

def test_alert(server):
    pass

def test_other():
    pass
"""


def test_thirty_skipped_tests_are_one_line(tmp_path: Path) -> None:
    """Pytest's output has one line for each missing program, with how many tests it cost, and no line for each test."""
    (tmp_path / "test_page.py").write_text(SKIPPING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:cacheprovider", str(tmp_path)]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # importing the others takes a second
    process = subprocess.run(command, check=False, cwd=ROOT, env=alone, capture_output=True, text=True)
    lines = [line for line in process.stdout.splitlines() if "skipped " in line and not line[0].isdigit()]

    assert process.returncode == 0, process.stdout + process.stderr
    assert lines == [
        "skipped 30 tests: Chromium is not installed: apt-get install chromium",
        "skipped 1 test: Prometheus is not installed: apt-get install prometheus",
    ]


def test_nothing_skipped_says_nothing() -> None:
    """No reasons, no lines."""
    assert summary([]) == []


def test_the_files_of_each_folder_are_spread_over_the_run() -> None:
    """A folder with few files does not run at once, and its files keep their order; the browser's come first."""
    places = spread(
        map(Path, ("ops/a", "ops/a", "ops/b", "unit/c", "unit/d", "unit/e", "unit/f", "browser/g", "browser/h"))
    )
    assert " ".join(str(file) for file in sorted(places, key=lambda file: places[file])) == (
        "browser/g browser/h unit/c ops/a unit/d unit/e ops/b unit/f"
    )


def test_what_is_there_is_left_alone() -> None:
    """Nothing is fetched where the program is found."""

    def bring() -> None:
        pytest.fail("nothing is to be brought")

    assert tools.ensure("Chromium", lambda: "/usr/bin/chromium", bring) == "Chromium: /usr/bin/chromium"


def test_what_is_missing_is_brought() -> None:
    """It is fetched, and looked for again."""
    installed: list[str] = []

    def find() -> str:
        if not installed:
            raise SandboxError("is not installed")
        return installed[0]

    assert tools.ensure("Chromium", find, lambda: installed.append("/cache/chromium")) == "Chromium: /cache/chromium"


def test_what_cannot_be_installed_is_reported_and_is_no_failure() -> None:
    """One line with the reason; the tests go on without it."""

    def find() -> str:
        raise SandboxError("is not installed")

    def bring() -> None:
        raise tools.CannotBring("E: no network")

    assert tools.ensure("Prometheus", find, bring) == (
        "Prometheus: cannot be installed here, its tests will be skipped (E: no network)"
    )


def test_what_playwright_brought_is_found(tmp_path: Path) -> None:
    """Without a Chromium on the PATH, Playwright's headless shell is used, the newest of several."""
    for revision in ("1200", "1255"):
        program = tmp_path / f"chromium_headless_shell-{revision}" / "chrome-linux" / "headless_shell"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)

    assert browser.executable({"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}) == str(program)


def test_what_was_unpacked_is_found(tmp_path: Path) -> None:
    """Prometheus is looked for in our cache behind the PATH, and the error says how to install it."""
    environ = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(SandboxError, match="Prometheus is not installed: apt-get install prometheus"):
        prometheus.executable("promtool", environ)
    program = prometheus.folder(environ) / "promtool"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)

    assert prometheus.executable("promtool", environ) == str(program)


@pytest.mark.parametrize("service", ["kafka", "postgres", "registry", "database_url", "world"])
def test_a_unit_test_gets_no_service(service: str, request: pytest.FixtureRequest) -> None:
    """A test below tests/unit that requests a service fails, with a message that names its proper folder."""
    with pytest.raises(pytest.fail.Exception, match="move it to tests/integration"):
        request.getfixturevalue(service)


def unhelpful(text: str) -> list[str]:
    """The messages about something that is not installed that do not go on with the command that installs it."""
    return re.findall(r"[^\"\n]* is not installed(?!: (?:run `make |apt-get install |\{HOW\}))[^\"\n]*", text)


def test_what_is_not_installed_is_named_with_the_command_that_installs_it() -> None:
    """So a skipped test's one line says what to do. `tests.tools` tries its commands itself."""
    texts = {name: text for name, text in sources("sandbox", "tests") if name not in {"tests/tools.py", OWN_NAME}}

    assert {name: lines for name, text in texts.items() if (lines := unhelpful(text))} == {}
    assert unhelpful('"kcat is not installed"\n"kcat is not installed: apt-get install kcat"') == [
        "kcat is not installed"
    ]
