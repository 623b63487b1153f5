"""python -m sandbox.bench_reader.indexes: what each index of audit_event costs those who write, side by side."""

import time
from statistics import median

import psycopg
from rich.console import Console
from rich.table import Table

from runtime.migrations import migrate
from sandbox.bench_reader.entries import BEGAN, FILL, OTHERS, WORKSPACE
from sandbox.services.postgres import PostgresServer

POSTGRES = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "autovacuum": "off"}
PAGE, RECORDED = "audit_event_page", "audit_event_recorded"
BARE_PAGE = "CREATE INDEX bare_page ON audit_event (workspace_id, occurred_at DESC, id DESC)"
VARIANTS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    f"without {PAGE}": (f"DROP INDEX {PAGE}",),
    f"{PAGE} without its INCLUDE": (f"DROP INDEX {PAGE}", BARE_PAGE),
    f"without {RECORDED}": (f"DROP INDEX {RECORDED}",),
    "without both": (f"DROP INDEX {PAGE}", f"DROP INDEX {RECORDED}"),
    "with one more, on the actor": (
        "CREATE INDEX by_actor ON audit_event (workspace_id, actor_email, occurred_at DESC, id DESC)",
    ),
}
ROWS, BATCH, ROUNDS = 100_000, 5_000, 5
COLUMNS = FILL[FILL.index("(") + 1 : FILL.index(")")]
SOURCE = FILL[FILL.index("SELECT") :]


class Variant:
    """A database of its own with other indexes; it grows by ROWS with each round."""

    def __init__(self, postgres: PostgresServer, number: int, changes: tuple[str, ...]) -> None:
        self._url = postgres.create_database(f"variant{number}")
        migrate(self._url, lambda _: None)
        self.microseconds: list[float] = []
        with psycopg.connect(self._url) as connection:
            for change in changes:
                connection.execute(change.encode())

    def round(self, number: int) -> None:
        """Records ROWS entries as the consumer does, in batches that lie in a table of the session already."""
        values = {"began": BEGAN, "workspace": WORKSPACE, "others": OTHERS}
        seconds = 0.0
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE TEMP TABLE batch AS SELECT {COLUMNS} FROM audit_event WITH NO DATA".encode())
            for first in range(number * ROWS, (number + 1) * ROWS, BATCH):
                connection.execute("TRUNCATE batch")
                bounds = {"first": first, "last": first + BATCH - 1}
                connection.execute(f"INSERT INTO batch {SOURCE}".encode(), {**values, **bounds})
                began = time.perf_counter()
                connection.execute(f"INSERT INTO audit_event ({COLUMNS}) SELECT * FROM batch".encode())
                seconds += time.perf_counter() - began
        self.microseconds.append(seconds / ROWS * 1e6)

    def size(self) -> float:
        """Megabytes of all indexes."""
        with psycopg.connect(self._url) as connection:
            row = connection.execute(
                "SELECT sum(pg_indexes_size(relid)) FROM pg_partition_tree('audit_event') WHERE isleaf"
            ).fetchone()
        assert row is not None
        return float(row[0]) / 1e6


def main() -> None:
    """Measures all variants in turn, a round each, and prints medians; the first round only fills."""
    table = Table(title=f"{ROWS:,} rows a round, batches of {BATCH:,}, {ROUNDS} rounds", title_justify="left")
    for heading in ("indexes", "µs a row", "of as it is", "indexes MB"):
        table.add_column(heading)
    with PostgresServer(settings=POSTGRES) as postgres:
        variants = {name: Variant(postgres, number, ddl) for number, (name, ddl) in enumerate(VARIANTS.items())}
        for number in range(ROUNDS + 1):
            for variant in variants.values():
                variant.round(number)
        present = median(variants["as it is"].microseconds[1:])
        for name, variant in variants.items():
            cost = median(variant.microseconds[1:])
            table.add_row(name, f"{cost:.1f}", f"{cost / present:.2f}", f"{variant.size():.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
