"""The browser that tests look through, for fixtures of any scope."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from sandbox.services.browser import browser
from sandbox.services.process import SandboxError


def launched() -> Iterator[Browser]:
    """A browser; where there is none, the tests are skipped, and say how to get one."""
    try:
        with browser() as running:
            yield running
    except SandboxError as error:
        pytest.skip(str(error))
