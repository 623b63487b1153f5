"""Errors of single topics, by topic and cause: noted by whatever queries Kafka, read by the probe, the metrics and the loop.

One topic's failure must not stop the others (SPEC 4), so it is not raised but noted here.
"""

import threading
import time
from collections.abc import Mapping
from enum import StrEnum

import structlog

log = structlog.get_logger()

# A fault that lasts is logged again, but not on every attempt.
REPEAT_SECONDS = 600.0


class TopicFault(StrEnum):
    """The closed list of values of the label `cause` of `auditlog_topic_faults`."""

    MISSING = "missing"
    UNDESCRIBED = "undescribed"
    ID = "id_unreadable"
    SETTINGS = "settings_unreadable"
    OFFSETS = "offsets_unreadable"
    RECORDS = "records_unreadable"


class TopicFaults:
    """The faults now; any thread may note, clear and read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._details: dict[tuple[str, TopicFault], str] = {}
        self._logged_at: dict[tuple[str, TopicFault], float] = {}

    def note(self, topic: str, cause: TopicFault, detail: str) -> None:
        """The topic has this fault; logged at once if it is new, then rarely."""
        key, now = (topic, cause), time.monotonic()
        with self._lock:
            say = key not in self._details or now - self._logged_at[key] >= REPEAT_SECONDS
            self._details[key] = detail
            if say:
                self._logged_at[key] = now
        if say:
            log.error("topic_unavailable", topic=topic, cause=cause.value, detail=detail, hint="other topics are read")

    def clear(self, topic: str, *causes: TopicFault) -> None:
        """The topic has none of these faults."""
        with self._lock:
            gone = [cause for cause in causes if self._details.pop((topic, cause), None) is not None]
        for cause in gone:
            log.info("topic_available", topic=topic, cause=cause.value)

    def current(self) -> Mapping[tuple[str, TopicFault], str]:
        """The details of all faults, by topic and cause."""
        with self._lock:
            return dict(self._details)

    def topics(self) -> set[str]:
        """The topics that have a fault."""
        with self._lock:
            return {topic for topic, _ in self._details}
