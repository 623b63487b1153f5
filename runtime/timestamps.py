"""Times as text. Every time here is UTC, as every session of the reader's is."""

from datetime import datetime


def time(at: datetime) -> str:
    """For people: to the second; the page says that it is UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def iso(at: datetime) -> str:
    """For programs: ISO 8601 with microseconds."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
