"""A row of `operator_action`: who did what, when and why (SPEC 5). Written in the transaction of what was done."""

import os
import pwd
import socket
from typing import Literal, TypeAlias

import sql
from runtime.postgres import Connection

RECORD_ACTION = sql.query("operator/record_action")
NO_DETAILS = dict.fromkeys(
    ("parked_id", "gap_id", "topic", "topic_id", "number", "from_offset", "to_offset", "outcome", "detail")
)

Action: TypeAlias = Literal["replay", "dismiss", "accept_gap", "rewind", "resume"]


class Refused(Exception):
    """What was asked for cannot be done now; nothing has changed. The message says why and what to do."""


def record_action(connection: Connection, action: Action, reason: str, details: dict[str, object]) -> None:
    """Inserts the row of `action`; `details` are the statement's other parameters, those left out are null."""
    values = {**details, "action": action, "reason": reason, "os_user": os_user()}
    connection.execute(RECORD_ACTION, {**NO_DETAILS, **values})


def os_user() -> str:
    """Who runs this command, as the operating system says."""
    return f"{_name()}@{socket.gethostname()}"


def _name() -> str:
    # Not getpass.getuser: that believes the environment.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user needs no name
        return f"uid {os.getuid()}"
