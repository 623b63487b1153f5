"""A running reader over an existing database, with the demo's sign-in: what a browser is pointed to."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sandbox.services.frontend_api import FrontendApi
from sandbox.services.issuer import Issuer, Person
from sandbox.services.ports import free_port, listens
from sandbox.services.process import Server
from sandbox.services.temporary_folder import TemporaryFolder


class Site(NamedTuple):
    """Where the page is, who signs people in, and the database behind it (as its superuser)."""

    url: str
    issuer: Issuer
    database_url: str

    def sign_in_url(self, person: Person) -> str:
        """The link that signs `person` in with one click."""
        return f"{self.issuer.url}/sign-in?as={self.issuer.people.index(person)}"


@contextmanager
def site(database_url: str, people: Sequence[Person], *, renews: bool = False) -> Iterator[Site]:
    """The production application, for the time of a `with`. SandboxError when it does not come up.

    `renews`: its issuer is a FrontendApi, which gives browsers new sessions as Clerk does.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    issuer = FrontendApi(people, url) if renews else Issuer(people, url)
    with TemporaryFolder("reader") as folder:
        reader = Server("audit-reader", folder, lambda: listens(port))
        try:
            command = [sys.executable, "-m", "sandbox.services.reading", "--issuer", issuer.url, "--port", str(port)]
            if renews:
                command += ["--frontend-api", issuer.url]
            reader.start(command, {"DATABASE_URL": database_url})
            yield Site(url, issuer, database_url)
        finally:
            reader.stop()
            issuer.close()
