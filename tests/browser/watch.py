"""What a browser has to complain of: whatever a page does wrong is noted, and fails the test that opened it."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Axe would fetch style sheets a second time, and the page's policy lets nothing fetch.
OPTIONS = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"], "preload": False}
REPORT = """
    document.addEventListener("securitypolicyviolation", (event) =>
        reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
"""


class Watch:
    """Notes every violation of the policy, every error in the console and every request that fails, of one page."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        self._refused: set[tuple[str, int]] = set()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.expose_function("reportViolation", lambda violation: self.faults.append(f"policy: {violation}"))
        page.add_init_script(REPORT)

    def refused(self, url: str, status: int) -> None:
        """Says that the page at `url` itself is meant to be an answer of this status."""
        self._refused.add((url, status))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # Chromium calls a page that answers 403 a resource that failed to load.
        url = message.location["url"]
        if not any(url == page and f"status of {status} " in message.text for page, status in self._refused):
            self.faults.append(f"console {message.type}: {message.text} ({url})")

    def _failed(self, request: Request) -> None:
        # A page that is left while something of it still loads has not failed.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"request: {request.url} {request.failure}")


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA on the page in its present state."""
    violations: list[dict[str, Any]] = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
