"""A hot standby that streams from a primary."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.services.postgres import PostgresServer

REPLICATION: Mapping[str, str] = {"wal_level": "replica", "max_wal_senders": "5", "hot_standby": "on", "fsync": "off"}


@contextmanager
def standby_of(primary: PostgresServer, port: int | None = None) -> Iterator[PostgresServer]:
    """A new standby of a primary that has the settings REPLICATION, by the primary's own port or another that leads there."""
    backup = primary.base_backup()
    (backup / "standby.signal").touch()
    there = primary.dsn.replace(f":{primary.port}/", f":{port or primary.port}/")
    with (backup / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"primary_conninfo = '{there}'\n")
    with PostgresServer(settings=REPLICATION, data_from=backup, password=primary.password) as standby:
        shutil.rmtree(backup)
        yield standby
