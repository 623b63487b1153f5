"""The outermost middleware: checks host and size of a request, adds the security headers, counts and logs every request."""

import re
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reader.errors import INTERNAL_ERROR, NOT_FOUND, OVERLOADED, TOO_LARGE, UNKNOWN_HOST, Problem, problem_response
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
    # The other hosts of the domain are not part of this program.
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Probes address a pod by its IP address.
PROBES = frozenset({"/healthz", "/readyz"})
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")
ABSOLUTE = re.compile(rb"https?://([^/?#]*)(/.*)?", re.IGNORECASE | re.DOTALL)
MAX_HEADER_BYTES = 16 * 1024  # as h11 bounds those that do not arrive at once
MAX_IN_PROGRESS = 500  # of the connections, so that probes always find one
PIECE = 64 * 1024  # of a response: if the client does not read it, the transport's buffer holds no more than this


class ReaderMiddleware:
    """An ASGI middleware outside all others, so that error responses have its headers too."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], metrics: Metrics, form_origin: str | None) -> None:
        """`form_origin`: another origin that a form may lead to, since Chromium applies form-action to redirects too."""
        self._app, self._hosts, self._metrics = app, frozenset(hosts), metrics
        policy = POLICY.format(f" {form_origin}" if form_origin else "")
        self._security = {**SECURITY_HEADERS, "Content-Security-Policy": policy}
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})
        self._metrics.request_started()
        self._in_progress += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._security.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                await send(message)
            else:
                await _send_in_pieces(message, send)

        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if not status:
                await problem_response(INTERNAL_ERROR)(scope, receive, send_with_headers)
        finally:
            self._in_progress -= 1
            self._note(scope, status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        _to_origin_form(scope)
        problem = self._refusal(scope)
        if problem is not None:
            await problem_response(problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        """Why the request is refused before routing, or None."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            return TOO_LARGE
        if scope["path"] in PROBES:
            return None
        if self._in_progress > MAX_IN_PROGRESS:
            return OVERLOADED
        if not self._is_ours(Headers(scope=scope)):
            return UNKNOWN_HOST
        # The router's patterns end with $, which is also before a line feed at the end.
        return NOT_FOUND if scope["path"].endswith("\n") else None

    def _is_ours(self, headers: Headers) -> bool:
        """Whether there is one Host header and it names one of our hosts, with any port. RFC 9110 section 7.2."""
        hosts = headers.getlist("host")
        match = HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        return match is not None and match[1] in self._hosts

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts and logs the request. The query string is not logged: it may contain an e-mail address."""
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        self._metrics.request_finished(route, scope["method"], status, seconds)
        if scope["path"] in PROBES:
            return
        milliseconds = round(seconds * 1000, 1)
        log.info("request", method=scope["method"], route=route, status=status, ms=milliseconds, **_who(scope["state"]))


async def _send_in_pieces(message: Message, send: Send) -> None:
    """Sends a part of a body. The server waits before each piece until the client has read the last one."""
    body = message.get("body", b"")
    last = max(0, len(body) - 1) // PIECE * PIECE
    for start in range(0, last, PIECE):
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": True})
    await send({**message, "body": body[last:] if last else body})


def _to_origin_form(scope: Scope) -> None:
    """Makes `GET http://host/path` a `GET /path` with that Host, whatever the header said. RFC 9112 section 3.2.2."""
    absolute = ABSOLUTE.fullmatch(scope["raw_path"])
    if absolute is None:
        return
    scope["raw_path"] = absolute[2] or b"/"
    scope["path"] = unquote(scope["raw_path"].decode("ascii", "replace"))
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"host"] + [(b"host", absolute[1])]


def _who(state: Mapping[str, Any]) -> dict[str, str | None]:
    """The log fields that name the viewer, or the reason for a refusal or redirect."""
    viewer: Viewer | None = state.get("viewer")
    if viewer is None:
        return {name: state[name] for name in ("refused", "renewal", "user") if name in state}
    return {
        "user": viewer.user_id,
        "session": viewer.session_id,
        "workspace": viewer.workspace_id,
        "impersonator": viewer.impersonator,
    }
