"""A PostgreSQL that does not let us in: what is said by each program, and that no password is ever said."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from runtime.postgres import malformed
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.builders import events
from tests.e2e.topics import LIMIT
from tests.security.authority import WRONG, Authority
from tests.security.conftest import Secured
from tests.security.test_kafka import only_fault, says


class Wrong(NamedTuple):
    """A DATABASE_URL of a login that is wrong, and the words that must be said of it."""

    url: Callable[[Secured, Authority, str], str]
    words: tuple[str, ...]


CASES = {
    "authority": Wrong(
        lambda world, stranger, login: world.url(login, sslrootcert=str(stranger.path)),
        ("certificate verify failed", "unable to get local issuer|self-signed", "authority that signed it"),
    ),
    "name": Wrong(
        lambda world, _, login: world.url(login, host="127.0.0.1"),
        ("does not match host name", "connect by a name|connect by the name"),
    ),
    "no file": Wrong(lambda world, _, login: world.url(login, sslrootcert="/nowhere.pem"), ("root certificate file",)),
    "password": Wrong(
        lambda world, _, login: world.url(login, WRONG),
        ("password authentication failed for user", "password of DATABASE_URL wrong?"),
    ),
    "user": Wrong(
        lambda world, *_: world.url("nobody", WRONG),
        ('password authentication failed for user "nobody"', "user or the password of DATABASE_URL"),
    ),
    "plain client": Wrong(
        lambda world, _, login: world.url(login, sslmode="disable"), ("no encryption", "sslmode=verify-full")
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_command_says_why(world: Secured, stranger: Authority, case: str) -> None:
    """`status` and `migrate` end with 1 and one line that says what is wrong and what to do."""
    wrong = CASES[case]
    for command, login in (("status", "operator"), ("migrate", "migrator")):
        program = world.consumer(command, DATABASE_URL=wrong.url(world, stranger, login))
        assert program.wait() == 1
        (line,) = program.log.read_text().splitlines()
        assert says(line, wrong.words), line


@pytest.mark.parametrize("case", ["authority", "password"])
def test_a_consumer_that_is_refused_ends(world: Secured, stranger: Authority, case: str) -> None:
    """It joins the group, cannot claim, and ends with 1 and one line; nothing is read."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(1))
    program = world.consumer("run", DATABASE_URL=CASES[case].url(world, stranger, "writer"))
    assert program.wait() == 1
    assert says(only_fault(program, "stopped")["error"], CASES[case].words), program.tail()
    assert world.count("audit_event") == 0


def test_a_certificate_that_expires_under_a_consumer(
    world: Secured, postgres: PostgresServer, authority: Authority
) -> None:
    """At its next connection it ends with 1 and says so; with a new certificate the next one goes on."""
    topic = world.topic()
    world.allow()
    world.send(topic, events(3))
    program = world.consumer("run", DATABASE_URL=world.url("writer"))
    world.until_read(program)
    postgres.present(authority.issue("postgres-old.pem", expired=True))
    try:
        world.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
        world.send(topic, events(3))
        assert program.wait(LIMIT) == 1
        assert says(program.logged("stopped")[0]["error"], ("certificate has expired", "renewed")), program.tail()
    finally:
        postgres.present(authority.issue("postgres-new.pem"))
    program = world.consumer("run", DATABASE_URL=world.url("writer"))
    world.until_read(program)
    assert program.stop() == 0
    world.check()


@pytest.mark.parametrize("role", ["operator", "reader"])
def test_a_login_of_another_program_is_refused(world: Secured, role: str) -> None:
    """Each login has one role: with that of another program a consumer ends with 1, and the role is named."""
    world.topic()
    world.allow()
    program = world.consumer("run", DATABASE_URL=world.url(role))
    assert program.wait() == 1
    assert "audit_writer" in only_fault(program, "stopped")["error"]


def test_a_login_may_do_nothing_as_itself(world: Secured) -> None:
    """Not even look, before it has become its role; and it becomes no other."""
    for login, role in (("writer", "audit_writer"), ("operator", "audit_operator"), ("reader", "audit_reader")):
        with psycopg.connect(world.url(login), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT 1 FROM audit_event")
            for other in {"audit_owner", "audit_writer", "audit_operator", "audit_reader", "postgres"} - {role}:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SET ROLE {other}".encode())


@pytest.mark.parametrize("case", ["authority", "password"])
def test_a_reader_that_is_refused_is_not_ready(world: Secured, stranger: Authority, case: str, tmp_path: Path) -> None:
    """It goes on and says why; the password is not in its log."""
    code = (
        "import sys; from runtime import logging; logging.configure('json')\n"
        "from reader.query.database import Database\n"
        "database = Database(sys.argv[1], wait_seconds=0.5); print(database.ready()); database.close()"
    )
    url = CASES[case].url(world, stranger, "reader")
    process = subprocess.run([sys.executable, "-c", code, url], check=False, capture_output=True, text=True)
    assert process.stdout == "False\n"
    assert CASES[case].words[0] in process.stderr
    assert world.secrets_in(process.stdout + process.stderr) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sesame/word@h/d",
        "postgresql://u:sesame@word@h/d",
        "postgresql://u:%zzsesame@h/d",
        "host=h password=it's sesame=1",
        "host=h port=sesame",
        "postgresql:/u:sesame",
        "postgresql://u:sesame@h/d?sslmode=verify-ful",
    ],
)
def test_a_url_that_comes_apart_is_not_repeated(url: str) -> None:
    """A password that is not percent-encoded would be looked up as a host: it is refused before, without a word of it."""
    fault = malformed(url)
    assert fault is not None
    assert "sesame" not in fault
    assert malformed("postgresql://u:sesame%40word@h:5432,i:5433/d?sslmode=verify-full") is None
    assert malformed("host=/run/postgresql dbname=audit") is None


def test_what_a_reader_of_help_sees(world: Secured) -> None:
    """No setting's value is in `--help`, whatever the environment holds."""
    program = world.consumer("--help")
    assert program.wait() == 0
    assert wait_until(lambda: "deploy/env.example" in program.log.read_text(), LIMIT)
