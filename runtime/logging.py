"""Logs: structured, readable on a terminal, JSON with AUDIT_LOG_FORMAT=json; always on standard error."""

import logging
import sys
from collections.abc import Callable
from typing import Literal

import structlog

_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> None:
    """From now on tells `listener` the name of every event that is logged, in the thread that logs it."""
    _listeners.append(listener)


def configure(form: Literal["console", "json"]) -> None:
    """Sets up logging for the process. Times are UTC; control characters in values are escaped in both forms."""
    shared: list[structlog.typing.Processor] = [
        _tell,
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
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _tell(
    _logger: structlog.typing.WrappedLogger, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for listener in _listeners:
        listener(entry["event"])
    return entry
