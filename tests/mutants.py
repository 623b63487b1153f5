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
    "catalog", "consumer", "deploy", "export", "reader", "runtime", "sandbox", "schemas", "sql", "tests", "pyproject.toml",
)  # fmt: skip
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


E2E, READER, EXPORT = "tests/e2e/", "tests/reader/", "tests/unit/export/"
MUTANTS = (
    Mutant(
        "Kafka is told before the database",
        (
            Edit(
                "consumer/loop.py",
                "            self._writer.submit(self._batch)\n",
                "            self._broker.hint({p: a.next for p, a in self._batch.advances.items()})\n"
                "            self._writer.submit(self._batch)\n",
            ),
        ),
        (E2E + "test_database_faults.py", "-k", "stops_answering"),
    ),
    Mutant(
        "nobody is fenced",
        (
            Edit(
                "consumer/storage/store.py",
                "    if cursor.rowcount != len(batch.advances):\n        raise Fenced\n",
                "",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "zombie_with_a_batch"),
    ),
    Mutant(
        "Kafka's offset is believed, and a missing one means the end",
        (
            Edit("consumer/kafka/consumer.py", '"auto.offset.reset": "error"', '"auto.offset.reset": "latest"'),
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
                '            cursor.execute(PARK_RECORD, {**raw(record), "reason": why.reason, "detail": why.detail})\n',
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
                "        _advance(cursor, batch, settled)\n",
                "    with connection.transaction(), connection.cursor() as cursor:\n"
                "        _advance(cursor, batch, settled)\n",
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
        (Edit("consumer/loop.py", "            self._restarted.add(cursor.partition)\n", ""),),
        (E2E + "test_outcomes.py", "-k", "start_at_a_mark"),
    ),
    Mutant(
        "a batch that was dropped still counts as full",
        (
            Edit(
                "consumer/storage/batch.py",
                "        self.records = sum(advance.next - advance.start for advance in self.advances.values())\n",
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
        (READER + "test_clerk.py", "-k", "turned_away"),
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
        "a horizon is a time",
        (
            Edit(
                "sql/queries/reader/recorded_since.sql",
                "AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot)",
                "AND recorded_at > %(time)s",
            ),
            Edit(
                "reader/query/list_queries.py",
                '"snapshot": horizon.snapshot, "most": most}',
                '"snapshot": horizon.snapshot, "time": horizon.time, "most": most}',
            ),
        ),
        (READER + "test_writers.py", "-k", "holds_while"),
    ),
    Mutant(
        "a token for anybody is a token for us",
        (
            Edit(
                "reader/auth/clerk.py",
                '"enforce_minimum_key_length": True}',
                '"enforce_minimum_key_length": True, "verify_aud": False}',
            ),
        ),
        (READER + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "a token made for another page opens this one",
        (Edit("reader/auth/clerk.py", " or party not in rules.authorized_parties", ""),),
        (READER + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "whoever has issued a token, it is taken",
        (Edit("reader/auth/clerk.py", "            issuer=rules.issuer,\n", ""),),
        (READER + "test_clerk.py", "-k", "bad_claim"),
    ),
    Mutant(
        "a custom claim stands in for the organisation",
        (Edit("reader/auth/clerk.py", "    if version == 1:\n", '    if version == 1 or "o" not in claims:\n'),),
        (READER + "test_clerk.py", "-k", "stand_in"),
    ),
    Mutant(
        "what is stored is believed to be markup",
        (
            Edit(
                "reader/html/templates/macros.html",
                "{% else %}{{ one.text }}{% endif %}</bdi>",
                "{% else %}{{ one.text|safe }}{% endif %}</bdi>",
            ),
        ),
        (READER + "test_hostile.py", "-k", "never_obeyed and markup"),
    ),
    Mutant(
        "parameters are looked at before the session",
        (
            Edit(
                "reader/http/routes.py",
                '        """A page of entries."""\n        seen = self._viewer(request)\n        query = parse(pairs_of(request.scope["query_string"]))\n',
                '        """A page of entries."""\n        query = parse(pairs_of(request.scope["query_string"]))\n        seen = self._viewer(request)\n',
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
                "reader/http/app.py",
                "app.add_exception_handler(Exception, lambda request, _: refuse(request, problems.FAILED))",
                "app.add_exception_handler(Exception, lambda request, e: refuse(request, problems.FAILED._replace(detail=repr(e))))",
            ),
        ),
        (READER + "test_hostile.py", "-k", "our_own_mistake"),
    ),
    Mutant(
        "a slash more leads to wherever the Host says",
        (Edit("reader/http/app.py", ", redirect_slashes=False", ""),),
        (READER + "test_hostile.py", "-k", "path_that_is_none"),
    ),
    *(
        Mutant(
            f"the verifier skips check {skipped.check}",
            (Edit(skipped.file, skipped.old, skipped.new),),
            (
                EXPORT + "test_attacks.py",
                EXPORT + "test_merkle.py",
                EXPORT + "test_csv.py",
                "--noconftest",  # pure tests: no service to import
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
