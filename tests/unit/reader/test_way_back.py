"""An entry's page leads back to the list that led to it, and never to what the list refuses."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest

from reader.html import pages
from reader.model import Viewer
from reader.query.filters import parse
from reader.query.position import page_query, parse_position
from tests.unit.reader.test_shown_names import entry

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
AS_OF = "1795000000000000-700-700"


def way_back(query: str) -> str:
    """The address of the link on the page of an entry to which this query led."""
    pairs = parse_qsl(query, keep_blank_values=True)
    page = pages.render_entry(Viewer("user_1", "sess_1", "org_1", "acme", None), entry(), pairs, NOW, None)
    return page.partition('class="back"><a href="')[2].partition('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("", "/audit"),
        (f"action=member.removed&offset=50&as_of={AS_OF}", f"/audit?action=member.removed&offset=50&as_of={AS_OF}"),
        ("as_of=garbage", "/audit"),
        ("action=member.removed&as_of=garbage", "/audit?action=member.removed"),
        ("channel=web&action=none&as_of=garbage", "/audit?channel=web"),
        (f"color=red&actor=dana&as_of={AS_OF}", f"/audit?actor=dana&as_of={AS_OF}"),
        ("channel=pigeon&limit=0&offset=x&from=soon", "/audit"),
        (f"actor=dana&cursor={AS_OF}~1.1", "/audit?actor=dana"),
        (f"actor={'a' * 256}&channel=web", "/audit?channel=web"),
        ("from=2026-11-02&to=2026-11-01", "/audit"),
        ("&".join(f"facet={number:0255}" for number in range(20)), "/audit"),
        ("&".join(f"facet={number}" for number in range(21)) + "&channel=web", "/audit?channel=web"),
        (f"{'x' * 70}=1&channel=web", "/audit?channel=web"),
        ("actor=a%00b&channel=web", "/audit?channel=web"),
        (urlencode({"as_of": "1-1-1.%"}), "/audit"),
    ],
)
def test_what_the_list_refuses_is_left_out(before: str, back: str) -> None:
    """And the rest stays; where it leads is a list."""
    address = way_back(before)

    assert address == back
    parse_position(page_query(parse(parse_qsl(address.partition("?")[2]))))
