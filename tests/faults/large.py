"""Large records that cost little to make and to store."""

import os

from tests.builders import Message, event, example

UNIT = 1024  # bytes of text that is repeated: PostgreSQL keeps it once


def large(size: int) -> Message:
    """An event of about `size` bytes, an id and a text of its own."""
    settings = example("workspace.settings_changed").data["before"]
    preferences = {**settings["preferences"], "text": os.urandom(UNIT // 2).hex() * (size // UNIT)}
    return event(
        "workspace.settings_changed", data={"before": settings, "after": {**settings, "preferences": preferences}}
    )
