"""Standard input, output and error as a program may find them: closed, or without a reader.

A closed one is None in Python, and its descriptor would go to the next socket, into which a library then writes its errors.
"""

import io
import os
import sys
from contextlib import suppress

STANDARD_ERROR = 2


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
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.stderr is None or isinstance(sys.stderr, io.TextIOWrapper):
        encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
        binary = open(STANDARD_ERROR, "wb", closefd=False)  # noqa: SIM115
        sys.stderr = _Lossy(binary, encoding, "backslashreplace", line_buffering=True)
