"""Login errors that only a person can fix, outages, and what is neither: classified by SQLSTATE, in whatever language (decision 60)."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping

import psycopg
import pytest
import structlog.testing
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from runtime.migrations import MigrationError, migrate
from runtime.postgres import ConnectionUnclear, ErrorKind, LoginRefused, classify, connect
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.integration.commands.conftest import Cli

LOGINS = """
CREATE ROLE someone LOGIN PASSWORD 'x'; CREATE ROLE no_login PASSWORD 'x'; CREATE ROLE no_connect LOGIN PASSWORD 'x';
CREATE ROLE crowded LOGIN PASSWORD 'x' CONNECTION LIMIT 0; GRANT audit_writer, audit_operator TO crowded
"""
HBA = """host all no_entry 127.0.0.1/32 reject
host all trusted_nobody 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


@pytest.fixture(scope="module", autouse=True)
def logins(server: PostgresServer) -> None:
    """Logins that are let in for different reasons, or not."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(LOGINS)
        (server.data_dir / "pg_hba.conf").write_text(HBA)
        admin.execute("SELECT pg_reload_conf()")
    url = make_conninfo(server.dsn, user="trusted_nobody")

    def is_loaded() -> bool:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError as error:
            return "does not exist" in str(error)  # no longer: its password is wrong
        return False

    assert wait_until(is_loaded, 10)


REFUSED: Mapping[str, tuple[Mapping[str, str | None], str]] = {
    "wrong password": ({"user": "someone", "password": "y"}, "password of DATABASE_URL wrong"),
    "no password": ({"user": "someone", "password": None}, "wants a password"),
    "no such role": ({"user": "trusted_nobody", "password": None}, "may it log"),
    "may not log in": ({"user": "no_login", "password": "x"}, "ALTER ROLE"),
    "no entry in pg_hba.conf": ({"user": "no_entry", "password": "x"}, "pg_hba.conf"),
    "no such database": ({"user": "someone", "password": "x", "dbname": "nowhere"}, "create the database"),
    "no CONNECT privilege": ({"user": "no_connect", "password": "x"}, "GRANT CONNECT"),
    "no such setting": ({"options": "-c no_such_setting=1"}, "PGOPTIONS"),
    "no such value": ({"options": "-c work_mem=much"}, "PGOPTIONS"),
    "malformed options": ({"options": "nonsense"}, "PGOPTIONS"),
    "no TLS": ({"sslmode": "require"}, "has no TLS"),
    "no authority": ({"sslmode": "verify-full", "sslrootcert": "/nowhere.pem"}, "sslrootcert"),
    "not a role of ours": ({"user": "someone", "password": "x"}, "GRANT audit_writer TO it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_only_a_person_can_fix(database: str, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Each is final, said in one line that says what to do; `status` and `migrate` end with it."""
    changed, advice = REFUSED[case]
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    with psycopg.connect(database, autocommit=True) as admin:
        name = conninfo_to_dict(database)["dbname"]
        admin.execute(
            f"REVOKE CONNECT ON DATABASE {name} FROM public; GRANT CONNECT ON DATABASE {name} TO someone".encode()
        )
    url = make_conninfo("", **{k: v for k, v in {**conninfo_to_dict(database), **changed}.items() if v is not None})
    with pytest.raises(LoginRefused, match=advice) as raised:
        connect(url, "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.DEPLOYMENT
    assert "\n" not in str(raised.value)
    said = Cli({"DATABASE_URL": url}).refused("status")
    assert advice.replace("audit_writer", "audit_operator") in said
    assert "busy" not in said
    if case != "not a role of ours":
        with pytest.raises(MigrationError, match=advice):
            migrate(url, lambda _: None)


@pytest.mark.parametrize("hosts", [1, 2])
def test_an_outage_is_waited_for(database: str, hosts: int) -> None:
    """Nobody listens: no refusal, and not unclear either."""
    ports = ",".join(str(free_port()) for _ in range(hosts))
    url = make_conninfo(database, host=",".join(["127.0.0.1"] * hosts), port=ports)
    with pytest.raises(psycopg.OperationalError) as raised:
        connect(url, "audit_writer", "test")
    assert type(raised.value) is psycopg.OperationalError
    assert classify(raised.value) is ErrorKind.UNAVAILABLE


def test_too_many_connections_are_waited_for(database: str) -> None:
    """The server has no free connection for this login: that is temporary."""
    with pytest.raises(psycopg.OperationalError) as raised:
        connect(make_conninfo(database, user="crowded", password="x"), "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.UNAVAILABLE
    assert not isinstance(raised.value, ConnectionUnclear)


def test_another_node_that_refuses_proves_nothing(database: str) -> None:
    """The first node is unavailable, the second refuses this login for good: the first may come back, so it is unclear."""
    port = conninfo_to_dict(database)["port"]
    url = make_conninfo(database, host="127.0.0.1,127.0.0.1", port=f"{free_port()},{port}", password="wrong")
    with pytest.raises(ConnectionUnclear) as raised:
        connect(url, "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.UNAVAILABLE
    both = make_conninfo(database, host="127.0.0.1,127.0.0.1", port=f"{port},{port}", password="wrong")
    with pytest.raises(LoginRefused):
        connect(both, "audit_writer", "test")


@pytest.mark.parametrize("hosts", ["127.0.0.1,nowhere.invalid", "nowhere.invalid,127.0.0.1", "nowhere.invalid"])
def test_a_name_that_is_not_resolved_proves_nothing(database: str, monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    """The name service may be away, and the node of that name may take the login: also where the environment names them."""
    port = conninfo_to_dict(database)["port"]
    with pytest.raises(ConnectionUnclear):
        connect(make_conninfo(database, host=hosts, port=port, password="wrong"), "audit_writer", "test")
    monkeypatch.setenv("PGHOST", hosts)
    place = {"host", "hostaddr"}
    elsewhere = {name: value for name, value in conninfo_to_dict(database).items() if name not in place}
    with pytest.raises(ConnectionUnclear):
        connect(make_conninfo("", **{**elsewhere, "password": "wrong"}), "audit_writer", "test")


@pytest.fixture
def hang_up() -> Iterator[Callable[[bytes], int]]:
    """Listens, answers each connection with these bytes and ends it; gives the port."""
    listeners = []

    def listen(answer: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                with taken:
                    taken.recv(1024)
                    taken.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield listen
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def fatal(state: bytes) -> bytes:
    """An ErrorResponse with this SQLSTATE, in a language that nobody here has."""
    fields = f"SSCHWERWIEGEND\0VFATAL\0C{state.decode()}\0MWörter, die niemand kennt:  42P99\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4) + fields


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", fatal(b"58000"), fatal(b"08P01")])
def test_what_is_unclear_is_logged_and_waited_for(
    database: str, hang_up: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """A proxy without a server, another protocol, an error of no known kind: loudly, and not for ever in silence."""
    with structlog.testing.capture_logs() as logged:
        monkeypatch.setattr("runtime.postgres.refusals.log", structlog.get_logger())
        url = make_conninfo(database, port=hang_up(answer), sslmode="disable")
        with pytest.raises(ConnectionUnclear) as raised:
            connect(url, "audit_writer", "test")
    assert classify(raised.value) is ErrorKind.UNAVAILABLE
    assert [(line["event"], line["log_level"]) for line in logged] == [("database_connection_unclear", "error")]


@pytest.mark.parametrize("state", [b"57P03", b"53300"])
def test_a_server_that_starts_is_waited_for(database: str, hang_up: Callable[[bytes], int], state: bytes) -> None:
    """It says so by SQLSTATE, in words that nobody knows."""
    url = make_conninfo(database, port=hang_up(fatal(state)), sslmode="disable")
    with pytest.raises(psycopg.OperationalError) as raised:
        connect(url, "audit_writer", "test")
    assert type(raised.value) is psycopg.OperationalError


@pytest.mark.parametrize("state", [b"28P01", b"28000", b"3D000", b"42501"])
def test_a_refusal_in_another_language_is_final(database: str, hang_up: Callable[[bytes], int], state: bytes) -> None:
    """Nothing is decided by words."""
    url = make_conninfo(database, port=hang_up(fatal(state)), sslmode="disable")
    with pytest.raises(LoginRefused, match="Wörter"):
        connect(url, "audit_writer", "test")
