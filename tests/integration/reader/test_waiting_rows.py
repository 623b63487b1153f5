"""What waits for its turn to be made into a large response holds no rows: it may be many, and their rows megabytes each."""

import gc
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

import reader.http.limiter
import reader.http.routes
from reader.html import pages
from reader.http import json_response
from reader.model import Entry, Query
from reader.query.list_queries import LIST_DIFF_BYTES
from reader.query.snapshot import Snapshot
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import Site
from tests.integration.reader.test_bytes import EVENTS, astral

CLIENTS, ROWS = 30, 40


def rows_in_memory() -> int:
    """How many entries of a page are in memory."""
    return sum(type(value) is Entry for value in gc.get_objects())


@pytest.mark.parametrize(
    ("path", "module", "maker"), [("/audit", pages, "render_list"), (EVENTS, json_response, "listing")]
)
def test_pages_that_wait_hold_no_rows(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch, path: str, module: ModuleType, maker: str
) -> None:
    """Of thirty pages of 320 KB that one workspace has asked for, one is in memory; each is whole in the end."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 60.0)
    for minutes in range(ROWS):
        put(minutes, diff=astral(LIST_DIFF_BYTES))
    expected, make, read = site.get(path), getattr(module, maker), list[int]()
    page, page_at_once, going_on = site.listings.page, site.listings.page_at_once, threading.Event()

    def counted(inner: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **named: Any) -> Any:
            read.append(1)
            return inner(*arguments, **named)

        return count

    def slow(*arguments: Any) -> Any:
        assert going_on.wait(60)
        return make(*arguments)

    monkeypatch.setattr(site.listings, "page", counted(page))
    monkeypatch.setattr(site.listings, "page_at_once", counted(page_at_once))
    monkeypatch.setattr(module, maker, slow)
    others = rows_in_memory()  # of other tests' sites
    with ThreadPoolExecutor(CLIENTS) as many:
        asked = [many.submit(site.get, path) for _ in range(CLIENTS)]
        try:
            assert wait_until(lambda: len(read) == CLIENTS, 20)
            assert wait_until(lambda: rows_in_memory() <= others + ROWS, 10), rows_in_memory()
        finally:
            going_on.set()
        for answer in asked:
            assert answer.result().status_code == 200
            assert len(answer.result().content) > 0.9 * len(expected.content)


def test_what_each_row_repeats_makes_a_page_large(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `as_of` of a thousand characters is in the link of each row: two hundred short rows wait for their turn, as long ones do."""
    for minutes in range(200):
        put(minutes)
    later, rows = list[int](), re.compile(r'href="/audit/[0-9]+\?')
    again = reader.http.routes.__dict__["read_again"]

    def counted(*arguments: Any) -> Any:
        later.append(1)
        return again(*arguments)

    monkeypatch.setattr(reader.http.routes, "read_again", counted)
    now = Snapshot.parse(site.listings.page(WORKSPACE, Query()).as_of)
    many = replace(now, xmin=3, running=tuple(range(3, 703)))
    for as_of, expected in ((now.as_of, 0), (many.as_of, 1)):
        page = site.get(f"/audit?limit=200&as_of={as_of}")
        assert len(rows.findall(page.text)) == 200
        assert len(later) == expected
