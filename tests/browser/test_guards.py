"""The guards of these tests refuse what they are there to refuse: each is shown a page that is bad in its way."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reader.http.middleware import SECURITY_HEADERS
from sandbox.services.browser import HOW, NAMES, executable
from sandbox.services.process import SandboxError
from tests.browser.watch import Watch, barriers

GOOD = '<!doctype html><html lang="en"><title>Good</title><link rel="icon" href="/static/icon"><main><h1>Good</h1>{}</main>'
BAD = {
    "policy: script-src": "<script>1</script>",
    "policy: style-src": '<p style="color: red">Red</p>',
    "policy: img-src": '<img src="http://127.0.0.2/x.png" alt="From elsewhere">',
    "console error": '<img src="/missing" alt="Not there">',
    "uncaught": '<script src="/static/throws"></script>',
    "request": '<script src="/static/hangs-up"></script>',
}
BARRIERS = {
    "image-alt": '<img src="/static/icon">',
    "color-contrast": '<link rel="stylesheet" href="/static/pale"><p>Hardly to be read</p>',
    "label": "<input>",
    "target-size": '<link rel="stylesheet" href="/static/tiny"><p><button>a</button><button>b</button></p>',
}
FILES = {
    "/static/icon": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "/static/throws": ("text/javascript", "throw new Error('on purpose')"),
    "/static/pale": ("text/css", "p { color: #bbb; background: #fff }"),
    "/static/tiny": ("text/css", "button { width: 12px; height: 12px; padding: 0; border: 0; margin: 0 }"),
}


class Handler(BaseHTTPRequestHandler):
    """Serves FILES, and every other body as a page under the reader's own policy."""

    bodies: dict[str, str]

    def do_GET(self) -> None:
        if self.path == "/static/hangs-up":
            self.close_connection = True
            return
        kind, text = FILES.get(self.path, ("text/html", self.bodies.get(self.path, "Not found")))
        self.send_response(404 if text == "Not found" else 200)
        self.send_header("Content-Type", kind)
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that nothing watches yet."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def pages() -> Iterator[str]:
    """A site of one good page, `/`, and bad ones by the name of their fault."""
    bodies = {"/": GOOD.format("")} | {f"/{name}": GOOD.format(body) for name, body in (BAD | BARRIERS).items()}
    handler = type("Pages", (Handler,), {"bodies": {path.replace(" ", "%20"): body for path, body in bodies.items()}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_good_page_is_let_pass(page: Page, pages: str) -> None:
    """What the guards refuse below is not refused for its surroundings."""
    watch = Watch(page)
    page.goto(pages)

    assert watch.faults == []
    assert barriers(page) == []


@pytest.mark.parametrize("name", BAD)
def test_a_fault_is_noted(page: Page, pages: str, name: str) -> None:
    """A violation, an error in the console and a request that fails are each enough to fail a test."""
    watch = Watch(page)
    page.goto(f"{pages}/{name}")
    page.wait_for_load_state("networkidle")

    assert any(fault.startswith(name) for fault in watch.faults), watch.faults


def test_only_an_expected_refusal_is_no_fault(page: Page, pages: str) -> None:
    """A page that is to answer 404 may; one that is to answer 403 may not answer 404."""
    watch = Watch(page)
    watch.refused(f"{pages}/nowhere", 404)
    page.goto(f"{pages}/nowhere")

    assert [fault for fault in watch.faults if "/nowhere" in fault] == []
    watch.refused(f"{pages}/elsewhere", 403)
    page.goto(f"{pages}/elsewhere")
    page.wait_for_load_state("networkidle")
    assert [fault for fault in watch.faults if "/elsewhere" in fault] != []


@pytest.mark.parametrize("rule", BARRIERS)
def test_a_barrier_is_found(page: Page, pages: str, rule: str) -> None:
    """Axe runs, and runs the rules of WCAG 2.0 to 2.2."""
    page.goto(f"{pages}/{rule}")

    assert rule in {violation.partition(":")[0] for violation in barriers(page)}


def test_a_missing_browser_is_reported_with_the_way_to_get_one(tmp_path: Path) -> None:
    """Where no Chromium is on the PATH, or the named one is none, the message says what to do."""
    for environ in ({"PATH": str(tmp_path)}, {"AUDIT_CHROMIUM": f"{tmp_path}/none"}):
        with pytest.raises(SandboxError, match=r"apt-get install chromium.*AUDIT_CHROMIUM") as raised:
            executable(environ)
        assert HOW in str(raised.value)


def test_the_named_browser_comes_before_that_of_the_path(tmp_path: Path) -> None:
    """AUDIT_CHROMIUM names any program; else the PATH is searched for the usual names."""
    folder = tmp_path
    for name in (NAMES[0], "mine"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)

    assert executable({"PATH": str(folder)}) == str(folder / NAMES[0])
    assert executable({"PATH": str(folder), "AUDIT_CHROMIUM": str(folder / "mine")}) == str(folder / "mine")
