"""Standard input, output and error as a program may find them: closed, or without a reader.

A closed one is None in Python, and its descriptor would go to the next socket, into which a library then writes its errors.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


class Unwritable(Exception):
    """Standard output cannot be written though it is not closed: the disk is full, say."""


class _Output(io.TextIOWrapper):
    """Standard output. What nobody reads is dropped, since the exit code does not depend on it; another failure is Unwritable."""

    def write(self, text: str) -> int:
        with _drop_the_rest():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with _drop_the_rest():
            super().flush()


class _Lossy(io.TextIOWrapper):
    """Text that is dropped if it cannot be written: the exit code does not depend on whether someone reads the error."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def secure() -> None:
    """Called first in a program: opens what is closed, escapes letters that cannot be shown, and drops errors instead of raising them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 for as long as the program runs
    sys.stdout = _opened(sys.stdout, STANDARD_OUTPUT, _Output)
    sys.stderr = _opened(sys.stderr, STANDARD_ERROR, _Lossy)


def _opened(stream: TextIO | None, descriptor: int, kind: type[io.TextIOWrapper]) -> TextIO:
    """Another one of this kind on the descriptor; what someone has put in the stream's place stays."""
    if stream is not None and not isinstance(stream, io.TextIOWrapper):
        return stream
    binary = open(descriptor, "wb", closefd=False)  # noqa: SIM115
    by_line = descriptor == STANDARD_ERROR or binary.isatty()
    return kind(binary, stream.encoding if stream else "utf-8", "backslashreplace", line_buffering=by_line)


@contextmanager
def _drop_the_rest() -> Iterator[None]:
    """If standard output fails, what follows goes nowhere; the failure is raised once, and not at all if only the reader is gone."""
    try:
        yield
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STANDARD_OUTPUT)
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise Unwritable(f"standard output cannot be written: {error.strerror}") from None
