"""Composes a reader: `audit-reader serve`, the sandbox and the tests get the same one, from different settings."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from reader.auth.access import Authenticator
from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys, StaticKey
from reader.auth.renewal import RenewalRules
from reader.http.app import create
from reader.http.heartbeat import Heartbeat
from reader.http.metrics import Metrics
from reader.http.readiness import Readiness
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
    heartbeat: Heartbeat = field(default_factory=Heartbeat)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def serve_ops(self, address: tuple[str, int]) -> Probes:
        """Listens for Prometheus and for probes, in threads, so that load on the public port has no effect. Raises OSError."""
        services = self.services
        lags = {cell: ReplayLag(database) for cell, database in services.database.by_cell.items()}
        services.metrics.registry.register(ReplayLagMetric(lags))
        return Probes(address, services.metrics.registry, alive=self.heartbeat.alive, failing=self._failing)

    def _failing(self) -> list[str]:
        return [*self.services.readiness.failing(), *([] if self.heartbeat.ready() else ["loop"])]

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
    access = Authenticator(keys, rules, renewal, metrics.missing_azp)
    services = ReaderServices(
        access=access,
        renewal=Renewal(access, keys, rules.issuer, renewal),
        database=database,
        listings=listings,
        keys=keys,
        metrics=metrics,
        readiness=Readiness(lambda: _failing(database, keys)),
        hosts=hosts,
        export_contact=export_contact,
    )
    return ComposedReader(app=create(services), services=services)


def _failing(database: Database | CellDatabases, keys: StaticKey | JwksKeys) -> list[str]:
    """What is not ready, checked now: the database does not answer, or there are no sign-in keys."""
    checks = {"database": database.ready, "keys": keys.ready}
    return [name for name, is_ready in checks.items() if not is_ready()]
