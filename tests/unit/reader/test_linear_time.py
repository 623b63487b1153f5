"""What a request has is looked at in a time that grows as its length, whatever it repeats: other requests wait meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from time import thread_time

import pytest

from reader.auth.navigation import own_url
from reader.html.filter_form import list_address
from reader.query.filters import PARAMETERS, InvalidQuery, parse
from reader.query.position import parse_position

REPEATED = (" ", "\u200b", "0", "1", "-", ".", "~", "[", "a", " a", "@ ", "1-", "-1", "1.")
SHORT, TIMES = 4_000, 4
SLACK = 0.02  # seconds; a quadratic expression takes ten times as long for the long text
FIELDS = ("actor", "subject", "show", "by", "page", "limit", "from", "to", "action", "as_of")


def of_list(name: str, value: str) -> None:
    """As of an address of the list."""
    with suppress(InvalidQuery):
        parse_position(parse([(name, value)]))


def of_form(name: str, value: str) -> None:
    """As of the form that is sent."""
    list_address([(name, value)])


def of_address(_name: str, value: str) -> None:
    """As of a page that is to be shown again."""
    own_url("https", value, value.encode(), value.encode())


def took(read: Callable[[str, str], None], name: str, value: str) -> float:
    """Seconds of this thread alone, the least of a few."""

    def once() -> float:
        began = thread_time()
        read(name, value)
        return thread_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize(
    ("read", "name"),
    [
        *((of_list, name) for name in PARAMETERS),
        *((of_form, name) for name in FIELDS),
        (of_address, ""),
    ],
)
@pytest.mark.parametrize("repeated", REPEATED)
def test_four_times_the_text_takes_about_four_times_as_long(
    read: Callable[[str, str], None], name: str, repeated: str
) -> None:
    """Of one thing many times between two letters: an expression that begins anew at each of them takes sixteen times as long."""
    short, long = (took(read, name, f"x{repeated * length}x") for length in (SHORT, SHORT * TIMES))
    ending, longer = (took(read, name, f"{repeated * length}x") for length in (SHORT, SHORT * TIMES))

    assert long <= 2 * TIMES * short + SLACK
    assert longer <= 2 * TIMES * ending + SLACK
