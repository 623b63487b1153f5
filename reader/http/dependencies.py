"""What an application is made of."""

from typing import NamedTuple

from reader.auth.access import Access
from reader.auth.jwks import GivenKey, PublishedKeys
from reader.http.metrics import Metrics
from reader.http.renewal import Renewal
from reader.query.database import Database
from reader.query.listing import Listings


class Parts(NamedTuple):
    """Made by whoever starts the program: `reader.serve`, or the demo."""

    access: Access
    renewal: Renewal
    database: Database
    listings: Listings
    keys: GivenKey | PublishedKeys
    metrics: Metrics
    hosts: tuple[str, ...]
    sign_in_url: str | None
    export_contact: str | None
