"""Names and facets, shortened where they are too long for a sentence: a service may write any length.

A list reads them from the database shortened by the same rule (sql/queries/reader/page.sql), so its sentence is that of the whole
entry: a text that was shortened once is not shortened further.
"""

from collections.abc import Sequence

# The most bytes, and how many characters are kept of what is longer; an address has 254 bytes.
NAME_BYTES, NAME_KEPT = 512, 250
FACET_BYTES, FACET_KEPT = 128, 60
MAX_FACETS = 10


def name(text: str) -> str:
    """A label, an address or an id."""
    return _shortened(text, NAME_BYTES, NAME_KEPT)


def may_be_cut(text: str) -> bool:
    """Whether a name may be one that a list has read shortened."""
    return len(text) == NAME_KEPT + 1 and text.endswith("…")


def facets(stored: Sequence[str]) -> list[str]:
    """The first facets."""
    return [_shortened(facet, FACET_BYTES, FACET_KEPT) for facet in stored[:MAX_FACETS]]


def _shortened(text: str, max_bytes: int, kept: int) -> str:
    is_short = len(text) * 4 <= max_bytes or len(text.encode(errors="surrogatepass")) <= max_bytes
    return text if is_short else f"{text[:kept]}…"
