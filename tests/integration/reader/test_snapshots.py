"""An as_of is refused here, or it is a snapshot for PostgreSQL: a forged one is the client's error, never a failing database."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.query.snapshot import Snapshot
from sandbox.services.postgres import PostgresServer

# Around the ends of 32 and 64 bits, where ids wrap; and small ones, among which repeated and unordered ones are frequent.
EDGES = [edge + step for edge in (0, 2**32, 2**33, 2**63, 2**64, 10**19) for step in (-1, 0, 1, 2) if edge + step >= 0]
IDS = st.sampled_from(EDGES) | st.integers(0, 12)
TEXTS = st.tuples(IDS, IDS, st.lists(IDS, max_size=4)).map(lambda ids: "-".join(map(str, (1, *ids[:2], *ids[2]))))


@pytest.mark.parametrize("sorts", [False, True])
def test_postgres_takes_every_snapshot_that_is_parsed(postgres: PostgresServer, sorts: bool) -> None:
    """Whatever was forged: ids of which nothing has the number, in any order, twice, outside, too large."""
    accepted: set[str] = set()
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:

        @given(TEXTS)
        def agrees(text: str) -> None:
            if sorts:
                time, *ids = text.split("-")
                low, *running, high = sorted(map(int, ids))
                text = "-".join(map(str, (time, low, high, *running)))
            try:
                snapshot = Snapshot.parse(text)
            except ValueError:
                return
            accepted.add(text)
            row = connection.execute("SELECT %s::pg_snapshot::text", (snapshot.pg_snapshot,)).fetchone()
            assert row == (snapshot.pg_snapshot,)

        agrees()
    assert accepted
