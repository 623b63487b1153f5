"""python -m sandbox.services.reading: the reader on this machine, for people whom the demo's own issuer signs in.

The application is the production one. What differs is said here in code and can be said nowhere else: an issuer and an
origin of plain http, on loopback. `audit-reader serve` refuses both, whatever its environment says.
"""

import argparse
import os

from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys
from reader.auth.renewal import RenewalRules
from reader.auth.request_cookies import CookieNames
from reader.compose import compose
from reader.query.database import Database
from reader.serve import listen
from runtime import logging


def main() -> None:
    """Serves on 127.0.0.1 until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.services.reading", description=__doc__)
    parser.add_argument("--issuer", required=True, help="the demo's sign-in service, http://127.0.0.1:PORT")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--frontend-api", help="where sessions are renewed; not given: they are not")
    parser.add_argument("--metrics-port", type=int)
    arguments = parser.parse_args()
    if not arguments.issuer.startswith("http://127.0.0.1:"):
        parser.error("--issuer must be on 127.0.0.1")
    logging.configure("json")
    origin = f"http://127.0.0.1:{arguments.port}"
    reader = compose(
        database=Database(os.environ["DATABASE_URL"]),
        keys=JwksKeys(f"{arguments.issuer}/.well-known/jwks.json"),
        rules=TokenRules(arguments.issuer, frozenset({origin}), allow_missing_azp=frozenset()),
        renewal=RenewalRules(
            frontend_api=arguments.frontend_api,
            sign_in_url=f"{arguments.issuer}/",
            names=CookieNames(suffix=None),
            scheme="http",
        ),
        hosts=("127.0.0.1", "localhost"),
        export_contact="audit@callmine.example",
    )
    if arguments.metrics_port:
        reader.serve_ops(("127.0.0.1", arguments.metrics_port))
    raise SystemExit(listen(reader, ("127.0.0.1", arguments.port)))


if __name__ == "__main__":
    main()
