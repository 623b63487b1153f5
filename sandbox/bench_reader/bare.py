"""The yardstick for the reader's requests per second: a bare FastAPI endpoint that fetches one row."""

import argparse
import os
from typing import Any

import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from sandbox.bench_reader.entries import WORKSPACE

ROW = "SELECT id, action, actor_id, occurred_at FROM audit_event WHERE workspace_id = %s AND id = %s"


def main() -> None:
    """Serves GET / on 127.0.0.1 until SIGTERM, with as many sessions as the reader has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--id", type=int, required=True)
    arguments = parser.parse_args()
    pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=True)
    app = FastAPI()

    @app.get("/")
    def row() -> dict[str, Any]:
        with pool.connection() as connection:
            values = connection.execute(ROW, (WORKSPACE, arguments.id)).fetchone()
        assert values is not None
        return dict(zip(("id", "action", "actor_id", "occurred_at"), values, strict=True))

    uvicorn.run(app, port=arguments.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
