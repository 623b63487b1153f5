"""Composes a reader: `audit-reader serve`, the sandbox and the tests get the same one, from different settings."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from reader.auth.access import Authenticator
from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys, StaticKey
from reader.auth.renewal import RenewalRules
from reader.http.app import create
from reader.http.metrics import Metrics
from reader.http.renewal_response import Renewal
from reader.http.replay_lag_metric import ReplayLagMetric
from reader.http.services import ReaderServices
from reader.query.cells import CellDatabases, CellListings
from reader.query.database import Database
from reader.query.listing import Listings
from reader.query.replay_lag import ReplayLag
from runtime.health_server import Probes


@dataclass(frozen=True, kw_only=True)
class ComposedReader:
    """A composed reader. Closing it ends its database sessions and its thread for sign-in keys."""

    app: ASGIApp
    services: ReaderServices

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def serve_ops(self, address: tuple[str, int]) -> Probes:
        """Listens for Prometheus and for probes, in a thread, so that load on the public port has no effect. Raises OSError."""
        services = self.services
        lags = {cell: ReplayLag(database) for cell, database in services.database.by_cell.items()}
        services.metrics.registry.register(ReplayLagMetric(lags))
        return Probes(address, services.metrics.registry, alive=lambda: True, failing=services.failing)

    def close(self) -> None:
        """Ends everything that the reader opened or was given."""
        self.services.keys.close()
        self.services.database.close()


def compose(
    *,
    database: Database | CellDatabases,
    keys: StaticKey | JwksKeys,
    rules: TokenRules,
    renewal: RenewalRules,
    hosts: tuple[str, ...],
    export_contact: str | None = None,
) -> ComposedReader:
    """The application over `database`, for those whose tokens `keys` and `rules` accept, or that `renewal` renews.

    `hosts` are the Host names it answers to, and `export_contact` is the e-mail address that the page names for verified
    exports. The reader owns `database` and `keys`.
    """
    listings = Listings(database) if isinstance(database, Database) else CellListings(database)
    metrics = Metrics()
    metrics.register_services(database, keys, listings)
    access = Authenticator(keys, rules, renewal.names, metrics.missing_azp)
    services = ReaderServices(
        access=access,
        renewal=Renewal(access, keys, rules.issuer, renewal),
        database=database,
        listings=listings,
        keys=keys,
        metrics=metrics,
        hosts=hosts,
        export_contact=export_contact,
    )
    return ComposedReader(app=create(services), services=services)
