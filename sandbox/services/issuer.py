"""A sign-in service for demo and tests: a stand-in for Clerk, with real RS256 keys and tokens of Clerk's form.

It is no part of the reader, which checks these tokens by the same code as Clerk's; only that the issuer is plain http on
loopback must be said to it in code (`sandbox.services.reading`), and no setting can.
"""

import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.services.sign_in_page import sign_in_page

LIFETIME = 3600  # seconds; Clerk's live 60, but its own script renews them, and the demo has none


class Person(NamedTuple):
    """Someone who can sign in; `role` as Clerk says it, `workspace_id` None for no active workspace."""

    label: str
    user_id: str
    workspace_id: str | None
    slug: str
    role: str


class Answer(NamedTuple):
    """What is answered to a GET."""

    status: int
    headers: dict[str, str]
    body: str


class Issuer:
    """Signs people in with one click. `audience` is the origin of the page that they come from and go back to."""

    def __init__(self, people: Sequence[Person] = (), audience: str = "http://127.0.0.1") -> None:
        self.people, self.audience = tuple(people), audience
        self.key_id = f"demo-{secrets.token_hex(4)}"
        self.fetches = 0
        self.down = False
        self._key = _new_key()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        # Its end waits for the next poll.
        poll = {"poll_interval": 0.02}
        threading.Thread(target=self._server.serve_forever, kwargs=poll, name="issuer", daemon=True).start()

    @property
    def url(self) -> str:
        """What the tokens' iss says."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def jwks_url(self) -> str:
        """Where the public keys are."""
        return f"{self.url}/.well-known/jwks.json"

    @property
    def pem(self) -> str:
        """The public key, for networkless verification."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def token(self, person: Person, **claims: Any) -> str:
        """A session token of version 2 for `person`; `claims` replace those it would have, None takes one away."""
        now = int(time.time())
        whole: dict[str, Any] = {
            "azp": self.audience,
            "exp": now + LIFETIME,
            "fva": [0, -1],
            "iat": now,
            "iss": self.url,
            "nbf": now - 10,
            "sid": f"sess_{secrets.token_hex(12)}",
            "sts": "active",
            "sub": person.user_id,
            "v": 2,
        }
        if person.workspace_id is not None:
            whole["o"] = {"id": person.workspace_id, "rol": person.role, "slg": person.slug}
        return self.sign({name: value for name, value in (whole | claims).items() if value is not None})

    def sign(self, claims: Mapping[str, Any], **headers: Any) -> str:
        """Any claims, signed by the present key."""
        return jwt.encode(dict(claims), self._key, "RS256", {"kid": self.key_id, "typ": "JWT", **headers})

    def rotate(self) -> None:
        """A new key takes the place of the old one."""
        self.key_id, self._key = f"demo-{secrets.token_hex(4)}", _new_key()

    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, _path: str, _cookies: str) -> Answer | None:
        """What a subclass answers to a path, with the cookies that came; None where it does not know it."""
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(_Sending):
            def do_GET(self) -> None:
                if answer := issuer._answer(self.path, self.headers.get("Cookie", "")):
                    self._send(answer.status, answer.body, **answer.headers)
                else:
                    self._own(urlsplit(self.path))

            def _own(self, asked: SplitResult) -> None:
                if asked.path == "/.well-known/jwks.json":
                    issuer.fetches += 1
                    self._send(503 if issuer.down else 200, json.dumps(issuer.jwks()), "application/json")
                elif asked.path == "/":
                    self._send(
                        200, sign_in_page([person.label for person in issuer.people]), "text/html; charset=utf-8"
                    )
                elif asked.path == "/sign-in":
                    self._sign_in(issuer._named(parse_qs(asked.query).get("as", ["0"])[0]))
                else:
                    self._send(404, "Not found", "text/plain")

            def _sign_in(self, person: Person | None) -> None:
                if person is None:
                    self._send(404, "Nobody of that name", "text/plain")
                    return
                self.send_response(303)
                # Cookies know no ports: the reader on the same address gets it.
                self.send_header("Set-Cookie", f"__session={issuer.token(person)}; Path=/; HttpOnly; SameSite=Lax")
                self.send_header("Location", f"{issuer.audience}/")
                self.end_headers()

        return Handler

    def _named(self, number: str) -> Person | None:
        return self.people[int(number)] if number.isdigit() and int(number) < len(self.people) else None


class _Sending(BaseHTTPRequestHandler):
    """Answers whole, and logs nothing."""

    def _send(self, status: int, text: str, media_type: str = "text/plain", **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": media_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _new_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)
