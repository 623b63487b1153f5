"""A browser as far as sessions need one: cookies of one host, kept and sent as RFC 6265 says, and redirects followed."""

import time
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.services.plain_http import NO_TLS

MAX_REDIRECTS = 20  # as browsers
NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Accept": "text/html,*/*"}


class Browser:
    """Navigates. `cookies` are of 127.0.0.1, whose ports share them; `hops` are the addresses of the last navigation."""

    def __init__(self, **cookies: str) -> None:
        self.cookies: dict[str, str] = cookies
        self.hops: list[str] = []
        self._client = httpx.Client(verify=NO_TLS, trust_env=False, timeout=30)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def goto(self, url: str, **headers: str) -> httpx.Response:
        """The page that a navigation ends at."""
        self.hops = []
        for _ in range(MAX_REDIRECTS):
            answer = self.step(url, **headers)
            if not answer.is_redirect:
                return answer
            url = str(httpx.URL(url).join(answer.headers["location"]))
        raise AssertionError(f"redirects without end: {self.hops}")

    def step(self, url: str, **headers: str) -> httpx.Response:
        """One request of a navigation, and what it did to the cookies."""
        self.hops.append(url)
        sent = {**NAVIGATION, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        answer = self._client.get(url, headers=sent)
        for line in answer.headers.get_list("set-cookie"):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        [(name, morsel)] = SimpleCookie(line).items()
        gone = morsel["max-age"] == "0" or (
            morsel["expires"] != "" and parsedate_to_datetime(morsel["expires"]).timestamp() < time.time()
        )
        if gone:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = morsel.value


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """What an answer sets, by name."""
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def own_address(location: str, site_url: str) -> str:
    """The path and query that an absolute address of the site has."""
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}" == site_url
    return location.removeprefix(site_url)


def no_session(**claims: Any) -> dict[str, Any]:
    """Claims of a token that has run out."""
    now = int(time.time())
    return {"exp": now - 60, "iat": now - 120, "nbf": now - 130, **claims}
