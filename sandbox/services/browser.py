"""A Chromium for tests and screenshots: one that is installed. `python -m tests.tools` can bring Playwright's."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from sandbox.services.process import SandboxError

SETTING = "AUDIT_CHROMIUM"
# The headless shell first: the same engine without the browser's own windows, a third of the processor time of a page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
HOW = f"install one (Debian: `apt-get install chromium-headless-shell`), or name one in {SETTING}"
# Where `playwright install --only-shell chromium` puts it, below the folder of all its browsers.
PLAYWRIGHT = "chromium_headless_shell-*/*/*headless*shell"
# Nothing but the page shall be asked for: a browser that looks for updates on a closed network fails, many times a second.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable(environ: Mapping[str, str] = os.environ) -> str:
    """The Chromium that AUDIT_CHROMIUM names, the first on the PATH, or Playwright's. SandboxError says how to get one."""
    named = environ.get(SETTING)
    if named:
        program = shutil.which(named)
        if program is None:
            raise SandboxError(f"{SETTING}={named} is no program: {HOW}")
        return program
    for name in NAMES:
        if (program := shutil.which(name, path=environ.get("PATH"))) is not None:
            return program
    if (newest := max(_playwright(environ), default=None)) is not None:
        return str(newest)
    raise SandboxError(f"Chromium is not installed: {HOW}")


def _playwright(environ: Mapping[str, str]) -> Iterator[Path]:
    """The headless shells that Playwright has downloaded, of any revision."""
    cache = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if "HOME" in environ else None)
    folder = environ.get("PLAYWRIGHT_BROWSERS_PATH") or (f"{cache}/ms-playwright" if cache else None)
    for program in Path(folder).glob(PLAYWRIGHT) if folder else ():
        if os.access(program, os.X_OK):
            yield program


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium for the time of a `with`. SandboxError where there is none."""
    program = executable()
    with sync_playwright() as playwright:
        # Its own sandbox needs privileges that root in a container lacks, and shows pages of ours alone.
        launched = playwright.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0, args=QUIET)
        try:
            yield launched
        finally:
            launched.close()
