"""Memory: with full caches, and whatever was saved, a reader stays below its limit (decision 74)."""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import product
from typing import Any

import psycopg

import reader.http.byte_limits
from reader.query.index_cache import MAX_BYTES
from reader.query.list_queries import LIST_DIFF_BYTES
from sandbox.services.process import wait_until
from sandbox.services.process_status import peak_bytes
from tests.integration.reader.diffs import astral, shown_values, sized, values
from tests.integration.reader.entries import INSERT, entry
from tests.integration.reader.program import Program
from tests.integration.reader.site import ADMIN

EVENTS = "/v1/audit-events"
FULL_CACHE = (sys.executable, "-m", "tests.integration.reader.full_cache", "serve")
MEGABYTE = 1024 * 1024


def test_hostile_entries_neither_hide_a_page_nor_take_the_memory(database_url: str) -> None:
    """Fifty settings of 4 MB, labels of 4 MB or of codes, pages of many values: all answered, side by side, within 256 MB.

    With full caches: of key indexes, and of what is made of rows.
    """
    saved = json.dumps({"changes": {"/settings": {"after": sized(2 * MEGABYTE), "before": sized(2 * MEGABYTE - 7)}}})
    kinds: dict[str, tuple[dict[str, Any], int]] = {
        "org_1": ({"diff": saved}, 50),
        "org_2": ({"diff": values(4 * MEGABYTE)}, 10),
        "org_3": ({"label": "L" * 4 * MEGABYTE, "actor_email": "é" * 2 * MEGABYTE}, 20),
        "org_4": ({"diff": values(LIST_DIFF_BYTES)}, 200),
        "org_5": ({"diff": astral(60_000)}, 200),
        "org_6": ({"diff": values(reader.http.byte_limits.MAX_PAGE_DIFF)}, 50),
        "org_8": ({"diff": shown_values()}, 50),
        "org_9": ({"label": "\x01" * 4096, "actor_email": "\x01" * 4096}, 200),
        "org_10": (
            {"label": "\x01" * 512, "actor_email": "\x01" * 512, "facets": ["operation:" + "\x01" * 118] * 80},
            200,
        ),
        "org_11": ({"diff": astral(LIST_DIFF_BYTES)}, 200),
    }
    last: dict[str, int] = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        for workspace_id, (changed, count) in kinds.items():
            for minutes in range(count):
                row = connection.execute(INSERT, entry(minutes, workspace_id=workspace_id, **changed)).fetchone()
                assert row is not None
                last[workspace_id] = row[0]
        for number, minutes in product(range(20), range(100)):
            connection.execute(INSERT, entry(minutes, workspace_id=f"org_{1000 + number}"))
    with Program(database_url, FULL_CACHE) as program:

        def status(asked: tuple[str, str]) -> int:
            workspace_id, path = asked
            person = ADMIN._replace(workspace_id=workspace_id)
            for _ in range(60):
                answer = program.get(path.format(id=last[workspace_id]), person)
                if answer.status_code != 503:
                    return answer.status_code
                assert answer.headers["retry-after"] == "5"
            return 503

        paths = (EVENTS, f"{EVENTS}?limit=200", "/audit", "/audit?limit=200", "/audit/{id}", f"{EVENTS}/{{id}}")
        for path in ("/audit", EVENTS):
            assert program.get(path).status_code == 200, "the first try, without another"
            for number in range(20):
                person = ADMIN._replace(workspace_id=f"org_{1000 + number}")
                assert program.get(f"{path}?limit=100", person).status_code == 200
        held, full = program.figure("auditlog_reader_key_index_bytes"), peak_bytes(program.pid)
        assert 0.98 * MAX_BYTES < held <= MAX_BYTES
        with ThreadPoolExecutor(12) as many, ThreadPoolExecutor(80) as crowd:
            assert set(many.map(status, [*product(kinds, paths)] * 3)) == {200}
            assert set(crowd.map(status, [("org_11", "/audit?limit=200")] * 160)) == {200}, "of one workspace alone"
        alone = peak_bytes(program.pid)
        with ExitStack() as opened:
            for workspace_id, path in [*product(kinds, paths)] * 2:
                stalled = opened.enter_context(socket.socket())
                stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stalled.connect(("127.0.0.1", program.port))
                token = program.token(ADMIN._replace(workspace_id=workspace_id))
                target = path.format(id=last[workspace_id])
                stalled.sendall(
                    f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
                )
            in_progress = "auditlog_reader_requests_in_progress"
            assert wait_until(lambda: program.figure(in_progress) > 0, 10)
            assert program.get("/audit", ADMIN._replace(workspace_id="org_7")).status_code == 200
        peak = peak_bytes(program.pid)
        print(
            f"peak RSS: {full / 1e6:.0f} MB with full caches, {alone / 1e6:.0f} MB with hostile entries,"
            f" {peak / 1e6:.0f} MB with clients that take nothing"
        )
        assert program.figure("auditlog_reader_key_index_bytes") > 0.98 * MAX_BYTES
        assert 0 < peak <= 256e6
