"""Runs a command: prints its verdict first, gives its exit code, and never shows a traceback (section 10)."""

import argparse
import importlib.metadata
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from export.format.errors import ExportError, Verdict, malformed, quote

INTERRUPTED = 130  # as a shell says it of SIGINT

Command = Callable[[argparse.Namespace], str]
"""Does what the options say and gives what to print on standard output; raises ExportError for any other verdict."""


class Parser(argparse.ArgumentParser):
    """Options in full, each at most once; wrong usage is MALFORMED, like any other bad input."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)
        self.register("action", None, _StoreOnce)
        self.register("action", "store_true", _SetOnce)

    def _print_message(self, message: str, _: object = None) -> None:
        """Prints help or the version; argparse itself drops an error here."""
        show(message)

    def error(self, message: str) -> NoReturn:
        """Instead of argparse's own exit."""
        raise malformed(f"{' '.join(message.split())}; see {self.prog} --help")


class _StoreOnce(argparse.Action):
    """Stores a value, and refuses a second one: an auditor must not wonder which of two was meant."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given_options = vars(namespace).setdefault("given_options", set())
        if option is not None and self.dest in given_options:
            parser.error(f"{option} is given twice")
        given_options.add(self.dest)
        setattr(namespace, self.dest, values)


class _SetOnce(_StoreOnce):
    """A flag, with the same rule."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, nargs=0, const=True, default=False)

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, _: Any, option: str | None = None
    ) -> None:
        super().__call__(parser, namespace, self.const, option)


def version() -> str:
    """The version of the installed program, or of the single file."""
    try:
        return importlib.metadata.version("callmine-audit")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def open_standard_streams() -> None:
    """Opens the null device in place of each standard descriptor that was closed at the start (`2>&-`).

    Otherwise the next file to be opened gets its number, and what is printed goes there; sys.stdout or sys.stderr is None.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def run(parser: Parser, argv: Sequence[str]) -> int:
    """Runs the command that `argv` names and gives its exit code."""
    with suppress(OSError):  # where there is no null device either, the exit code still says it
        open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot show is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = parser.parse_args(argv)
        command: Command = arguments.command
        return _print(sys.stdout, command(arguments), Verdict.VERIFIED)
    except ExportError as error:
        return _fail(error, as_json="--json" in argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, MemoryError, RecursionError) as error:
        return _fail(malformed(f"cannot read: {quote(error, 300)}"), as_json="--json" in argv)
    except Exception as error:  # noqa: BLE001 a fault of this program must not look like a verdict about the package
        return _fail(malformed(f"internal error, please report it: {quote(error, 300)}"), as_json="--json" in argv)


def _fail(error: ExportError, *, as_json: bool) -> int:
    if as_json:
        facts = {"verdict": error.verdict.word, "exit": error.verdict.value, "message": error.message}
        return _print(sys.stdout, json.dumps(facts) + "\n", error.verdict)
    return _print(sys.stderr, f"{error.verdict.word} - {error.message}\n", error.verdict)


def show(text: str) -> None:
    """Prints what was asked for and has no verdict: help, a script. MALFORMED if it cannot be written, but not if no one reads it."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        return
    except OSError as error:
        raise malformed(f"standard output cannot be written: {error.strerror or error}") from None


def _print(stream: Any, text: str, verdict: Verdict) -> int:
    """Prints a verdict, even if no one reads it; gives the exit code."""
    with suppress(OSError):  # the reader of the pipe is gone, or the disk is full: the exit code still says it
        _write(stream, text)
    return verdict.value


def _write(stream: Any, text: str) -> None:
    """Writes; `stream` is None where it was closed and could not be opened. Raises OSError, once: what is still to come goes nowhere."""
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise
