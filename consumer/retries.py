"""What the consumer tries again, by kind: the closed list of values of the label `class` of `auditlog_retries_total`."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias


class Retry(StrEnum):
    """What is attempted again; each attempt that is repeated is logged and counted once."""

    WRITE = "write"
    BATCH = "batch"
    CLAIM = "claim"
    RELEASE = "release"
    KAFKA = "kafka"
    REGISTRY = "registry"
    POLLER = "poller"
    CLOCK = "clock"
    THREAD = "thread"


# Called in the thread that retries, whichever it is.
OnRetry: TypeAlias = Callable[[Retry], None]


def uncounted(_retry: Retry) -> None:
    """For programs without metrics, as an operator's commands."""
