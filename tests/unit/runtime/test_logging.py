"""Logs follow the newest set-up: a logger that was used before does not keep the stream or the form it had."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from runtime import logging


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_logger_follows_the_newest_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a progress bar takes standard error over after the first line was logged."""
    first, second = io.StringIO(), io.StringIO()
    log = structlog.get_logger()
    for stream in (first, second):
        monkeypatch.setattr("sys.stderr", stream)
        logging.configure("json")
        log.info("line")
    assert [json.loads(stream.getvalue())["event"] for stream in (first, second)] == ["line", "line"]


def test_a_logger_of_before_is_captured_after_a_reset() -> None:
    """What one test has configured does not hide another test's lines from it."""
    log = structlog.get_logger()
    logging.configure("json")
    log.info("line")
    structlog.reset_defaults()
    with capture_logs() as lines:
        log.warning("captured")
    assert [line["event"] for line in lines] == ["captured"]
