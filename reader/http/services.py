"""What an application is made of."""

from typing import NamedTuple

from reader.auth.access import Authenticator
from reader.auth.jwks import JwksKeys, StaticKey
from reader.http.metrics import Metrics
from reader.http.renewal import Renewal
from reader.query.database import Database
from reader.query.listing import Listings


class ReaderServices(NamedTuple):
    """Made by whoever starts the program: `reader.serve`, or the demo."""

    access: Authenticator
    renewal: Renewal
    database: Database
    listings: Listings
    keys: StaticKey | JwksKeys
    metrics: Metrics
    hosts: tuple[str, ...]
    sign_in_url: str | None
    export_contact: str | None
