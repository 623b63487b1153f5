"""python -m sandbox.services.reading: the reader on this machine, for people whom the demo's own issuer signs in.

The application is the production one. What differs is said here in code and can be said nowhere else: an issuer and an
origin of plain http, on loopback. `audit-reader serve` refuses both, whatever its environment says.
"""

import argparse
import os

from reader.auth.access import Access
from reader.auth.clerk import Rules
from reader.auth.jwks import PublishedKeys
from reader.http.app import create
from reader.http.dependencies import Parts
from reader.http.metrics import Metrics
from reader.query.database import Database
from reader.query.listing import Listings
from reader.serve import listen
from runtime import logging


def main() -> None:
    """Serves on 127.0.0.1 until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.services.reading", description=__doc__)
    parser.add_argument("--issuer", required=True, help="the demo's sign-in service, http://127.0.0.1:PORT")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--metrics-port", type=int)
    arguments = parser.parse_args()
    if not arguments.issuer.startswith("http://127.0.0.1:"):
        parser.error("--issuer must be on 127.0.0.1")
    logging.configure("json")
    origin = f"http://127.0.0.1:{arguments.port}"
    database = Database(os.environ["DATABASE_URL"])
    keys = PublishedKeys(f"{arguments.issuer}/.well-known/jwks.json")
    listings, metrics = Listings(database), Metrics()
    metrics.watch(database, keys, listings)
    if arguments.metrics_port:
        metrics.serve(("127.0.0.1", arguments.metrics_port), database.ready)
    access = Access(keys, Rules(arguments.issuer, frozenset({origin}), allow_missing_azp=False))
    parts = Parts(
        access,
        database,
        listings,
        keys,
        metrics,
        ("127.0.0.1", "localhost"),
        f"{arguments.issuer}/",
        "audit@callmine.example",
    )
    raise SystemExit(listen(create(parts), ("127.0.0.1", arguments.port)))


if __name__ == "__main__":
    main()
