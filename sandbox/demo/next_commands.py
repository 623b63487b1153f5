"""Commands for looking at a running demo from another terminal."""

import os
import shlex
import shutil

from sandbox.demo.environment import DemoEnvironment


def lines(environment: DemoEnvironment) -> tuple[str, ...]:
    """Commands to paste, with the exact environment that they need."""
    query = "SELECT occurred_at, action, actor_email, diff FROM audit_event ORDER BY id DESC LIMIT 3"
    program = shlex.quote(os.path.relpath(environment.program))
    return (
        *(f"export {name}={shlex.quote(value)}" for name, value in environment.environ.items()),
        f"{program} status",
        f"{program} parked list",
        f"{program} explain schemas/examples/schedule.edited.v1/mcp.json",
        f'{shlex.quote(_psql(environment))} "$DATABASE_URL" -xc {shlex.quote(query)}',
    )


def _psql(environment: DemoEnvironment) -> str:
    """The psql of the machine, else the one beside the server that runs here."""
    if environment.sandbox.postgres is None or shutil.which("psql"):
        return "psql"
    return os.path.relpath(environment.sandbox.postgres.installation.bin / "psql")
