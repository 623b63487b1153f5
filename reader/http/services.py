"""What the endpoints of an application use."""

from dataclasses import dataclass

from reader.auth.access import Authenticator
from reader.auth.jwks import JwksKeys, StaticKey
from reader.http.metrics import Metrics
from reader.http.readiness import Readiness
from reader.http.renewal_response import Renewal
from reader.query.cells import CellDatabases, CellListings
from reader.query.database import Database
from reader.query.listing import Listings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderServices:
    """What the routes read from and check with, made by `reader.compose`: a database and its lists, or one for each cell."""

    access: Authenticator
    renewal: Renewal
    database: Database | CellDatabases
    listings: Listings | CellListings
    keys: StaticKey | JwksKeys
    metrics: Metrics
    readiness: Readiness
    hosts: tuple[str, ...]
    export_contact: str | None

    def database_of(self, workspace_id: str) -> Database:
        """The database that has the workspace."""
        return self.database if isinstance(self.database, Database) else self.database.of(workspace_id)
