"""Runs `audit-export` with a trap in it, which the program itself knows nothing of.

    python -m tests.integration.export.failpoint POINT ACTION -- seal --once

At the first pass of POINT, ACTION happens: `kill` (SIGKILL to itself), `stop` (SIGSTOP), `term` (SIGTERM), `half` (half of what would be written
is, then SIGKILL).
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from export.cli import build_parser
from export.create import run as creating
from export.create.folder import Draft
from export.seal import sealing
from export.seal.folder import Folder
from export.seal.reading import WindowReading
from export.verify.program import run


class Point(NamedTuple):
    """A function of ours, and the side of it where the trap lies."""

    owner: Any
    name: str
    before: bool


POINTS = {
    "reading": Point(WindowReading, "read", True),
    "read": Point(WindowReading, "read", False),
    "signed": Point(sealing.Sealing, "_sign", False),
    "seal_inserted": Point(sealing, "insert_seal", False),
    "inserted": Point(sealing, "insert_changes", False),
    "pending_written": Point(Folder, "write_pending", False),
    "committed": Point(sealing, "publish", True),
    "day_kept": Point(Folder, "keep_last_of_day", False),
    "appending": Point(Folder, "append", True),
    "appended": Point(Folder, "append", False),
    "published": Point(Folder, "publish", False),
    "done": Point(Folder, "drop_pending", False),
    "journaling": Point(creating, "_record_export", True),
    "journaled": Point(creating, "_record_export", False),
    "named": Point(Draft, "publish", False),
}


def arm(point: Point, action: str) -> None:
    """Sets the trap."""
    function: Callable[..., Any] = getattr(point.owner, point.name)

    @wraps(function)
    def trapped(*arguments: Any, **named: Any) -> Any:
        if point.before:
            _act(action, arguments)
        result = function(*arguments, **named)
        if not point.before:
            _act(action, arguments)
        return result

    setattr(point.owner, point.name, trapped)


def _act(action: str, arguments: tuple[Any, ...]) -> None:
    match action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        case "term":
            os.kill(os.getpid(), signal.SIGTERM)
        case "half":
            folder, (record,) = arguments
            with (folder.path / "records").open("ab") as file:
                file.write(record.encode()[: len(record) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            raise ValueError(action)


if __name__ == "__main__":
    arm(POINTS[sys.argv[1]], sys.argv[2])
    sys.exit(run(build_parser(), sys.argv[4:]))
