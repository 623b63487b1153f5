"""What waits for its turn to be made into a large response holds no rows: it may be many, and their rows megabytes each."""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

import reader.http.limiter
from reader.html import pages
from reader.http import json_response
from reader.model import Entry
from reader.query.list_queries import LIST_DIFF_BYTES
from sandbox.services.process import wait_until
from tests.integration.reader.diffs import astral
from tests.integration.reader.site import Site
from tests.integration.reader.test_bytes import EVENTS

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
