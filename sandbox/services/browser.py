"""A Chromium for tests and screenshots: one that is there. Nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from sandbox.services.process import SandboxError

SETTING = "AUDIT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
HOW = f"install one (Debian: `apt-get install chromium`), or name one in {SETTING}"
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
    """The Chromium that AUDIT_CHROMIUM names, or the first on the PATH. SandboxError says how to get one."""
    named = environ.get(SETTING)
    if named:
        found = shutil.which(named)
        if found is None:
            raise SandboxError(f"{SETTING}={named} is no program: {HOW}")
        return found
    for name in NAMES:
        if (found := shutil.which(name, path=environ.get("PATH"))) is not None:
            return found
    raise SandboxError(f"there is no Chromium here: {HOW}")


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
