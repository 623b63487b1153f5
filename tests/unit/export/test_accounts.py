"""accounts.sql selects a line of accounts.csv by the names of its columns, which have defaults that no query may rest on."""

import re

from export.format.accounts import COLUMNS
from export.seal.accounts import ACCOUNTS


def test_the_query_names_every_column_but_the_entries() -> None:
    """What the seal counts itself is added, and up to when a partition is complete is kept elsewhere."""
    selected = re.findall(r"(\w+),?$", ACCOUNTS.partition("SELECT\n")[2].partition("\nFROM")[0], re.MULTILINE)

    assert sorted(selected) == sorted({*COLUMNS, "complete_through"} - {"entries"})
