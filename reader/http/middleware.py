"""Around the whole application: which hosts it answers for, what every response carries, and one log line per request."""

import re
import time
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reader.errors import INTERNAL_ERROR, UNKNOWN_HOST, problem_response
from reader.http.metrics import NO_ROUTE, Metrics
from reader.model import Viewer

log = structlog.get_logger()

# Nothing inline, nothing from elsewhere, never in a frame. OWASP Secure Headers Project.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'{}; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY.format(""),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Probes call a pod by its address.
PROBES = frozenset({"/healthz", "/readyz"})
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")


class ReaderMiddleware:
    """An ASGI application around another. It is the outermost, so that an error's response passes it too."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], metrics: Metrics, form_origin: str | None) -> None:
        """`form_origin`: where a form may lead besides here; Chromium holds a form's redirects to form-action as well."""
        self._app, self._hosts, self._metrics = app, frozenset(hosts), metrics
        policy = POLICY.format(f" {form_origin}" if form_origin else "")
        self._security = {**SECURITY_HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})
        self._metrics.request_started()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._security.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if not status:
                await problem_response(INTERNAL_ERROR)(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PROBES and not self._is_ours(Headers(scope=scope)):
            await problem_response(UNKNOWN_HOST)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        """Whether the one Host header names us, with any port. RFC 9110 section 7.2."""
        named = headers.getlist("host")
        match = HOST.fullmatch(named[0].lower()) if len(named) == 1 else None
        return match is not None and match[1] in self._hosts

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """The path and never the query: it may hold an e-mail address."""
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        self._metrics.request_finished(route, scope["method"], status, seconds)
        if scope["path"] in PROBES:
            return
        took = round(seconds * 1000, 1)
        log.info("request", method=scope["method"], route=route, status=status, ms=took, **_who(scope["state"]))


def _who(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Who asked, as far as that was found out, or why nobody was let in."""
    seen: Viewer | None = state.get("viewer")
    if seen is None:
        return {name: state[name] for name in ("refused", "renewal", "user") if name in state}
    return {
        "user": seen.user_id,
        "session": seen.session_id,
        "workspace": seen.workspace_id,
        "impersonator": seen.impersonator,
    }
