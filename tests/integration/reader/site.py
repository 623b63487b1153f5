"""A reader that listens, as production composes it, with an issuer on loopback; and clients of it."""

import socket
import threading
import uuid
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg
from psycopg.rows import TupleRow

from reader.auth.clerk import TokenRules
from reader.auth.jwks import JwksKeys
from reader.auth.renewal import RenewalRules
from reader.auth.request_cookies import CookieNames
from reader.compose import compose
from reader.query.database import Database
from reader.query.listing import Listings
from reader.serve import server
from sandbox.services.issuer import Issuer, Person
from sandbox.services.plain_http import NO_TLS
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from tests.integration.reader.entries import INSERT, REPEAT, WORKSPACE, entry

ADMIN = Person("Dana", "user_2dana", WORKSPACE, "first", "admin")
MEMBER = ADMIN._replace(user_id="user_2max", role="member")
NOBODY = ADMIN._replace(user_id="user_2nora", workspace_id=None)
OTHER = ADMIN._replace(user_id="user_2olga", workspace_id="org_2")
CONTACT = "audit@callmine.example"


class Site:
    """The application on a port of its own, for as long as a `with` lasts."""

    def __init__(
        self, database_url: str, issuer: Issuer | None = None, *, renews: bool = False, suffix: str | None = None,
        allow_missing_azp: frozenset[str] = frozenset(), sign_in_url: str | None = None,
    ) -> None:  # fmt: skip
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.port, self.database_url = port, database_url
        self.issuer = issuer or Issuer((), self.url)
        self.issuer.audience = self.url
        self.database = Database(database_url, wait_seconds=1.0)
        self._reader = compose(
            database=self.database,
            keys=JwksKeys(self.issuer.jwks_url),
            rules=TokenRules(self.issuer.url, frozenset({self.url}), allow_missing_azp),
            renewal=RenewalRules(
                frontend_api=self.issuer.url if renews else None,
                sign_in_url=sign_in_url,
                names=CookieNames(suffix=suffix),
                scheme="http",
            ),
            hosts=("127.0.0.1",),
            export_contact=CONTACT,
        )
        self.app, services = self._reader.app, self._reader.services
        assert isinstance(services.listings, Listings)
        self.listings, self.metrics, self.keys = services.listings, services.metrics, services.keys
        self._server = server(self._reader, ("127.0.0.1", port))
        self._thread = threading.Thread(target=self._server.run)
        self._client = httpx.Client(
            base_url=self.url, verify=NO_TLS, trust_env=False, timeout=30, limits=httpx.Limits(max_connections=None)
        )

    def __enter__(self) -> Self:
        self._thread.start()
        assert wait_until(lambda: self._server.started, 10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join()
        self._reader.close()
        self.issuer.close()

    def get(self, path: str, person: Person | None = ADMIN, **more: Any) -> httpx.Response:
        """A GET by `person`, with a fresh token; `more` are headers."""
        headers = {"Authorization": f"Bearer {self.issuer.token(person)}"} if person else {}
        return self.ask("GET", path, headers=headers | more)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any request, as it is."""
        return self._client.request(method, path, **more)

    def raw(self, request: bytes, *, whole: bool = True) -> bytes:
        """What is answered to bytes that no client library would send; not `whole`: nothing more will come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            if not whole:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            with suppress(ConnectionResetError):  # there may be more of the request than was read
                while chunk := connection.recv(65536):
                    answer += chunk
            return answer


class Tenant:
    """A workspace of a test's own at a site that others use too: its admin, and entries of it."""

    def __init__(self, site: Site, connection: psycopg.Connection[TupleRow]) -> None:
        self.site, self._connection = site, connection
        self.workspace_id = f"org_{uuid.uuid4().hex}"
        self.admin = ADMIN._replace(workspace_id=self.workspace_id)

    def put(self, minutes: float = 0, **changed: Any) -> int:
        """Records one entry; its id."""
        values = entry(minutes, **{"workspace_id": self.workspace_id, **changed})
        row = self._connection.execute(INSERT, values).fetchone()
        assert row is not None
        return int(row[0])

    def get(self, path: str, person: Person | None = None, **more: Any) -> httpx.Response:
        """A GET by the admin, or by another person."""
        return self.site.get(path, person or self.admin, **more)

    def repeat(self, times: int) -> None:
        """Records the workspace's only entry so many times more, each a second older."""
        self._connection.execute(REPEAT, {"times": times, "workspace": self.workspace_id})
