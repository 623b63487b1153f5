"""A database that is further away than it is: a proxy that keeps each byte on its way for a while.

Linux can do the same by `tc netem`, which needs root and a module that a container's kernel often lacks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sandbox.services.tcp_proxy import TcpProxy

ROUND_TRIPS = 50


@contextmanager
def distant(url: str, one_way: float) -> Iterator[tuple[str, float]]:
    """The URL by which the database at `url` is so many seconds away, and milliseconds of a round trip to it, measured."""
    port = int(str(conninfo_to_dict(url)["port"]))
    with TcpProxy(port, one_way) as link:
        through = url.replace(f":{port}/", f":{link.port}/")
        yield through, round_trip(through)


def round_trip(url: str) -> float:
    """Milliseconds of the smallest statement, the median of all."""
    times = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            connection.execute("SELECT 1")
            times.append(time.perf_counter() - began)
    return median(times) * 1000
