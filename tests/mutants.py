"""Shows that tests can fail: breaks the promise on purpose in a copy of the tree, and runs those there that must notice.

    python -m tests.mutants [NAME …]

Each mutation must make a test fail; one that no longer fits the source is an error, not a success. Exit code 0 when all
are caught.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.export_mutants import SKIPPED

ROOT = Path(__file__).parents[1]
TREE = (
    "catalog",
    "consumer",
    "deploy",
    "export",
    "reader",
    "runtime",
    "sandbox",
    "schemas",
    "sql",
    "tests",
    "pyproject.toml",
)
CAUGHT = 1  # pytest's exit code for failed tests; any other one proves nothing
LIMIT = 600  # seconds


class Edit(NamedTuple):
    """A text that occurs once in a file, and what takes its place."""

    file: str
    old: str
    new: str


class Mutant(NamedTuple):
    """One way to break the promise, and the tests (pytest arguments) of which one must notice."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


E2E, READER, READER_UNIT = "tests/e2e/", "tests/integration/reader/", "tests/unit/reader/"
EXPORT = "tests/unit/export/"
MUTANTS = (
    Mutant(
        "Kafka is told before the database",
        (
            Edit(
                "consumer/handover.py",
                "            self._writer.submit(self._intake.detach())\n",
                "            batch = self._intake.detach()\n"
                "            self._consumer.commit_async({p: offsets.next for p, offsets in batch.ranges.items()})\n"
                "            self._writer.submit(batch)\n",
            ),
        ),
        (E2E + "test_database_faults.py", "-k", "stops_answering"),
    ),
    Mutant(
        "nobody is fenced",
        (
            Edit(
                "consumer/storage/store.py",
                "    if cursor.rowcount != len(batch.ranges):\n        raise FencedError\n",
                "",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "zombie_with_a_batch"),
    ),
    Mutant(
        "Kafka's offset is believed, and a missing one means the end",
        (
            Edit("consumer/kafka/client_config.py", '"auto.offset.reset": "error"', '"auto.offset.reset": "latest"'),
            Edit(
                "consumer/kafka/consumer.py",
                "TopicPartition(partition.topic, partition.number, offset)",
                "TopicPartition(partition.topic, partition.number)",
            ),
        ),
        (E2E + "test_kafka_faults.py", "-k", "moved_by_hand"),
    ),
    Mutant(
        "a consumer that ends waits for the broker's last word",
        (Edit("consumer/kafka/consumer.py", "leaving.join(LEAVE_SECONDS)", "leaving.join()"),),
        (E2E + "test_kafka_faults.py", "-k", "broker_that_hangs"),
    ),
    Mutant(
        "a parked record is counted and not kept",
        (
            Edit(
                "consumer/storage/store.py",
                '            cursor.execute(PARK_RECORD, {**raw_parameters(record), "reason": why.reason, "detail": why.detail})\n',
                "",
            ),
        ),
        (E2E + "test_outcomes.py", "-k", "in_order_with_repeats"),
    ),
    Mutant(
        "only the batch itself is searched for identities that are known",
        (
            Edit(
                "sql/queries/consumer/take_known.sql",
                "WHERE e.event_id IS NOT NULL OR a.ordinal <> a.first_ordinal",
                "WHERE a.ordinal <> a.first_ordinal",
            ),
        ),
        (E2E + "test_database_faults.py", "-k", "commits_meanwhile"),
    ),
    Mutant(
        "rows are written as they come",
        (
            Edit(
                "sql/queries/consumer/record_staged.sql",
                "ORDER BY workspace_id, event_source, event_id",
                "ORDER BY ordinal",
            ),
        ),
        (E2E + "test_database_faults.py", "-k", "order_of_their_keys"),
    ),
    Mutant(
        "a signal handler raises",
        (Edit("consumer/run.py", "        stop.set()\n", "        raise InterruptedError\n"),),
        (E2E + "test_crashes.py", "-k", "stop_under_load"),
    ),
    Mutant(
        "progress moves in a transaction of its own",
        (
            Edit(
                "consumer/storage/store.py",
                "        _advance(cursor, batch, result)\n",
                "    with connection.transaction(), connection.cursor() as cursor:\n"
                "        _advance(cursor, batch, result)\n",
            ),
            Edit("consumer/storage/store.py", "def _advance(", "def _advance_late("),
            Edit(
                "consumer/storage/store.py",
                "def _keys(",
                "def _advance(*given):\n    _advance_late(*given)\n\n\ndef _keys(",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "broken_connection"),
    ),
    Mutant(
        "what Kafka lost is passed in silence",
        (Edit("consumer/partitions/claim.py", "    if next_offset < bounds.low:\n", "    if next_offset < 0:\n"),),
        (E2E + "test_kafka_faults.py", "-k", "deleted_while_it_is_away"),
    ),
    Mutant(
        "a topic made anew is the same topic",
        (Edit("consumer/partitions/claim.py", "    replaced = first and ", "    replaced = False and "),),
        (E2E + "test_kafka_faults.py", "-k", "made_anew"),
    ),
    Mutant(
        "what a poll brought before a restart counts as proof",
        (Edit("consumer/intake.py", "            self._restarted.add(position.partition)\n", ""),),
        (E2E + "test_outcomes.py", "-k", "start_at_a_mark"),
    ),
    Mutant(
        "a batch that was dropped still counts as full",
        (
            Edit(
                "consumer/storage/batch.py",
                "        self.records = sum(offsets.next - offsets.start for offsets in self.ranges.values())\n",
                "",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "full_hand"),
    ),
    Mutant(
        "a killed consumer's records are decoded as if nothing had happened",
        (Edit("consumer/partitions/assignment.py", "        if taken.unclean:\n", "        if False:\n"),),
        (E2E + "test_parking.py", "-k", "every_reason"),
    ),
    Mutant(
        "what was claimed before an error is forgotten",
        (
            Edit(
                "consumer/partitions/assignment.py",
                "        return claimed\n",
                "        return claimed if time.monotonic() > self._not_before else []\n",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "between_two_claims"),
    ),
    Mutant(
        "the breaker never trips",
        (
            Edit(
                "consumer/partitions/breaker.py",
                "        if self._row >= self._limits.in_a_row:\n",
                "        if False:\n",
            ),
        ),
        (E2E + "test_parking.py", "-k", "broken_producer"),
    ),
    Mutant(
        "a consumer that fails stays in its group",
        (Edit("consumer/run.py", "        opened.callback(loop.close)\n", ""),),
        ("tests/unit/consumer/test_run.py", "-k", "after_a_failure"),
    ),
    Mutant(
        "a consumer that fails releases its partitions",
        (Edit("consumer/loop.py", "        self._closing = True\n", ""),),
        ("tests/unit/consumer/test_run.py", "-k", "orderly_end_releases"),
    ),
    Mutant(
        "the child process does not learn what the registry said",
        (Edit("consumer/schema_source.py", "        self._worker.learn(schema_id, schema)\n", ""),),
        ("tests/unit/consumer/test_schemas_learned.py", "-k", "learned_here_and_in_the_child"),
    ),
    Mutant(
        "a column of the entry is not copied",
        (
            Edit("sql/queries/consumer/record_staged.sql", "    trace_id, content_digest\n)", "    content_digest\n)"),
            Edit(
                "sql/queries/consumer/record_staged.sql", "    trace_id,\n    content_digest\n", "    content_digest\n"
            ),
        ),
        ("tests/unit/consumer/test_columns.py", "-k", "insert_names"),
    ),
    Mutant(
        "an unknown type is ignored",
        (
            Edit(
                "consumer/event/pipeline.py",
                '        raise Poison(ParkReason.UNKNOWN_TYPE, f"no one has listed {attributes.type!r:.200}")\n',
                "        return _NOT_AUDITED\n",
            ),
        ),
        (E2E + "test_outcomes.py", "-k", "in_order_with_repeats"),
    ),
    Mutant(
        "whoever is a member may read",
        (
            Edit(
                "reader/auth/clerk.py",
                '    if role is None or role.removeprefix("org:") != ADMIN:\n',
                "    if role is None:\n",
            ),
        ),
        (READER + "test_api.py", "-k", "who_is_let_in"),
    ),
    Mutant(
        "whose role begins with admin is an admin",
        (
            Edit(
                "reader/auth/clerk.py",
                'role.removeprefix("org:") != ADMIN',
                'not role.removeprefix("org:").startswith(ADMIN)',
            ),
        ),
        (READER_UNIT + "test_clerk.py", "-k", "turned_away"),
    ),
    Mutant(
        "a session is told no workspace to be held to",
        (
            Edit("sql/queries/reader/session.sql", "%(workspace_id)s, TRUE)", "%(workspace_id)s, FALSE)"),
            Edit("reader/query/database.py", "self._url, ROLE, SESSION", "self._url, None, SESSION"),
        ),
        (READER + "test_isolation.py", "-k", "row_level_security_alone"),
    ),
    Mutant(
        "what a request has set stays in the session",
        (Edit("sql/queries/reader/session.sql", "%(workspace_id)s, TRUE)", "%(workspace_id)s, FALSE)"),),
        (READER + "test_isolation.py", "-k", "left_without_a_workspace"),
    ),
    Mutant(
        "a snapshot is a time",
        (
            Edit(
                "sql/queries/reader/recorded_since.sql",
                "AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot)",
                "AND recorded_at > %(time)s",
            ),
            Edit(
                "reader/query/list_queries.py",
                '"snapshot": snapshot.pg_snapshot, "most": limit}',
                '"snapshot": snapshot.pg_snapshot, "time": snapshot.time, "most": limit}',
            ),
        ),
        (READER + "test_writers.py", "-k", "holds_while"),
    ),
    Mutant(
        "a token for anybody is a token for us",
        (
            Edit(
                "reader/auth/signed_token.py",
                '"enforce_minimum_key_length": True}',
                '"enforce_minimum_key_length": True, "verify_aud": False}',
            ),
        ),
        (READER_UNIT + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "a token made for another page opens this one",
        (Edit("reader/auth/clerk.py", " or party not in rules.authorized_parties", ""),),
        (READER_UNIT + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "whoever has issued a token, it is taken",
        (Edit("reader/auth/signed_token.py", 'claims.get("iss", issuer) != issuer', "False"),),
        (READER_UNIT + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "a cookie without azp is a session",
        (
            Edit(
                "reader/auth/clerk.py", '("bearer" if bearer else "cookie") in', '("bearer" if bearer else "bearer") in'
            ),
        ),
        (READER_UNIT + "test_clerk.py", "-k", "without_a_party"),
    ),
    Mutant(
        "a version of another JSON type is an error of ours",
        (Edit("reader/auth/clerk.py", " or not isinstance(version, int)", ""),),
        (READER_UNIT + "test_clerk.py", "-k", "any_json_type"),
    ),
    Mutant(
        "a token from a JWT template is a handshake",
        (Edit("reader/auth/signed_token.py", " or category not in _CATEGORIES", ""),),
        (READER_UNIT + "test_handshake.py", "-k", "no_handshake"),
    ),
    Mutant(
        "a handshake sets its cookies before its session is verified",
        (
            Edit(
                "reader/http/renewal.py",
                '            return Turn(error.reason, None, (), "refused")\n',
                '            return Turn(error.reason, None, cookies, "refused")\n',
            ),
        ),
        (READER + "test_sessions.py", "-k", "without_a_good_session"),
    ),
    Mutant(
        "a handshake sets whatever cookie it names",
        (Edit("reader/auth/set_cookie.py", " or not _is_listed(name, value, names)", ""),),
        (READER_UNIT + "test_set_cookie.py", "-k", "not_listed"),
    ),
    Mutant(
        "a session cookie is sent to the whole domain",
        (Edit("reader/auth/set_cookie.py", " or name in names.of(SESSION)", ""),),
        (READER_UNIT + "test_set_cookie.py", "-k", "not_listed"),
    ),
    Mutant(
        "a browser is redirected to Clerk without end",
        (
            Edit("reader/http/renewal.py", "        if redirects >= MAX_SENT:\n", "        if redirects < 0:\n"),
            Edit("reader/http/renewal.py", "len(first) == 1", "len(first) < 9"),
        ),
        (READER + "test_sessions.py", "-k", "redirects_end"),
    ),
    Mutant(
        "the API is redirected",
        (Edit("reader/http/renewal.py", "if for_people and is_navigation", "if is_navigation"),),
        (READER + "test_sessions.py", "-k", "only_navigations"),
    ),
    Mutant(
        "a script's request is redirected",
        (Edit("reader/auth/navigation.py", 'destination == "document" and ', ""),),
        (READER_UNIT + "test_renewal.py", "-k", "told_by_its_headers"),
    ),
    Mutant(
        "the host that a proxy names is the one to come back to",
        (
            Edit(
                "reader/http/renewal.py",
                'request.headers.get("host", "")',
                'request.headers.get("x-forwarded-host", request.headers["host"])',
            ),
        ),
        (READER + "test_sessions.py", "-k", "leads_elsewhere"),
    ),
    Mutant(
        "a custom claim stands in for the organisation",
        (Edit("reader/auth/clerk.py", "    if version == 1:\n", '    if version == 1 or "o" not in claims:\n'),),
        (READER_UNIT + "test_clerk.py", "-k", "stand_in"),
    ),
    Mutant(
        "what is stored is believed to be markup",
        (
            Edit(
                "reader/html/templates/macros.html",
                "{% else %}{{ item.text }}{% endif %}</bdi>",
                "{% else %}{{ item.text|safe }}{% endif %}</bdi>",
            ),
        ),
        (READER + "test_hostile.py", "-k", "never_obeyed and markup"),
    ),
    Mutant(
        "parameters are looked at before the session",
        (
            Edit(
                "reader/http/routes.py",
                '        """A page of entries."""\n        viewer = self._viewer(request)\n        query = parse(decode_pairs(request.scope["query_string"]))\n',
                '        """A page of entries."""\n        query = parse(decode_pairs(request.scope["query_string"]))\n        viewer = self._viewer(request)\n',
            ),
        ),
        (READER + "test_api.py", "-k", "who_is_let_in"),
    ),
    Mutant(
        "a database that says nothing is waited for",
        (Edit("runtime/postgres/connection.py", "self.patience if timeout is None else timeout", "timeout"),),
        (READER + "test_health.py", "-k", "frozen"),
    ),
    Mutant(
        "an error of ours is told to whoever asked",
        (
            Edit(
                "reader/http/exception_handlers.py",
                "return self._refuse(request, errors.INTERNAL_ERROR)",
                'return self._refuse(request, Problem(status=500, kind="internal", title=repr(_error), detail=""))',
            ),
        ),
        (READER + "test_hostile.py", "-k", "our_own_mistake"),
    ),
    Mutant(
        "a slash more leads to wherever the Host says",
        (Edit("reader/http/app.py", "    app.router.redirect_slashes = False\n", ""),),
        (READER + "test_hostile.py", "-k", "path_that_is_none"),
    ),
    Mutant(
        "a connection that says nothing stays",
        (Edit("reader/http/connections.py", "        self._within(HEAD_SECONDS, self._no_request)\n", ""),),
        (READER + "test_connections.py", "-k", "silence"),
    ),
    Mutant(
        "each byte of a request is another chance",
        (
            Edit(
                "reader/http/connections.py",
                "        super().data_received(data)\n",
                "        super().data_received(data)\n        self._within(HEAD_SECONDS, self._no_request)\n",
            ),
        ),
        (READER + "test_connections.py", "-k", "trickles"),
    ),
    Mutant(
        "connections that wait keep others out",
        (
            Edit(
                "reader/http/connections.py",
                '            other.abort("room")\n',
                '            self._close("refused", OVERLOADED)\n            return\n',
            ),
        ),
        (READER + "test_connections.py", "-k", "keep_nobody_out"),
    ),
    Mutant(
        "a client may take nothing for ever",
        (
            Edit(
                "reader/http/connections.py",
                '        self._stall = self.loop.call_later(STALL_SECONDS, self.abort, "response_timeout")\n',
                "",
            ),
        ),
        (READER + "test_connections.py", "-k", "takes_nothing"),
    ),
    Mutant(
        "of an absolute target the Host header counts",
        (
            Edit(
                "reader/http/middleware.py",
                '[pair for pair in scope["headers"] if pair[0] != b"host"] + [(b"host", absolute[1])]',
                'scope["headers"]',
            ),
        ),
        (READER + "test_connections.py", "-k", "absolute_form"),
    ),
    Mutant(
        "a query is as long as it likes",
        (Edit("reader/http/bounds.py", "if len(query) > MAX_QUERY_BYTES:", "if len(query) < 0:"),),
        (READER + "test_connections.py", "-k", "long_query"),
    ),
    Mutant(
        "a value that compresses well is short",
        (Edit("sql/queries/reader/page.sql", "octet_length(json_send(diff)) <= %(shown)s", "%(shown)s > 0"),),
        (READER + "test_bytes.py", "-k", "shows_what_is_short or depends_on_its_bytes"),
    ),
    Mutant(
        "one workspace holds all bytes that are sent",
        (
            Edit(
                "reader/http/large_responses.py",
                "            (self._sending[workspace_id], MAX_WORKSPACE_BYTES),\n",
                "",
            ),
        ),
        (READER + "test_bytes.py", "-k", "cannot_hold"),
    ),
    Mutant(
        "a standby is believed like a primary",
        (
            Edit("sql/queries/reader/session.sql", "WHEN is_standby THEN pg", "WHEN FALSE THEN pg"),
            Edit("sql/queries/reader/recorded_since.sql", "WHEN pg_is_in_recovery() THEN", "WHEN FALSE THEN"),
            Edit("reader/query/index_load.py", "now if session.view.is_standby else None", "None"),
        ),
        (READER + "test_servers.py", "-k", "precede"),
    ),
    Mutant(
        "what a standby reads anew is not held to what is settled",
        (Edit("reader/query/index_load.py", "now if session.view.is_standby else None", "None"),),
        (READER + "test_servers.py", "-k", "precede"),
    ),
    Mutant(
        "what a standby reads on is not held to what is settled",
        (Edit("sql/queries/reader/recorded_since.sql", "WHEN pg_is_in_recovery() THEN", "WHEN FALSE THEN"),),
        (READER + "test_servers.py", "-k", "precede or many_pages"),
    ),
    Mutant(
        "a standby says how complete the tables are, not the page",
        (Edit("reader/query/transaction_view.py", " and said.xmax <= horizon]", "]"),),
        (READER + "test_servers.py", "-k", "completeness"),
    ),
    Mutant(
        "a list is remembered whatever database it was of",
        (
            Edit(
                "reader/query/index_store.py",
                "        if view.server != key.server:\n",
                "        if view.server != view.server:\n",
            ),
            Edit(
                "reader/query/listing.py",
                "            self._indexes.forget(workspace_id)\n            raise Outdated\n",
                "            pass\n",
            ),
        ),
        (READER + "test_servers.py", "-k", "was_replaced or was_restored"),
    ),
    Mutant(
        "rows are shown that the index does not name",
        (
            Edit(
                "reader/query/listing.py",
                "            self._indexes.forget(workspace_id)\n            raise Outdated\n",
                "            pass\n",
            ),
        ),
        (READER + "test_servers.py", "-k", "not_those_of_the_list"),
    ),
    Mutant(
        "a shared bucket is counted for each index",
        (
            Edit(
                "reader/query/cached_list.py",
                "{id(bucket): len(bucket) for index",
                "{(id(index), id(bucket)): len(bucket) for index",
            ),
        ),
        (READER_UNIT + "test_index_cache.py", "-k", "older_pages"),
    ),
    Mutant(
        "a workspace's many lists push out the others'",
        (
            Edit(
                "reader/query/index_cache.py",
                "        if sum(self._lists[key].size for key in keys) <= share:",
                "        if share:",
            ),
        ),
        (READER_UNIT + "test_index_cache.py", "-k", "each_other_only"),
    ),
    Mutant(
        "each workspace pushes out the next",
        (Edit("reader/query/index_cache.py", ", -self._lists[key].number)", ", self._lists[key].number)"),),
        (READER_UNIT + "test_index_cache.py", "-k", "more_workspaces_than_fit"),
    ),
    *(
        Mutant(
            f"the verifier skips check {skipped.check}",
            (Edit(skipped.file, skipped.old, skipped.new),),
            (
                EXPORT + "test_attacks.py",
                EXPORT + "test_merkle.py",
                EXPORT + "test_csv.py",
                "-k",
                " and ".join(skipped.words.split()),
            ),
        )
        for skipped in SKIPPED
    ),
)


def main(names: list[str]) -> int:
    """Tries the mutants, or those whose names contain one of `names`; prints a line for each."""
    survived = 0
    for mutant in MUTANTS:
        if names and not any(name in mutant.name for name in names):
            continue
        began = time.monotonic()
        verdict, output = _try(mutant)
        survived += verdict != "caught"
        print(f"{verdict:9} {time.monotonic() - began:4.0f} s  {mutant.name}", flush=True)
        if verdict != "caught":
            print(output, flush=True)
    return 1 if survived else 0


def _try(mutant: Mutant) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="audit-mutant-") as folder:
        tree = Path(folder)
        _copy(tree)
        for edit in mutant.edits:
            if (complaint := _apply(tree, edit)) is not None:
                return "misfit", complaint
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *mutant.tests]
        done = subprocess.run(
            command, cwd=tree, env=_environ(), capture_output=True, text=True, timeout=LIMIT, check=False
        )
    return ("caught" if done.returncode == CAUGHT else "survived"), done.stdout[-3000:]


def _copy(tree: Path) -> None:
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)


def _apply(tree: Path, edit: Edit) -> str | None:
    """Changes the file; says what is wrong when the text is not there exactly once."""
    file = tree / edit.file
    text = file.read_text()
    if (times := text.count(edit.old)) != 1:
        return f"{edit.file} has {edit.old.strip()!r} {times} times"
    file.write_text(text.replace(edit.old, edit.new))
    return None


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
