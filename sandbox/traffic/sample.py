"""A fixed, finite sample for the demo: three workspaces, every audit type, and everything that can go wrong once."""

from datetime import datetime, timedelta
from itertools import islice

from catalog.topics import IGNORED
from sandbox.traffic.generator import Emission, Traffic, stepping_clock

_EVENTS = 400
_SEED = 2


def sample(start: datetime, step: timedelta) -> tuple[Emission, ...]:
    """About 400 events from `start` on, `step` apart; the same ones for the same arguments.

    With deliberate extras: three exact duplicates, one conflict, one tombstone and one type that no one has listed. An
    edit that changes nothing is among the ordinary ones.
    """
    events = list(islice(Traffic(_SEED, 3, stepping_clock(start, step)), _EVENTS))
    audited = [event for event in events[:100] if _ce_type(event).decode() not in IGNORED]
    exports = [event for event in events if _ce_type(event) == b"report.exported" and event.key == events[0].key]
    return (
        *events[:100],
        *audited[10:13],
        *events[100:300],
        _conflict(exports[0], exports[1]),
        *events[300:350],
        Emission(events[0].topic, events[0].key, None, []),
        _unlisted(next(event for event in events if _ce_type(event) == b"schedule.created")),
        *events[350:],
    )


def _conflict(first: Emission, other: Emission) -> Emission:
    return first._replace(value=other.value)


def _unlisted(event: Emission) -> Emission:
    new = {"ce_type": b"schedule.duplicated", "ce_id": b"6f1c9a52-8d0e-4b7a-9c3f-2e5d7b8a1c40"}
    return event._replace(headers=[(name, new.get(name, value)) for name, value in event.headers])


def _ce_type(event: Emission) -> bytes:
    return dict(event.headers)["ce_type"]
