"""A stand-in for Clerk's Frontend API, as far as a page that a backend renders meets it: sign-in, and the handshake.

It does what Clerk's sources say of a production instance, with real RS256 signatures:
* a browser is known by the cookie `__client` on this host, and asked for by `GET /v1/client/handshake?redirect_url=…`;
* the answer is a redirect back with the cookie `__clerk_handshake`, a signed token whose `handshake` is a list of Set-Cookie
  values (clerk-docs pull request 577 has an example), each with and without the instance's suffix where `suffixed_cookies=true`;
* whoever is signed out gets values that wipe the session; another host than the instance's is refused.

The sources do not say whether its redirects may be cached. Here nothing forbids it, which is the harder case.
"""

import secrets
import time
from collections.abc import Sequence
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from sandbox.services.issuer import Answer, Issuer, Person

LIFETIME = 60  # seconds that a session token lives
SESSION_CATEGORY = "cl_B7d4PD111AAA"  # of sessions and of handshakes
PAST = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
YEAR = "Expires=Fri, 26 Nov 2027 00:00:00 GMT"


class Asked(NamedTuple):
    """A handshake that was asked for: its parameters, and the cookies that came with it."""

    parameters: dict[str, str]
    cookies: dict[str, str]


class FrontendApi(Issuer):
    """An issuer that renews sessions. What tests turn: `party_on_navigation`, `answers`, `claims`, and who is signed in."""

    def __init__(
        self, people: Sequence[Person] = (), audience: str = "http://127.0.0.1", suffix: str | None = None
    ) -> None:
        self.suffix = suffix
        self.asked: list[Asked] = []
        self.party_on_navigation = True  # clerk/javascript#8231: often it is not named
        self.answers = True  # False: back without a handshake, as where cookies are blocked
        self.claims: dict[str, Any] = {}  # of the session tokens that handshakes bring
        self._clients: dict[str, Person] = {}
        super().__init__(people, audience)

    def signed_in(self, person: Person) -> str:
        """A browser in which `person` is signed in: the value of its `__client` cookie."""
        client = secrets.token_hex(12)
        self._clients[client] = person
        return client

    def signed_out(self, client: str) -> None:
        """Ends that browser's session."""
        del self._clients[client]

    def handshake(self, directives: Sequence[object], **headers: Any) -> str:
        """A handshake token with these Set-Cookie values."""
        return self.sign({"handshake": list(directives)}, **{"cat": SESSION_CATEGORY, **headers})

    def directives(self, client: str | None, origin: str, *, suffixed: bool) -> list[str]:
        """What a handshake sets in the browser `client`, for a page of `origin`."""
        names = ["", *([f"_{self.suffix}"] if suffixed and self.suffix else [])]
        person = self._clients.get(client or "")
        directives = [f"__clerk_handshake=; Path=/; {PAST}"]
        if person is None:
            directives += [f"__session{name}=; Path=/; {PAST}" for name in names]
            return directives + [
                f"__client_uat{name}=0; Path=/; Max-Age=315360000; Secure; SameSite=Lax" for name in names
            ]
        now = int(time.time())
        claims = {"azp": origin if self.party_on_navigation else None, "exp": now + LIFETIME, **self.claims}
        token = self.token(person, **claims)
        directives += [f"__client_uat{name}={now}; Path=/; Max-Age=315360000; Secure; SameSite=Lax" for name in names]
        return directives + [f"__session{name}={token}; Path=/; {YEAR}; Secure" for name in names]

    def _answer(self, path: str, cookies: str) -> Answer | None:
        asked = urlsplit(path)
        if asked.path != "/v1/client/handshake":
            return None
        parameters = {name: values[-1] for name, values in parse_qs(asked.query).items()}
        sent = {name: morsel.value for name, morsel in SimpleCookie(cookies).items()}
        self.asked.append(Asked(parameters, sent))
        back = urlsplit(parameters.get("redirect_url", ""))
        if f"{back.scheme}://{back.netloc}" != self.audience:
            return Answer(400, {}, "redirect_url is not of this instance")
        suffixed = parameters.get("suffixed_cookies") == "true"
        brought = self.handshake(self.directives(sent.get("__client"), self.audience, suffixed=suffixed))
        cookie = {"Set-Cookie": f"__clerk_handshake={brought}; Path=/; HttpOnly; SameSite=Lax"} if self.answers else {}
        return Answer(307, {"Location": back.geturl(), **cookie}, "")
