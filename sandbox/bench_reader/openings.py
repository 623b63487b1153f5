"""How long pages of the large workspace take to open in a real browser, beside a static file of the same bytes."""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

import httpx
from playwright.sync_api import Browser

from sandbox.bench.percentile import p99
from sandbox.bench_reader.beside_static import NAME
from sandbox.bench_reader.entries import WORKSPACE
from sandbox.services.browser import browser
from sandbox.services.issuer import Issuer, Person
from sandbox.services.ports import free_port, listens
from sandbox.services.process import SandboxError, Server
from sandbox.services.temporary_folder import TemporaryFolder

STATIC, NEW = "static file", "never opened before"
LIMIT = 50
TOKEN_SECONDS = 6 * 3600  # a session that lasts as long as the measurement
WARM_UP = 5  # openings of each that are not counted: the browser's own first ones
# Milliseconds: the first byte of the response, and when all scripts of the page have run.
TIMES = """() => {
    const [opened] = performance.getEntriesByType("navigation");
    return [opened.responseStart - opened.requestStart, opened.domContentLoadedEventEnd - opened.requestStart];
}"""


@dataclass(frozen=True, slots=True)
class Opening:
    """One page, milliseconds: when its first byte came, and when it could be used."""

    page: str
    first_byte_p50: float
    first_byte_p99: float
    interactive_p50: float
    interactive_p99: float


@dataclass(frozen=True, slots=True)
class Openings:
    """Of each page and of the static file, all in turn; `size` is the first page's bytes without compression."""

    samples: int
    size: int
    static: Opening
    pages: tuple[Opening, ...]


def openings(url: str, samples: int, say: Callable[[str], None]) -> Openings | None:
    """Measures them; None where there is no browser."""
    try:
        with browser() as chromium, TemporaryFolder("openings") as folder:
            return _measured(chromium, folder.path, url, samples, say)
    except SandboxError as error:
        say(f"opening times are left out: {error}")
        return None


def _measured(chromium: Browser, folder: Path, url: str, samples: int, say: Callable[[str], None]) -> Openings:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    issuer = Issuer((), origin)
    token = issuer.token(Person("Dana", "user_2dana", WORKSPACE, "big", "admin"), exp=int(time.time()) + TOKEN_SECONDS)
    file = folder / NAME
    file.write_bytes(b"")
    command = [sys.executable, "-m", "sandbox.bench_reader.beside_static", str(file)]
    command += ["--issuer", issuer.url, "--port", str(port)]
    with _served(command, url, port):
        first = httpx.get(f"{origin}/audit", headers=_session(token), trust_env=False, timeout=60)
    file.write_bytes(first.raise_for_status().content)
    with _served(command, url, port):
        opened = _times(chromium, origin, token, _paths(origin, token), samples)
    issuer.close()
    by_page = {name: _opening(name, *zip(*taken, strict=True)) for name, taken in opened.items()}
    for opening in by_page.values():
        say(f"{opening.page}: first byte {opening.first_byte_p50:.1f} ms, interactive {opening.interactive_p50:.0f} ms")
    return Openings(samples, len(first.content), by_page.pop(STATIC), tuple(by_page.values()))


@contextmanager
def _served(command: list[str], url: str, port: int) -> Iterator[None]:
    with TemporaryFolder("reader") as folder:
        server = Server("reader", folder, lambda: listens(port))
        try:
            server.start(command, {**os.environ, "DATABASE_URL": url})
            yield
        finally:
            server.stop()


def _session(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _paths(origin: str, token: str) -> Callable[[], dict[str, str]]:
    """Makes the paths of one round; it reads the list before. All pages but the first are as of the same moment.

    NEW is another page in each round: nothing of it is in memory but its keys.
    """
    answer = httpx.get(f"{origin}/v1/audit-events?limit=1", headers=_session(token), trust_env=False, timeout=60)
    page = answer.raise_for_status().json()
    last = (page["total"] - 1) // LIMIT
    as_of = f"as_of={page['as_of']}"
    others = iter(Random(7).sample(range(2, last), last - 2))

    def at(number: int) -> str:
        return f"/audit?offset={number * LIMIT}&{as_of}"

    return lambda: {
        STATIC: f"/static/{NAME}",
        "first": "/audit",
        "second": at(1),
        "last": at(last),
        NEW: at(next(others)),
    }


def _times(
    chromium: Browser, origin: str, token: str, paths: Callable[[], Mapping[str, str]], samples: int
) -> dict[str, list[tuple[float, float]]]:
    """All in turn; each in a context of its own, which has nothing in its cache."""
    times: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    order = Random(11)
    for number in range(WARM_UP + samples):
        for name, path in _shuffled(order, paths()):
            context = chromium.new_context()
            context.add_cookies([{"name": "__session", "value": token, "url": origin}])
            page = context.new_page()
            response = page.goto(f"{origin}{path}", wait_until="load")
            assert response is not None
            assert response.ok, f"{path}: {response.status}"
            first_byte, interactive = page.evaluate(TIMES)
            context.close()
            if number >= WARM_UP:
                times[name].append((first_byte, interactive))
    return times


def _shuffled(order: Random, paths: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """In an order by chance, so that none always follows the same one, which the browser may still be closing."""
    return order.sample(list(paths.items()), len(paths))


def _opening(name: str, first_bytes: tuple[float, ...], interactive: tuple[float, ...]) -> Opening:
    return Opening(name, median(first_bytes), p99(first_bytes), median(interactive), p99(interactive))
