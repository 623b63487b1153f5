"""How many bytes a query may have, and a page may show (decision 71)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from catalog.visible_text import visible
from reader.html.links import PATH
from reader.model import Entry, LargeDiff
from reader.query.filters import InvalidQuery, ParameterError, decode_pairs
from reader.query.position import MAX_FILTER_BYTES, PLACE_BYTES

MAX_QUERY_BYTES = MAX_FILTER_BYTES + PLACE_BYTES
MAX_LIST_DIFF = 64 * 1024  # bytes of one diff in a list of the API (SPEC 6)
MAX_PAGE_DIFF = 256 * 1024  # bytes of the diff on an entry's own page …
MAX_PAGE_COMMAS = 20_000  # … and commas, so that its values are no more: making each takes hundreds of bytes
# Characters of all texts of a list that are turned into a response at once. Beyond, responses are made one at a time; JSON takes
# less time and memory than a page.
FEW_SHOWN, FEW_SENT = 64 * 1024, 256 * 1024


def query_pairs(scope: Scope) -> list[tuple[str, str]]:
    """The names and values of the query. Raises InvalidQuery, also for one that is too long to be parsed."""
    query = scope["query_string"]
    if len(query) > MAX_QUERY_BYTES:
        raise InvalidQuery(ParameterError("query", f"is longer than {MAX_QUERY_BYTES:,} bytes"))
    return decode_pairs(query)


def pairs_before(scope: Scope) -> list[tuple[str, str]]:
    """The names and values of the list from which a link led here, by Referer; none if it was another page or site. Raises InvalidQuery."""
    headers = Headers(scope=scope)
    before, _, query = headers.get("referer", "").partition("?")
    if len(query) > MAX_QUERY_BYTES or before.partition("://")[2] != headers.get("host", "") + PATH:
        return []
    return decode_pairs(query.encode())


def text_length(entries: Sequence[Entry]) -> int:
    """Characters of all texts that services wrote, as they are shown: one that is invisible takes up to ten."""
    return sum(
        len(entry.diff or "")
        + 2 * len(visible(entry.actor_email or ""))  # in its own column and in the sentence
        + len(visible(entry.subject_label or ""))
        + sum(len(visible(facet)) for facet in entry.facets)
        for entry in entries
    )


def page_text(large: LargeDiff) -> str | None:
    """The diff for an entry's own page; None where that would take too much."""
    if large.text is None or large.text.count(b",") > MAX_PAGE_COMMAS:
        return None
    return large.text.decode()
