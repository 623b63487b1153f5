"""Around the whole application: which hosts it answers for, what every response carries, and one log line per request."""

import time
from collections.abc import Collection

import structlog
from anyio.to_thread import current_default_thread_limiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reader.database import POOL_SIZE
from reader.metrics import Metrics
from reader.problems import FAILED, UNKNOWN_HOST, problem

log = structlog.get_logger()

# Nothing inline, nothing from elsewhere, never in a frame. OWASP Secure Headers Project.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# As many requests at a time as there are database sessions: more would only wait for those, and for the interpreter's lock.
THREADS = POOL_SIZE
# Probes call a pod by its address.
PROBES = frozenset({"/healthz", "/readyz"})


class Guard:
    """An ASGI application around another. It is the outermost, so that an error's response passes it too."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], metrics: Metrics) -> None:
        self._app, self._hosts, self._metrics = app, frozenset(hosts), metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current_default_thread_limiter().total_tokens = THREADS
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._answer(scope, receive, guarded)
        except Exception:
            log.exception("request_failed", path=scope["path"])
            if not status:
                await problem(FAILED)(scope, receive, guarded)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PROBES and not self._is_ours(Headers(scope=scope)):
            await problem(UNKNOWN_HOST)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        """Whether the one Host header names us, with any port. RFC 9110 section 7.2."""
        named = [host.lower() for host in headers.getlist("host")]
        return len(named) == 1 and _hostname(named[0]) in self._hosts

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """The path and never the query: it may hold an e-mail address."""
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.answered(route, scope["method"], status, seconds)
        if scope["path"] in PROBES:
            return
        seen = scope["state"].get("viewer")
        who = (
            {
                "user": seen.user_id,
                "session": seen.session_id,
                "workspace": seen.workspace_id,
                "impersonator": seen.impersonator,
            }
            if seen
            else {}
        )
        log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1), **who)


def _hostname(host: str) -> str:
    """A Host header without its port; an IPv6 address stays in its brackets."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
