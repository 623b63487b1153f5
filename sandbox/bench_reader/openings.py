"""How long pages of the large workspace take to open in a real browser, beside a static file of the same bytes."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import httpx
from playwright.sync_api import Browser

from sandbox.bench_reader.beside_static import NAME
from sandbox.bench_reader.entries import WORKSPACE
from sandbox.services.browser import browser
from sandbox.services.issuer import Issuer, Person
from sandbox.services.process import SandboxError, Server, free_port, listens
from sandbox.services.temporary_folder import TemporaryFolder

STATIC = "static file"
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
    token = issuer.token(Person("Dana", "user_2dana", WORKSPACE, "big", "admin"))
    file = folder / NAME
    file.write_bytes(b"")
    command = [sys.executable, "-m", "sandbox.bench_reader.beside_static", str(file)]
    command += ["--issuer", issuer.url, "--port", str(port)]
    with _served(command, url, port):
        paths = _paths(origin, token)
        first = httpx.get(f"{origin}{paths['first']}", headers=_session(token), trust_env=False, timeout=30)
    file.write_bytes(first.content)
    with _served(command, url, port):
        _paths(origin, token)
        times = _times(chromium, origin, token, {STATIC: f"/static/{NAME}", **paths}, samples)
    issuer.close()
    found = {name: _opening(name, *zip(*taken, strict=True)) for name, taken in times.items()}
    for each in found.values():
        say(f"{each.page}: first byte {each.first_byte_p50:.1f} ms, interactive {each.interactive_p50:.0f} ms")
    return Openings(samples, len(first.content), found.pop(STATIC), tuple(found.values()))


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


def _paths(origin: str, token: str) -> dict[str, str]:
    """The first page as it is now, and the second and the last as of the same moment; it reads the list."""
    answer = httpx.get(f"{origin}/v1/audit-events?limit=1", headers=_session(token), trust_env=False, timeout=60)
    page = answer.raise_for_status().json()
    last = (page["total"] - 1) // 50 * 50
    as_of = f"as_of={page['as_of']}"
    return {"first": "/audit", "second": f"/audit?offset=50&{as_of}", "last": f"/audit?offset={last}&{as_of}"}


def _times(
    chromium: Browser, origin: str, token: str, paths: Mapping[str, str], samples: int
) -> dict[str, list[tuple[float, float]]]:
    """All in turn; each in a context of its own, which has nothing in its cache."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in paths}
    for number in range(WARM_UP + samples):
        for name, path in paths.items():
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


def _opening(name: str, first_bytes: tuple[float, ...], interactive: tuple[float, ...]) -> Opening:
    return Opening(name, median(first_bytes), _p99(first_bytes), median(interactive), _p99(interactive))


def _p99(times: tuple[float, ...]) -> float:
    return quantiles(times, n=100)[98]
