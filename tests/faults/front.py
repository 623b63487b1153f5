"""A web server in front of the registry, as a gateway is: it answers wrongly for a while, then with what the registry answers."""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self

import httpx


class Answer(NamedTuple):
    """What is answered, after `seconds`."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    seconds: float = 0.0


# In turn: an error, a limit of requests, a page of a gateway as if all were well, a text that ends too early, and one that comes late.
WRONG = (
    Answer(500, b'{"error_code":50001,"message":"Error in the backend data store"}'),
    Answer(429, b"", {"Retry-After": "1"}),
    Answer(200, b"<html>maintenance</html>"),
    Answer(200, b'{"schema":"{\\"type\\":\\"rec'),
    Answer(503, b"", seconds=3.0),
)


class Front:
    """Listens on `port`. While it is `wrong` it gives `answers` in turn, and counts in `asked`; then the registry's own."""

    def __init__(self, registry_port: int, answers: Sequence[Answer] = WRONG) -> None:
        self.wrong = True
        self.asked = 0
        self._registry = f"http://127.0.0.1:{registry_port}"
        self._answers = itertools.cycle(answers)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="front", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> Answer:
        if self.wrong:
            self.asked += 1
            answer = next(self._answers)
            time.sleep(answer.seconds)
            return answer
        response = httpx.get(f"{self._registry}{path}", timeout=30, trust_env=False)
        return Answer(response.status_code, response.content, {"Content-Type": response.headers["Content-Type"]})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = front._answer(self.path)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
