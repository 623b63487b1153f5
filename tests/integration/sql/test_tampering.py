"""Each way to tamper with the schema, by a superuser or the owner, is found and named; and nothing else is."""

from collections.abc import Callable

import psycopg
import pytest

from consumer.operator.tampering import Comparison, Difference, Facts, differences, find_tampering, may_become_owner
from tests.integration.sql.conftest import Role

LEAF = "audit_event_p03"
# What is done, and the beginning of what is said.
TAMPERED = {
    f"ALTER TABLE {LEAF} DISABLE TRIGGER append_only": f"trigger append_only on {LEAF} has changed: enabled D",
    f"ALTER TABLE {LEAF} ENABLE TRIGGER append_only": f"trigger append_only on {LEAF} has changed: enabled O",
    "ALTER TABLE audit_event ENABLE REPLICA TRIGGER append_only": "trigger append_only on audit_event has changed",
    f"DROP TRIGGER append_only_truncate ON {LEAF}": f"trigger append_only_truncate on {LEAF} is missing",
    "DROP TRIGGER check_progress ON partition_progress": "trigger check_progress on partition_progress is missing",
    "CREATE TRIGGER late BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()": (
        "trigger late on audit_event is not of the migrations"
    ),
    "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NEW; END'": "function audit_refuse_change() has changed",
    "ALTER FUNCTION audit_check_moves() SECURITY INVOKER": "function audit_check_moves() has changed",
    "ALTER FUNCTION audit_check_moves() SET search_path = public": "function audit_check_moves() has changed",
    "ALTER FUNCTION audit_check_moves() OWNER TO postgres": "function audit_check_moves() has changed",
    f"ALTER TABLE audit_event DETACH PARTITION {LEAF}": f"partition {LEAF} of audit_event is missing",
    f"DROP TABLE {LEAF}": f"relation {LEAF} is missing",
    "ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY": "relation audit_event has changed",
    f"ALTER TABLE {LEAF} DISABLE ROW LEVEL SECURITY": f"relation {LEAF} has changed",
    "ALTER TABLE audit_event OWNER TO postgres": "relation audit_event has changed",
    "ALTER TABLE partition_progress SET UNLOGGED": "relation partition_progress has changed",
    "ALTER TABLE parked_record RENAME TO parked_record_old": "relation parked_record is missing",
    "DROP POLICY reader_reads_one_workspace ON audit_event": (
        "policy reader_reads_one_workspace on audit_event is missing"
    ),
    "ALTER POLICY reader_reads_one_workspace ON audit_event USING (true)": (
        "policy reader_reads_one_workspace on audit_event has changed"
    ),
    "ALTER POLICY reader_reads_one_workspace ON audit_event TO PUBLIC": (
        "policy reader_reads_one_workspace on audit_event has changed"
    ),
    "CREATE POLICY more ON audit_event FOR SELECT TO audit_reader USING (true)": (
        "policy more on audit_event is not of the migrations"
    ),
    "ALTER TABLE audit_event ALTER COLUMN actor_email TYPE varchar USING 'x'": (
        "column audit_event.actor_email has changed: character varying"
    ),
    "ALTER TABLE audit_event ALTER COLUMN recorded_at SET DEFAULT '2020-01-01'": (
        "column audit_event.recorded_at has changed"
    ),
    f"ALTER TABLE {LEAF} ALTER COLUMN recorded_at SET DEFAULT '2020-01-01'": (
        f"columns of a partition {LEAF} has changed"
    ),
    "ALTER TABLE audit_event ADD COLUMN note text": "column audit_event.note is not of the migrations",
    "ALTER TABLE parked_record DROP COLUMN detail": "column parked_record.detail is missing",
    "ALTER TABLE partition_progress DROP CONSTRAINT partition_progress_balanced": (
        "constraint partition_progress_balanced on partition_progress is missing"
    ),
    "ALTER TABLE audit_event DROP CONSTRAINT audit_event_identity": (
        "constraint audit_event_identity on audit_event is missing"
    ),
    "DROP INDEX audit_event_recorded": "index audit_event_recorded is missing",
    "CREATE RULE nothing AS ON INSERT TO audit_event DO INSTEAD NOTHING": (
        "rule nothing on audit_event is not of the migrations"
    ),
    "CREATE OR REPLACE VIEW parked_unresolved AS SELECT kafka_topic, kafka_partition, reason, 0::bigint AS records "
    "FROM parked_record": "view parked_unresolved has changed",
    "GRANT UPDATE ON audit_event TO audit_writer": "grant on audit_event to audit_writer is not of the migrations",
    "GRANT SELECT ON parked_record TO PUBLIC": "grant on parked_record to public is not of the migrations",
    "GRANT UPDATE (gap) ON partition_progress TO audit_writer": (
        "grant on columns of partition_progress to audit_writer has changed"
    ),
    "REVOKE SELECT ON partition_account FROM audit_writer": "grant on partition_account to audit_writer is missing",
    "GRANT EXECUTE ON FUNCTION audit_check_moves() TO PUBLIC": (
        "grant on function audit_check_moves() to public is not of the migrations"
    ),
    "ALTER ROLE audit_reader BYPASSRLS": "role audit_reader has changed",
    "ALTER ROLE audit_owner LOGIN": "role audit_owner has changed",
    "GRANT audit_owner TO audit_writer": "membership audit_writer in audit_owner is not of the migrations",
    "GRANT pg_write_all_data TO audit_operator": "membership audit_operator in pg_write_all_data is not of",
    "CREATE ROLE snoop LOGIN IN ROLE audit_owner": "login snoop may become audit_owner: REVOKE audit_owner FROM snoop",
    "ALTER TABLE audit_event REPLICA IDENTITY NOTHING": "relation audit_event has changed",
    "ALTER SEQUENCE audit_event_id_seq INCREMENT BY -1 MINVALUE -5": "sequence audit_event_id_seq has changed",
    "ALTER SEQUENCE parked_record_id_seq CYCLE": "sequence parked_record_id_seq has changed",
    "ALTER FUNCTION audit_check_moves() IMMUTABLE": "function audit_check_moves() has changed",
    "ALTER FUNCTION audit_check_moves() STRICT": "function audit_check_moves() has changed",
    "CREATE OR REPLACE TRIGGER check_gap BEFORE INSERT ON data_gap FOR EACH ROW EXECUTE FUNCTION audit_check_gap('x'); "
    "ALTER TABLE data_gap ENABLE ALWAYS TRIGGER check_gap": "trigger check_gap on data_gap has changed",
    "GRANT CREATE ON SCHEMA public TO audit_writer": "role audit_writer has changed",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "role audit_reader has changed",
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC, audit_reader": "role audit_reader has changed",
    "ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner GRANT UPDATE ON TABLES TO PUBLIC": "default grant on r in all schemas",
    "CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'": (
        "overload lower(character varying) is not of the migrations"
    ),
    "CREATE FUNCTION theirs(xid8, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'; "
    "CREATE OPERATOR public.= (LEFTARG = xid8, RIGHTARG = bigint, FUNCTION = theirs)": "overload =(xid8,bigint)",
    "CREATE FUNCTION audit_refuse_change(int) RETURNS int LANGUAGE sql AS 'SELECT 1'": (
        "function audit_refuse_change(integer) is not of the migrations"
    ),
    "CREATE FUNCTION audit_helper() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION audit_helper() OWNER TO "
    "audit_owner": "function audit_helper() is not of the migrations",
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_tampering_is_found_by_name(statement: str, as_role: Callable[[str], Role]) -> None:
    """What a superuser changed is said in words that name it; the look itself needs no more than the writer's role."""
    admin, writer = as_role("postgres"), as_role("audit_writer")
    assert _tampering(writer) == []

    admin.execute(statement.encode())

    report = _tampering(writer)
    assert [words for words in report if words.startswith(TAMPERED[statement])], report


def test_what_is_not_ours_is_left_alone(as_role: Callable[[str], Role]) -> None:
    """Another application's tables, functions and logins in the same database are no finding."""
    admin = as_role("postgres")
    admin.execute("CREATE TABLE theirs (id int)")
    admin.execute("CREATE FUNCTION their_function() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    admin.execute("CREATE ROLE their_login LOGIN IN ROLE audit_writer, audit_operator")
    assert _tampering(as_role("audit_operator")) == []


def test_another_version_is_not_compared_and_said(as_role: Callable[[str], Role]) -> None:
    """A schema of a newer program is not known to an older consumer; that anyone can claim one is why it is said."""
    admin, writer = as_role("postgres"), as_role("audit_writer")
    admin.execute("INSERT INTO schema_migration (version, name, sha256) VALUES (999, 'later', '')")
    admin.execute(f"ALTER TABLE {LEAF} DISABLE TRIGGER append_only")
    with writer.session() as connection:
        assert find_tampering(connection) == Comparison(differences=[], unknown_version=999)


@pytest.mark.parametrize("later", [True, False])
def test_schema_migration_is_compared(later: bool, as_role: Callable[[str], Role]) -> None:
    """Up to our own version, whatever comes after it."""
    admin, writer = as_role("postgres"), as_role("audit_writer")
    if later:
        admin.execute("INSERT INTO schema_migration (version, name, sha256) VALUES (999, 'later', '')")
    admin.execute("UPDATE schema_migration SET sha256 = 'x' WHERE version = 2")
    admin.execute("DELETE FROM schema_migration WHERE version = 3")
    changed, missing = _tampering(writer)
    assert changed.startswith("migration 0002 append_only has changed: x")
    assert missing == "migration 0003 access is missing"


@pytest.mark.parametrize(("login", "may"), [("postgres", True), ("plain_login", False), ("owning_login", True)])
def test_login_that_may_become_the_owner(login: str, may: bool, own_database: str) -> None:
    """A superuser and a member may; a login with the program's role alone may not."""
    with psycopg.connect(own_database, autocommit=True) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE plain_login LOGIN IN ROLE audit_writer")
        connection.execute("CREATE ROLE owning_login LOGIN IN ROLE audit_writer, audit_owner")
        connection.execute(f"SET LOCAL SESSION AUTHORIZATION {login}".encode())
        connection.execute("SET LOCAL ROLE audit_writer")
        assert may_become_owner(connection) is may


def test_differences_are_symmetric_and_complete() -> None:
    """What is missing, new or changed is each said once; what is equal never."""
    expected: Facts = {("a", "same"): "1", ("a", "gone"): "1", ("a", "changed"): "1"}
    facts: Facts = {("a", "same"): "1", ("a", "new"): "1", ("a", "changed"): "2"}
    assert differences(expected, facts) == [
        Difference(kind="a", name="changed", expected="1", actual="2"),
        Difference(kind="a", name="gone", expected="1", actual=None),
        Difference(kind="a", name="new", expected=None, actual="1"),
    ]
    assert len(differences(facts, expected)) == 3
    assert differences(facts, facts) == []


def _tampering(role: Role) -> list[str]:
    with role.session() as connection:
        return [str(difference) for difference in find_tampering(connection).differences]
