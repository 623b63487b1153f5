"""Logs: structured, readable on a terminal, JSON with AUDIT_LOG_FORMAT=json; always on standard error.

Logging never stops the program that logs (runtime.log_writer): it neither blocks nor raises, whatever happens to its reader.
"""

import io
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TextIO

import structlog

from runtime.log_writer import FLUSH_SECONDS, LogWriter

_writers: dict[int, LogWriter] = {}


def dropped() -> int:
    """How many lines could not be written since the start."""
    return sum(writer.dropped for writer in _writers.values())


def flush(seconds: float = FLUSH_SECONDS) -> None:
    """Waits until what was logged is written, at most `seconds`."""
    for writer in _writers.values():
        writer.flush(seconds)


def configure(form: Literal["console", "json"]) -> None:
    """Sets up logging for the process, that of libraries too (from warnings on).

    Times are UTC; control characters in values are escaped in both forms.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if form == "json":
        renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    write = _write_to(sys.stderr, [*shared[1:], renderer])
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(write),
    )
    logging.raiseExceptions = False
    root = logging.getLogger()
    if not any(isinstance(handler, _Library) for handler in root.handlers):
        root.addHandler(_Library(logging.WARNING))


class _Lines:
    """What structlog calls a logger: each level is a line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def msg(self, message: str) -> None:
        self._write(f"{message}\n")

    log = debug = info = warn = warning = error = critical = fatal = failure = err = exception = msg


class _Library(logging.Handler):
    """Passes what libraries log to our own logs."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            text = record.getMessage()
            structlog.get_logger().log(
                record.levelno, "library", logger=record.name, text=text, exc_info=record.exc_info
            )


def _write_to(stream: TextIO, processors: list[structlog.typing.Processor]) -> Callable[[str], None]:
    """How a line gets there: by a thread to a file descriptor, or at once to what has none (a test, a progress bar)."""
    if not isinstance(stream, io.TextIOWrapper):
        return lambda line: _write_now(stream, line)
    try:
        fileno = stream.fileno()
    except (OSError, ValueError):
        return lambda line: _write_now(stream, line)

    def notice(lines: int) -> str:
        entry: Any = {"event": "log_lines_dropped", "lines": lines, "hint": "standard error could not be written"}
        for processor in processors:
            entry = processor(None, "error", entry)
        return f"{entry}\n"

    if fileno not in _writers:
        _writers[fileno] = LogWriter(fileno, notice)
    return _writers[fileno].write


def _write_now(stream: TextIO, line: str) -> None:
    with suppress(OSError, ValueError):
        stream.write(line)
        stream.flush()
