"""Fills the table with as many entries as asked for, by the server itself: the reader's speed is measured, not the writer's."""

import threading
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Self

import psycopg

WORKSPACE = "org_2big"
OTHER = "org_2other1"
OTHERS = 300
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
# One entry every ten seconds of a year or so, each up to an hour late, so that the order of recording is not that of time.
FILL = """
INSERT INTO audit_event (
    occurred_at, kafka_timestamp, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets,
    actor_type, actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, content_digest, diff
)
SELECT
    %(began)s + n * interval '10 seconds' - random() * interval '1 hour', now(), n, 0,
    CASE WHEN n %% 3 = 0 THEN %(workspace)s ELSE 'org_2other' || n %% %(others)s END,
    '/services/schedules', gen_random_uuid()::text,
    (ARRAY['schedule.lifecycle_changed', 'schedule.lifecycle_changed', 'schedule.lifecycle_changed', 'member.added',
           'report.exported', 'billing.payment_failed', 'workspace.settings_updated', 'member.role_changed'])[1 + (n / 3) %% 8],
    ARRAY[(ARRAY['operation:edited', 'operation:paused', 'operation:activated'])[1 + (n / 3) %% 3]],
    'user', 'user_2' || (n / 3) %% 97, 'person' || (n / 3) %% 97 || '@harbourpine.example', 'schedule', 'sch_' || n %% 5000,
    'Weekly pipeline ' || n %% 5000, CASE WHEN (n / 3) %% 5 = 0 THEN 'mcp' ELSE 'web' END, 'callmine.schedules',
    sha256(n::text::bytea),
    CASE WHEN (n / 3) %% 5 = 0
        THEN '{"changes":{"/cron":{"after":"0 8 * * 1","before":"0 9 * * 1"},"/recipients":{"added":["b@harbourpine.example"],"after":["a@harbourpine.example","b@harbourpine.example"],"before":["a@harbourpine.example"],"removed":[]}},"mcp":{"client":"claude-desktop","tool":"update_schedule"},"source":"mcp"}'
        ELSE '{"changes":{"/cron":{"after":"0 8 * * 1","before":"0 9 * * 1"},"/recipients":{"added":["b@harbourpine.example"],"after":["a@harbourpine.example","b@harbourpine.example"],"before":["a@harbourpine.example"],"removed":[]}}}'
    END::json
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
STEP = 100_000


def fill(url: str, count: int) -> None:
    """Records `count` entries, a third of them in WORKSPACE, and lets the server tidy up as it would by itself in time."""
    with psycopg.connect(url, autocommit=True) as connection:
        for first in range(0, count, STEP):
            _insert(connection, first, min(first + STEP, count) - 1)
        connection.execute("VACUUM (FREEZE, ANALYZE) audit_event")
        connection.execute("ANALYZE audit_event")


class EntryWriter:
    """Entries that arrive for as long as a `with` lasts, most of them new, some back-dated by up to a year."""

    def __init__(self, url: str, count: int, per_second: float) -> None:
        self._url, self._count, self._pause = url, count, 1 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._record, daemon=True)
        self.recorded = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _record(self) -> None:
        random = Random(3)
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stop.wait(self._pause):
                late = random.random() < 0.3
                number = 3 * random.randrange(self._count // 3) if late else self._count + 3 * self.recorded
                _insert(connection, number, number)
                self.recorded += 1


def _insert(connection: "psycopg.Connection[tuple[object, ...]]", first: int, last: int) -> None:
    values = {"began": BEGAN, "workspace": WORKSPACE, "others": OTHERS, "first": first, "last": last}
    connection.execute(FILL, values)


def day(number: int) -> str:
    """The date so many days after the first entry."""
    return str((BEGAN + timedelta(days=number)).date())
