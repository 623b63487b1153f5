"""The end offsets that `run --until-end` must reach: those of every partition of every subscribed topic, at its start.

Other members of the group may own some of the partitions. A working member moves its progress in the database; the partitions
of a dead one are assigned to us when its session times out. Exit code 0 means that all ends were reached (SPEC 7), so a
partition whose progress does not move is waited for, logged, and given up.
"""

import time
from collections.abc import Sequence

import structlog

from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.partitions.assignment import Assignment

log = structlog.get_logger()

ASK_SECONDS = 1.0
# Longer than the session of a member that has died: a broker's default is 45 s.
STALL_SECONDS = 120.0
# After so long without an assignment we assume an empty one, which librdkafka does not report.
UNJOINED_SECONDS = 30.0
# How long a partition's end offset is requested again after an error, during a leader election for example.
UNKNOWN_SECONDS = 20.0


class UntilEnd:
    """Whether the ends are reached; used by the loop's thread only."""

    def __init__(self, topics: Sequence[str], cluster: Cluster, assignment: Assignment) -> None:
        self._topics = tuple(topics)
        self._cluster = cluster
        self._assignment = assignment
        self._ends: dict[Partition, int] | None = None
        self._absent: set[str] = set()  # topics that Kafka does not have
        self._unknown: set[Partition] = set()  # whose end offsets cannot be read
        self._began_at = time.monotonic()
        self._ask_at = 0.0
        self._last_state: object = None
        self._moved_at = time.monotonic()
        self.clean = True

    def reached(self, *, joined: bool) -> bool:
        """Whether there is nothing more to wait for; `clean` then says whether all ends were reached.

        Call it while nothing is unwritten. False if the brokers or the database do not answer. `joined`: the group has answered.
        """
        settled = joined or self._cluster.faults.topics().issuperset(self._topics)
        if not settled and time.monotonic() - self._began_at < UNJOINED_SECONDS:
            return False
        if self._unfinished() or time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + ASK_SECONDS
        if not self._know_ends():
            return False
        remaining = self._remaining()
        if remaining is None:
            return False
        if remaining and not (settled and self._stalled(remaining)):
            return False
        left = sorted([*(f"{p.topic}/{p.number}" for p in {*remaining, *self._unknown}), *self._absent])
        if left:
            log.error(
                "ends_not_reached",
                partitions=left,
                hint="no consumer reads them; see topic_unavailable, or the group's members",
            )
            self.clean = False
        return True

    def _unfinished(self) -> bool:
        """Whether a partition of ours still has to be read; one that cannot be claimed because of its topic does not count."""
        ours, ends = self._assignment, self._ends or {}
        if ours.awaiting_schema or {topic for topic, _ in ours.unclaimed} - self._cluster.faults.topics():
            return True
        return any(position.next < ends.get(partition, position.end) for partition, position in ours.active.items())

    def _know_ends(self) -> bool:
        """Whether every end offset is known, or those that are not have been requested for long enough."""
        try:
            if self._ends is None:
                partitions = self._cluster.partitions(self._topics)
                self._ends, self._unknown = {}, set(partitions)
                self._absent = set(self._topics) - {partition.topic for partition in partitions}
            if self._unknown:
                self._ends |= self._cluster.ends(self._unknown)
                self._unknown -= self._ends.keys()
        except ClusterUnavailable as error:
            log.warning("ends_unavailable", error=str(error), retry_seconds=ASK_SECONDS)
            return False
        return not self._unknown or time.monotonic() - self._began_at >= UNKNOWN_SECONDS

    def _remaining(self) -> list[Partition] | None:
        """Partitions that are not at their ends and not halted, by the database; None where it does not answer."""
        ends = self._ends or {}
        ours = self._assignment
        others = [p for p in ends if p not in ours.active and p not in ours.halted]
        if not others:
            return []
        progress = ours.read_progress(others)
        if progress is None:
            return None
        if any(halted for _, halted in progress.values()):
            self.clean = False
        remaining = [p for p in others if p not in progress or not (progress[p][1] or progress[p][0] >= ends[p])]
        state = ({p: progress.get(p) for p in remaining}, set(ours.active), len(ours.unclaimed))
        if state != self._last_state:
            self._last_state, self._moved_at = state, time.monotonic()
        return remaining

    def _stalled(self, remaining: Sequence[Partition]) -> bool:
        if {p.topic for p in remaining} <= self._cluster.faults.topics():
            return True
        return time.monotonic() - self._moved_at >= STALL_SECONDS
