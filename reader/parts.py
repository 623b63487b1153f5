"""What an application is made of."""

from typing import NamedTuple

from reader.access import Access
from reader.database import Database
from reader.keys import GivenKey, PublishedKeys
from reader.listing import Listings
from reader.metrics import Metrics


class Parts(NamedTuple):
    """Made by whoever starts the program: `reader.serve`, or the demo."""

    access: Access
    database: Database
    listings: Listings
    keys: GivenKey | PublishedKeys
    metrics: Metrics
    hosts: tuple[str, ...]
    sign_in_url: str | None
    export_contact: str | None
