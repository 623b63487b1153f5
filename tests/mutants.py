"""Shows that tests can fail: breaks the promise on purpose in a copy of the tree, and runs those there that must notice.

    python -m tests.mutants [NAME …]

Each mutation must make a test fail; one that no longer fits the source is an error, not a success. Exit code 0 when all
are caught.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.cluster import programs
from tests.export_mutants import SKIPPED
from tests.seal_mutants import BROKEN

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
    "hatch_build.py",  # these for the wheel
    "README.md",
    "LICENSE",
)
CAUGHT, NOTHING_SELECTED = 1, 5  # pytest's exit codes for failed tests and for none; any other one proves nothing
LIMIT = 600  # seconds
AT_ONCE = 2  # many wait for a service more than they compute


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


SEALED = "tests/integration/export/"
E2E, READER, READER_UNIT = "tests/e2e/", "tests/integration/reader/", "tests/unit/reader/"
EXPORT = "tests/unit/export/"
RUNTIME = "tests/integration/runtime/"
FUZZ = "tests/unit/consumer/test_fuzz.py"
MAINTENANCE = "tests/ops/test_maintenance.py"
LOOP_ACCOUNTING = "tests/unit/consumer/test_loop_accounting.py"
WHEEL = ("tests/integration/compiled/test_wheel.py", "-k", "keeps_what_it_promises", "--timeout=600")
MUTANTS = (
    Mutant(
        "process 1 is deaf until its program has a handler",
        (Edit("runtime/shutdown.py", "    if os.getpid() == 1:", "    if os.getpid() == 0:"),),
        ("tests/unit/runtime/test_shutdown.py",),
    ),
    Mutant(
        "of two keys that meet once they are stored, one is lost",
        (Edit("consumer/event/diff.py", "        if canonical.clean(key)[1]:", "        if not key:"),),
        ("tests/unit/consumer/test_pipeline.py", "-k", "keys_that_meet"),
    ),
    Mutant(
        "a changed key is stored by the name of one that did not change",
        (
            Edit(
                "consumer/event/diff.py",
                "canonical.distinct(old.keys() | new.keys())",
                "canonical.distinct(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))",
            ),
        ),
        ("tests/unit/consumer/test_diff.py", "-k", "keeps_its_name"),
    ),
    Mutant(
        "a valid value of too many values is called invalid",
        (
            Edit(
                "consumer/event/avro/decoder.py",
                "raise Poison(ParkReason.TOO_LARGE, detail)",
                "raise Poison(ParkReason.AVRO_INVALID, detail)",
            ),
        ),
        ("tests/unit/consumer/test_pipeline.py", "-k", "too_many_values"),
    ),
    Mutant(
        "a default is data as JSON has it",
        (Edit("consumer/event/avro/defaults.py", "    _convert(schema, {})\n", "    _convert([], {})\n"),),
        ("tests/unit/consumer/test_avro_defaults.py", "-k", "one_event_by_two_schemas"),
    ),
    Mutant(
        "a record's default lacks what its fields' defaults say",
        (Edit("consumer/event/avro/defaults.py", 'else field["default"]', "else None"),),
        ("tests/unit/consumer/test_avro_defaults.py", "-k", "would_have_sent"),
    ),
    Mutant(
        "the transaction_timeout of a database counts",
        (
            Edit("runtime/postgres/session.py", '    "transaction_timeout": "0",\n', ""),
            Edit(
                "runtime/postgres/session.py",
                '        connection.execute("SET transaction_timeout TO 0")',
                "        return",
            ),
        ),
        (E2E + "test_database_faults.py", "-k", "transaction_timeout"),
    ),
    Mutant(
        "a low max_stack_depth parks records",
        (Edit("runtime/postgres/errors.py", '"23514", "54000")', '"23514", "54")'),),
        ("tests/unit/runtime/test_errors.py",),
    ),
    Mutant(
        "an end that could not be asked once is given up",
        (
            Edit(
                "consumer/polling/until_end.py",
                "return not self._unknown or time.monotonic() - self._began_at >= UNKNOWN_SECONDS",
                "return True",
            ),
        ),
        ("tests/unit/consumer/test_until_end.py", "-k", "asked_again"),
    ),
    Mutant(
        "a run without a partition of its own never ends",
        (
            Edit(
                "consumer/polling/until_end.py",
                "if not settled and time.monotonic() - self._began_at < UNJOINED_SECONDS:",
                "if not settled:",
            ),
        ),
        ("tests/unit/consumer/test_until_end.py", "-k", "no_partition_for_us"),
    ),
    Mutant(
        "any error about a topic ends its subscription",
        (
            Edit(
                "consumer/kafka/topic_questions.py",
                "self.faults.note(topic, TopicFault.ID, why)",
                "self.faults.note(topic, TopicFault.UNDESCRIBED, why)",
            ),
        ),
        ("tests/unit/consumer/test_topic_questions.py", "-k", "error_of_one_topic"),
    ),
    Mutant(
        "a topic whose policy is not said is taken for one that is not compacted",
        (
            Edit(
                "consumer/kafka/topic_questions.py",
                "for key, entry in future.result().items() if entry.value}",
                'for key, entry in future.result().items()} | {name: "x"}',
            ),
        ),
        ("tests/unit/consumer/test_topic_questions.py", "-k", "policy"),
    ),
    Mutant(
        "a member's max.poll.interval.ms costs every raw header",
        (Edit("consumer/kafka/group_config.py", '"heartbeat.", "max.poll.", ', '"heartbeat.", '),),
        ("tests/unit/consumer/test_raw_headers.py", "-k", "properties_are_taken"),
    ),
    Mutant(
        "a long row of marks is sorted at once",
        (Edit("catalog/normalization.py", "if marks > MAX_MARKS:", "if False:"),),
        ("tests/unit/catalog/test_normalization.py", "-k", "no_row_of_marks"),
    ),
    Mutant(
        "a text with a comma reads as two values of a sentence",
        (Edit("catalog/changed_values.py", '("→", ", ", " and ")', '("→", " and ")'),),
        ("tests/unit/catalog/test_summary.py", "-k", "names_the_change"),
    ),
    Mutant(
        "blanks inside a name are looked at again from each of them",
        (Edit("reader/query/searched_text.py", "(?<!{_UNSEEN}){_UNSEEN}+", "{_UNSEEN}+"),),
        ("tests/unit/reader/test_linear_time.py",),
    ),
    Mutant(
        "an id leads to the entries of another actor",
        (
            Edit(
                "reader/query/searched_text.py",
                'return actor_id if name_of_actor(actor_id) == actor_id else ""',
                "return actor_id",
            ),
        ),
        ("tests/unit/reader/test_row_links.py",),
    ),
    Mutant(
        "a file of another version is kept forever",
        (Edit("reader/http/routes.py", "CACHE_FOREVER if is_own else None", "CACHE_FOREVER"),),
        ("tests/integration/reader/test_answer_headers.py",),
    ),
    Mutant(
        "a halt that only another version knows ends by itself",
        (
            Edit(
                "consumer/partitions/claim.py",
                "not in CHECKED_AGAIN:",
                "in {HaltCause.GAP, HaltCause.BREAKER}:",
            ),
        ),
        ("tests/integration/commands/test_other_versions.py", "-k", "a_halt"),
    ),
    Mutant(
        "a gap whose cause only another version knows is accepted as if it were one of ours",
        (Edit("consumer/operator/recovery.py", "if gap.cause not in set(GapCause):", "if False:"),),
        ("tests/integration/commands/test_other_versions.py", "-k", "a_gap"),
    ),
    Mutant(
        "a device is replaced by the metrics file",
        (Edit("export/check/metrics_file.py", "if is_irregular(path):", "if False:"),),
        ("tests/unit/export/test_metrics_file.py", "-k", "no_regular_file"),
    ),
    Mutant(
        "complete_through stays ahead of a clock that has gone back",
        (
            Edit(
                "sql/migrations/0010_complete_through_comes_back.sql",
                "least(greatest(old.complete_through, new.complete_through), now())",
                "greatest(old.complete_through, least(new.complete_through, now()))",
            ),
        ),
        ("tests/integration/sql/test_narrowing.py", "-k", "comes_back"),
    ),
    Mutant(
        "a reader shows a complete_through that is yet to come",
        (
            Edit(
                "sql/queries/reader/session.sql",
                "count(*) = count(*) FILTER (\n",
                "count(*) = count(complete_through) OR 0 < count(*) FILTER (\n",
            ),
        ),
        (READER + "test_servers.py", "-k", "yet_to_come"),
    ),
    Mutant(
        "--until-end that is stopped by a signal succeeds",
        (Edit("consumer/polling/loop.py", "(ended and self._until_end.clean)", "self._until_end.clean"),),
        ("tests/unit/consumer/test_run.py", "-k", "signal_before"),
    ),
    Mutant(
        "a name that is not resolved makes another node's refusal final",
        (Edit("runtime/postgres/refusals.py", "        return [True]\n", "        return []\n"),),
        (RUNTIME + "test_login.py", "-k", "not_resolved"),
    ),
    Mutant(
        "a place that the environment says is not checked",
        (
            Edit(
                "runtime/postgres/url.py",
                "    if fault := _misplaced({**_defaults(), **settings}):",
                "    if fault := _misplaced(settings):",
            ),
        ),
        ("tests/unit/runtime/test_settings.py", "-k", "environment_says"),
    ),
    Mutant(
        "an error of the registry's client ends the thread that asks",
        (
            Edit(
                "consumer/registry/client.py",
                "        except Exception as fault:",
                "        except httpx.HTTPError as fault:",
            ),
        ),
        ("tests/unit/consumer/test_registry_client.py", "-k", "outage"),
    ),
    Mutant(
        "a variable that the registry's client refuses is a bug of ours",
        (
            Edit(
                "consumer/registry/client.py",
                "except (httpx.InvalidURL, ImportError, ValueError, OSError) as",
                "except ZeroDivisionError as",
            ),
        ),
        ("tests/integration/commands/test_settings.py", "-k", "library_refuses"),
    ),
    Mutant(
        "a row in schema_migration hides a changed schema",
        (
            Edit(
                "consumer/telemetry/poller.py",
                "schema_unknown_version.set(compared.unknown_version or 0)",
                "schema_unknown_version.set(0)",
            ),
        ),
        ("tests/integration/test_poller.py", "-k", "become_figures"),
    ),
    Mutant(
        "schema_migration is not compared",
        (
            Edit(
                "consumer/operator/tampering.py",
                "differences(expected, actual)",
                "differences(actual, actual)",
            ),
        ),
        ("tests/integration/sql/test_tampering.py", "-k", "schema_migration"),
    ),
    Mutant(
        "a deleted entry is not missed",
        (Edit("consumer/commands/status.py", "count_entries=count_entries or verify", "count_entries=count_entries"),),
        ("tests/integration/commands/test_verify.py", "-k", "counted"),
    ),
    Mutant(
        "a consumer without standard error fails by it",
        (Edit("consumer/cli.py", "    standard_streams.secure()\n", ""),),
        ("tests/integration/runtime/test_standard_streams.py", "-k", "consumer"),
    ),
    Mutant(
        "a reader without standard error fails by it",
        (Edit("reader/cli.py", "    standard_streams.secure()\n", ""),),
        ("tests/integration/runtime/test_standard_streams.py", "-k", "reader"),
    ),
    Mutant(
        "a pooler that cannot be asked passes",
        (Edit("runtime/postgres/pooler.py", "    raise ConnectionUnclear(words)\n", ""),),
        (RUNTIME + "test_pooler.py", "-k", "no_second_session"),
    ),
    Mutant(
        "the session beside a standby's goes to the primary",
        (
            Edit(
                "runtime/postgres/opening.py",
                ', "connect_timeout": POOLER_SECONDS, "target_session_attrs": "any"}',
                ', "connect_timeout": POOLER_SECONDS}',
            ),
        ),
        (RUNTIME + "test_pooler.py", "-k", "standby"),
    ),
    Mutant(
        "a pool that others hold passes for one in session mode",
        (
            Edit(
                "runtime/postgres/pooler.py",
                "            if _server(connection) != ours:\n                return False\n",
                "            pass\n",
            ),
        ),
        (RUNTIME + "test_pooler.py", "-k", "others_hold"),
    ),
    Mutant(
        "a process without descriptors takes that for a mistake",
        (Edit("runtime/postgres/refusals.py", "if not _descriptor_left():", "if False:"),),
        (RUNTIME + "test_connection.py", "-k", "descriptor"),
    ),
    Mutant(
        "a seal waits for a consumer that stands still",
        (Edit("export/seal/postponing.py", " and self._clock() - self._moved_at < STILL_SECONDS", ""),),
        ("tests/unit/export/test_postponing.py", "-k", "stands_still"),
    ),
    Mutant(
        "a lost session restarts the sealer's waiting",
        (
            Edit(
                "export/seal/postponing.py",
                "        if self._catching_up(connection):\n",
                "        self._waited = 0.0\n        if self._catching_up(connection):\n",
            ),
        ),
        ("tests/unit/export/test_postponing.py", "-k", "lost_session"),
    ),
    Mutant(
        "a question waits a minute for a half-open connection",
        (Edit("consumer/kafka/admin.py", '{"socket.timeout.ms": round(SECONDS * 1000)}', "{}"),),
        (E2E + "test_network.py", "-k", "new_connection"),
    ),
    Mutant(
        "a half-open connection to Kafka is kept for a minute",
        (Edit("consumer/kafka/group_config.py", '    "socket.timeout.ms": 30000,\n', ""),),
        (E2E + "test_network.py", "-k", "given_up"),
    ),
    Mutant(
        "a writer schema of the registry is taken for ours",
        (
            Edit(
                "consumer/event/avro/decoder.py",
                "return bool(to_parsing_canonical_form(writer) == to_parsing_canonical_form(reader))",
                "return True",
            ),
        ),
        (FUZZ,),
    ),
    Mutant(
        "an e-mail is stored as it came",
        (Edit("consumer/event/row.py", '= _storable(actor["email"])', '= actor["email"], frozenset[str]()'),),
        (FUZZ,),
    ),
    Mutant(
        "a connection that says nothing stays",
        (Edit("reader/http/connections.py", "        self._within(HEAD_SECONDS, self._no_request)\n", ""),),
        (READER + "test_connections.py", "-k", "silence"),
    ),
    Mutant(
        "a connection is closed before a load balancer does",
        (
            Edit(
                "reader/http/connections.py",
                "            self._kept = True\n",
                '            self.abort("request_timeout")\n',
            ),
        ),
        (READER + "test_connections.py", "-k", "served_is_kept"),
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
        (Edit("reader/http/byte_limits.py", "if len(query) > MAX_QUERY_BYTES:", "if len(query) < 0:"),),
        (READER + "test_connections.py", "-k", "long_query"),
    ),
    Mutant(
        "filters leave no room for the rest of a link",
        (Edit("reader/query/position.py", "> MAX_FILTER_BYTES:", "> MAX_FILTER_BYTES + PLACE_BYTES:"),),
        (READER + "test_long_filters.py",),
    ),
    Mutant(
        "an as_of with a thousand transactions has no room in a link",
        (Edit("reader/query/position.py", "PLACE_BYTES = 3_892, 4_300", "PLACE_BYTES = 4_192, 4_000"),),
        (READER + "test_long_filters.py", "-k", "place_of_a_page"),
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
        "paper does not say how many sheets there are",
        (Edit("reader/html/static/print.css", '"Page " counter(page) " of " counter(pages)', '"Page " counter(page)'),),
        ("tests/browser/test_paper.py", "-k", "pdf_says"),
    ),
    Mutant(
        "a page is as wide as a wide screen",
        (Edit("reader/html/static/audit.css", "max-width: 1440px", "max-width: none"),),
        ("tests/browser/test_appearance.py", "-k", "sideways and list"),
    ),
    Mutant(
        "each row of a page repeats the filters of the list",
        (
            Edit(
                "reader/html/templates/macros.html", 'href="/audit/{{ id }}"', 'href="/audit/{{ id }}?{{ "x" * 150 }}"'
            ),
        ),
        (READER + "test_list_page.py", "-k", "as_small"),
    ),
    Mutant(
        "any site says which list an entry belongs to",
        (
            Edit(
                "reader/http/byte_limits.py",
                'before.partition("://")[2] != headers.get("host", "") + PATH',
                "not before.endswith(PATH)",
            ),
        ),
        (READER + "test_list_page.py", "-k", "led_here"),
    ),
    Mutant(
        "pages that wait for a large response hold their rows",
        (Edit("reader/http/routes.py", "bare = replace(listing, entries=())", "bare = replace(listing)"),),
        (READER + "test_waiting_rows.py",),
    ),
    Mutant(
        "a diff that another server lacks is none",
        (Edit("reader/query/large_diffs.py", "if read.keys() != set(asked):", "if False:"),),
        (READER + "test_health.py", "-k", "another_server_lacks"),
    ),
    Mutant(
        "a thread that cannot be started takes a place for good",
        (
            Edit(
                "reader/query/background_loads.py",
                "                wanted = self._end(wanted)\n",
                "                wanted = None\n",
            ),
        ),
        (READER_UNIT + "test_background_loads.py",),
    ),
    Mutant(
        "a session keeps the memory of the largest row",
        (Edit("runtime/postgres/connection.py", "self._expire_at = 0.0", "del self"),),
        (READER + "test_bytes.py", "-k", "buffers"),
    ),
    Mutant(
        "a page shows any number of values",
        (Edit("reader/http/byte_limits.py", "> MAX_PAGE_COMMAS", "> MAX_PAGE_DIFF"),),
        (READER + "test_bytes.py", "-k", "shows_what_is_short"),
    ),
    Mutant(
        "the page of an entry has any size",
        (Edit("reader/html/shown_part.py", "fits = size <= self._left", "fits = True"),),
        (READER + "test_entry_page.py", "-k", "bounded"),
    ),
    Mutant(
        "an entry in a withdrawn currency loses its amount",
        (Edit("catalog/money.py", "for listed in (_WITHDRAWN, _CODES)", "for listed in (_CODES,)"),),
        ("tests/unit/catalog/test_summary.py", "-k", "money"),
    ),
    Mutant(
        "who left long ago is not suggested",
        (Edit("sql/queries/reader/actors.sql", "generate_series(1, 200)", "generate_series(2, 1)"),),
        (READER + "test_actors.py", "-k", "left_long_ago"),
    ),
    Mutant(
        "a slash too many is mended before access is checked",
        (Edit("reader/http/routes.py", '("/audit/", limited(self.slash))', '("/audit/", self.static)'),),
        (READER + "test_slash.py", "-k", "checked_first"),
    ),
    Mutant(
        "C counts time from another second than PostgreSQL",
        (Edit("consumer/native/copy_rows.c", "946684800LL * 1000000", "946684801LL * 1000000"),),
        WHEEL,
    ),
    Mutant(
        "C answers for a record that another tenant's key names",
        (Edit("consumer/native/copy_rows.c", " && equal(entry->workspace, key) &&", " &&"),),
        WHEEL,
    ),
    Mutant(
        "freed blocks stay in the heap",
        (Edit("runtime/allocator.py", "        mallopt(M_MMAP_THRESHOLD, LARGE)", "        del mallopt"),),
        ("tests/unit/runtime/test_allocator.py",),
    ),
    Mutant(
        "one workspace has all turns",
        (Edit("reader/http/limiter.py", "MAX_SHARE = 6", "MAX_SHARE = MAX_RUNNING"),),
        (READER + "test_fairness.py", "-k", "leave_turns"),
    ),
    Mutant(
        "whoever has a new token waits with all others who have one",
        (Edit("reader/http/limiter.py", "if not access.judge(request, may_wait=False):", "if True:"),),
        (READER + "test_fairness.py", "-k", "keeps_nobody_out"),
    ),
    Mutant(
        "each probe of the public port is a check of its own",
        (
            Edit("reader/http/readiness.py", "if self._asked is None or self._asked.done():", "if True:"),
            Edit("reader/http/readiness.py", "if time.monotonic() >= self._kept_until:", "if True:"),
        ),
        (READER + "test_health.py", "-k", "flood and public"),
    ),
    Mutant(
        "each probe of the metrics port is a check of its own",
        (Edit("reader/http/readiness.py", "if time.monotonic() >= self._kept_until:", "if True:"),),
        (READER + "test_health.py", "-k", "flood and metrics"),
    ),
    Mutant(
        "a stuck event loop is alive",
        (Edit("reader/compose.py", "alive=self.heartbeat.alive", "alive=lambda: True"),),
        (READER + "test_health.py", "-k", "does_not_answer_is_noticed"),
    ),
    Mutant(
        "the event loop has no heartbeat",
        (Edit("reader/serve.py", "        callback_notify=reader.heartbeat.beat,\n", ""),),
        (READER + "test_health.py", "-k", "does_not_answer_is_noticed"),
    ),
    Mutant(
        "anyone who reaches the page can take a pod out of its Service",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/reader.yaml",
                "{path: /readyz, port: metrics}",
                "{path: /readyz, port: http}",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "probes_ask"),
    ),
    Mutant(
        "whoever is refused waits for a turn with all others who are",
        (
            Edit(
                "reader/auth/access.py",
                "except Forbidden as forbidden:\n            return forbidden.user_id",
                'except Exception:\n            return ""',
            ),
        ),
        (READER + "test_fairness.py", "-k", "keeps_nobody_out"),
    ),
    Mutant(
        "an unknown key is fetched before any queue",
        (
            Edit(
                "reader/auth/jwks.py",
                "            raise FetchNeeded\n        return key",
                "            return self._fetch_for_unknown_id(key_id)\n        return key",
            ),
        ),
        (READER_UNIT + "test_jwks.py",),
    ),
    Mutant(
        "a token that was refused is verified again for its endpoint",
        (Edit("reader/auth/access.py", ' or hasattr(request.state, "refusal")', ""),),
        (READER_UNIT + "test_access.py",),
    ),
    Mutant(
        "a new token without azp is counted twice",
        (Edit("reader/auth/access.py", 'hasattr(request.state, "viewer") or ', ""),),
        (READER_UNIT + "test_access.py",),
    ),
    Mutant(
        "one workspace has all loads",
        (Edit("reader/query/single_flight.py", "LOADING_SHARE = 1", "LOADING_SHARE = MAX_LOADING"),),
        (READER + "test_fairness.py", "-k", "does_not_wait_for_anothers"),
    ),
    Mutant(
        "large responses are made first come, first served",
        (Edit("reader/http/large_responses.py", "self._making.run(_workspace(request), ", 'self._making.run("", '),),
        (READER + "test_fairness.py", "-k", "large_entry"),
    ),
    Mutant(
        "whoever has the most in progress is next",
        (
            Edit(
                "reader/fair_slots.py",
                "min(able, key=self._running.__getitem__)",
                "max(able, key=self._running.__getitem__)",
            ),
        ),
        (READER_UNIT + "test_fair_slots.py", READER_UNIT + "test_limiter.py"),
    ),
    Mutant(
        "an older list is made of the one as it is now alone",
        (Edit("reader/query/index_cache.py", "abs(item[1].snapshot.xmax - xmax)", "-item[1].snapshot.xmax"),),
        (READER + "test_older_pages.py", "-k", "loop_over"),
    ),
    Mutant(
        "a snapshot may see a transaction that is still open",
        (Edit("reader/query/position.py", " or any(map(snapshot.sees, now.running))", ""),),
        (READER + "test_older_pages.py", "-k", "not_over"),
    ),
    Mutant(
        "a list is read whole where its snapshot cannot list all transactions",
        (Edit("reader/query/transaction_view.py", "self.is_standby or self.visible.is_cut", "self.is_standby"),),
        (READER + "test_older_pages.py", "-k", "cannot_list"),
    ),
    Mutant(
        "what a whole view says of completeness is not remembered",
        (
            Edit(
                "reader/query/transaction_view.py",
                "        if view.complete_through is None:\n",
                "        if view.complete_through is None or not view.is_partial:\n",
            ),
        ),
        (READER + "test_older_pages.py", "-k", "cannot_list"),
    ),
    Mutant(
        "a request that finds no place for its list hears that the database is away",
        (Edit("reader/http/exception_handlers.py", "        if error.busy:\n", "        if False:\n"),),
        (READER + "test_fairness.py", "-k", "hears_that_it_is_busy"),
    ),
    Mutant(
        "open transactions are looked for one by one",
        (Edit("reader/query/snapshot.py", "not self._lists(xid)", "xid not in self.running"),),
        (READER_UNIT + "test_snapshot_cost.py",),
    ),
    Mutant(
        "each key of an older list is looked for by itself",
        (
            Edit(
                "reader/query/key_index.py",
                "    return len(keys) * MANY > len(bucket) // KEY.size\n",
                "    return False\n",
            ),
        ),
        (READER_UNIT + "test_snapshot_cost.py",),
    ),
    Mutant(
        "a page waits for an older list",
        (
            Edit(
                "reader/query/listing.py",
                "is_at_hand(list_query, position.snapshot if position else None)",
                "is_at_hand(list_query, None)",
            ),
            Edit(
                "reader/query/listing.py",
                "self._page(workspace_id, query, may_wait=False)",
                "self.page(workspace_id, query)",
            ),
        ),
        (READER + "test_uncached_page.py", "-k", "older_as_of"),
    ),
    Mutant(
        "the open transactions of a snapshot are no memory",
        (Edit("reader/query/cached_list.py", " + RUNNING_BYTES * len(index.snapshot.running)", ""),),
        (READER_UNIT + "test_index_cache_sizes.py",),
    ),
    Mutant(
        "a session in which a statement has failed goes on",
        (Edit("reader/query/database.py", "connection.forget_statements()  # psycopg may", "pass  # psycopg may"),),
        (READER + "test_database.py",),
    ),
    Mutant(
        "the texts of filters are no memory",
        (Edit("reader/query/cached_list.py", "self.text_bytes + own_bytes(index)", "own_bytes(index)"),),
        (READER_UNIT + "test_index_cache_sizes.py", "-k", "texts_of_filters"),
    ),
    Mutant(
        "the uses of all lists are remembered in one row",
        (
            Edit("reader/query/use_counts.py", "self._uses.put(key.workspace_id,", 'self._uses.put("",'),
            Edit("reader/query/use_counts.py", "self._uses.get(key.workspace_id,", 'self._uses.get("",'),
        ),
        (READER_UNIT + "test_index_cache.py", "-k", "uses_of_others"),
    ),
    Mutant(
        "a filter is applied to all that was recorded since",
        (
            Edit(
                "reader/query/list_queries.py",
                "if limit is None or self.selection == Selection() else max(limit, MAX_RECORDED_READ)",
                "if limit is None or self.selection == Selection() else None",
            ),
        ),
        (READER + "test_catch_up.py", "-k", "selects_few"),
    ),
    Mutant(
        "what a snapshot leaves out is read for nothing, without a bound",
        (
            Edit(
                "sql/queries/reader/recorded.sql",
                "            AND xid < least(",
                "            AND xid <> all(%(without)s::text::xid8[])\n            AND xid < least(",
            ),
        ),
        ("tests/integration/sql/test_list_queries.py", "-k", "left"),
    ),
    Mutant(
        "open transactions are looked for among all entries",
        (Edit("sql/queries/reader/recorded.sql", "AND xid = single", "AND xid::text = single::text"),),
        ("tests/integration/sql/test_list_queries.py", "-k", "all_that_is_read"),
    ),
    Mutant(
        "a first page and the script that waits for its total read the list twice",
        (
            Edit("reader/query/index_store.py", " or self._background.is_begun(Wanted(list_query, None))", ""),
            Edit(
                "reader/query/index_store.py",
                "if snapshot is None or self._derive(snapshot, list_query) is None:\n",
                "if True:\n",
            ),
        ),
        (READER + "test_first_page.py", "-k", "begins_no_other"),
    ),
    Mutant(
        "a list that waits for its load does not look at what was read meanwhile",
        (
            Edit(
                "reader/query/index_store.py",
                "if snapshot is None or self._derive(snapshot, list_query) is None:\n",
                "if True:\n",
            ),
        ),
        (READER + "test_first_page.py", "-k", "read_meanwhile"),
    ),
    Mutant(
        "newer entries are looked for among all",
        (Edit("sql/queries/reader/newer.sql", "FROM later LIMIT %(read)s)", "FROM later)"),),
        ("tests/integration/sql/test_list_queries.py", "-k", "among_so_many"),
    ),
    Mutant(
        "what is folded away is not on paper",
        (
            Edit(
                "reader/html/static/audit.css",
                "@media screen { .fold:not([open]) + .folded { display: none; } }",
                ".fold:not([open]) + .folded { display: none; }",
            ),
        ),
        ("tests/browser/test_paper.py", "-k", "folded"),
    ),
    Mutant(
        "what a standby reads again of a short list is not limited to what is settled",
        (Edit("reader/query/index_load.py", "keys(now if session.view.is_partial else None,", "keys(None,"),),
        (READER + "test_uncached_page.py", "-k", "short_list_on_a_standby"),
    ),
    Mutant(
        "what is seen at once on a standby is not held to what is settled",
        (Edit("reader/query/uncached_page.py", "if position or view.is_partial else None", "if position else None"),),
        (READER + "test_uncached_page.py", "-k", "key_index_says"),
    ),
    Mutant(
        "what is seen at once is of now, whatever the as_of",
        (
            Edit(
                "reader/query/uncached_page.py",
                "if position or view.is_partial else None",
                "if view.is_partial else None",
            ),
        ),
        (READER + "test_uncached_page.py", "-k", "key_index_says"),
    ),
    Mutant(
        "a total that is not known is shown",
        (Edit("reader/query/listing.py", "is_counted=page.total is not None", "is_counted=True"),),
        (READER + "test_uncached_page.py", "-k", "says_that_it_counts"),
    ),
    Mutant(
        "actors of all workspaces are suggested",
        (
            Edit(
                "sql/queries/reader/actors.sql",
                "WHERE workspace_id = %(workspace_id)s\n        ORDER BY occurred_at DESC, id DESC\n        LIMIT 5000",
                "WHERE %(workspace_id)s <> ''\n        ORDER BY occurred_at DESC, id DESC\n        LIMIT 5000",
            ),
            Edit("reader/query/database.py", "self._url, ROLE, SESSION", "self._url, None, SESSION"),
        ),
        (READER + "test_actors.py",),
    ),
    Mutant(
        "a standby is believed like a primary",
        (
            Edit("sql/queries/reader/session.sql", "WHEN is_standby THEN pg", "WHEN FALSE THEN pg"),
            Edit("sql/queries/reader/ending.sql", "WHEN pg_is_in_recovery() THEN", "WHEN FALSE THEN"),
            Edit("reader/query/index_load.py", "(now if session.view.is_partial else None)", "None"),
        ),
        (READER + "test_servers.py", "-k", "precede"),
    ),
    Mutant(
        "an entry's own address shows what is not settled",
        (
            Edit(
                "reader/query/list_queries.py",
                'SHOWN: LiteralString = "AND xid < (SELECT ending FROM here)"',
                'SHOWN: LiteralString = ""',
            ),
        ),
        (READER + "test_servers.py", "-k", "not_settled_is_not_there"),
    ),
    Mutant(
        "what a standby reads again is not limited to what is settled",
        (Edit("reader/query/index_load.py", "(now if session.view.is_partial else None)", "None"),),
        (READER + "test_servers.py", "-k", "precede"),
    ),
    Mutant(
        "what a standby reads on is not held to what is settled",
        (Edit("sql/queries/reader/ending.sql", "WHEN pg_is_in_recovery() THEN", "WHEN FALSE THEN"),),
        (READER + "test_servers.py", "-k", "precede or many_pages"),
    ),
    Mutant(
        "a standby says how complete the tables are, not the page",
        (Edit("reader/query/transaction_view.py", " and said.xmax <= xmax]", "]"),),
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
        ),
        (READER + "test_servers.py", "-k", "was_replaced or was_restored"),
    ),
    Mutant(
        "each attempt meets another server",
        (
            Edit(
                "reader/query/listing.py", "self._indexes.of_one_server() if attempt else nullcontext(", "nullcontext("
            ),
        ),
        (READER + "test_several_servers.py",),
    ),
    Mutant(
        "a page is compared with the server that answered last",
        (
            Edit(
                "reader/query/index_store.py",
                "        if view.server != server:\n",
                "        if view.server != self._server:\n",
            ),
        ),
        (READER + "test_servers.py", "-k", "compared_with"),
    ),
    Mutant(
        "rows are shown that the index does not name",
        (
            Edit(
                "reader/query/indexed_page.py",
                "        indexes.forget(workspace_id)\n        raise Outdated\n",
                "        pass\n",
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
        "a list loses its last index and stays",
        (Edit("reader/query/cached_list.py", "in list(self.indexes)[:-1] if", "in self.indexes if"),),
        (READER_UNIT + "test_index_cache.py", "-k", "last_index_of_a_list"),
    ),
    Mutant(
        "a new list is the first to go, before its page has its total",
        (
            Edit(
                "reader/query/index_cache.py",
                "                self._remove_least_used(set(self._lists) - {kept})",
                "                self._remove_least_used(set(self._lists))",
            ),
        ),
        (READER_UNIT + "test_index_cache.py", "-k", "just_read_stays"),
    ),
    Mutant(
        "what was made of an evicted list counts as sharing the one that is there",
        (
            Edit(
                "reader/query/index_cache.py",
                "index.fresh if shares else index.size",
                "index.size if made_of is None else index.fresh",
            ),
        ),
        (READER_UNIT + "test_index_cache_sizes.py", "-k", "replaced_meanwhile"),
    ),
    Mutant(
        "a large new list takes the place of other workspaces' lists",
        (
            Edit(
                "reader/query/index_cache.py",
                "{kept} if kept in keys and self._lists[kept].size > share else {kept, busiest}",
                "{kept, busiest}",
            ),
        ),
        (READER_UNIT + "test_index_cache.py", "-k", "beyond_the_share"),
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
    Mutant(
        "freshness counts a backlog",
        (
            Edit(
                "consumer/telemetry/recorder.py",
                "if offsets.start < ends.get(partition, 0)}",
                "if offsets.start < 0}",
            ),
        ),
        ("tests/unit/consumer/test_metrics.py", "-k", "after_the_claim or backlog"),
    ),
    Mutant(
        "a rewind's claim leaves the end of the one before",
        (
            Edit(
                "consumer/telemetry/recorder.py",
                "self._backlog_ends[position.partition] = position.end or 0",
                "self._backlog_ends.setdefault(position.partition, position.end or 0)",
            ),
        ),
        ("tests/unit/consumer/test_metrics.py", "-k", "backlog"),
    ),
    Mutant(
        "parked records are shown of what is assigned only",
        (
            Edit(
                "consumer/telemetry/poller.py",
                "            counts[row.topic, row.reason] += row.records\n",
                "            if (row.topic, row.number) in self._gauges.keys():\n"
                "                counts[row.topic, row.reason] += row.records\n",
            ),
        ),
        ("tests/integration/test_poller.py", "-k", "parking_lot"),
    ),
    Mutant(
        "a certificate for another name is believed",
        (
            Edit(
                "runtime/certificate.py",
                "            with context.wrap_socket(plain, server_hostname=host) as secured:\n",
                "            context.check_hostname = False\n            with context.wrap_socket(plain) as secured:\n",
            ),
        ),
        ("tests/unit/consumer/test_certificates.py",),
    ),
    Mutant(
        "a renewed file counts for a Kafka client that does not read it again",
        (
            Edit(
                "consumer/telemetry/certificates.py",
                '"kafka_client": lambda: own',
                '"kafka_client": lambda: client_certificates.kafka_expiry(settings.kafka)',
            ),
        ),
        ("tests/unit/consumer/test_certificates.py", "-k", "renewed"),
    ),
    Mutant(
        "of a file with several certificates the last to end counts",
        (Edit("runtime/certificate_file.py", "return min(certificate", "return max(certificate"),),
        ("tests/unit/consumer/test_certificates.py", "-k", "read_from_their_files"),
    ),
    Mutant(
        "an unknown property of SASL may be plain in the chart",
        (
            Edit(
                "deploy/helm/callmine-audit/files/settings.yaml",
                "secretPrefixes: [KAFKA_CONFIG_SASL_, KAFKA_CONFIG_SSL_, OTEL_EXPORTER_]",
                "secretPrefixes: [KAFKA_CONFIG_SSL_, OTEL_EXPORTER_]",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "by_reference_only"),
    ),
    Mutant(
        "the chart does not check addresses",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/_helpers.tpl",
                '(eq $class "url") (regexMatch "[@?]" $value)',
                "false",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "address_with_a_password"),
    ),
    Mutant(
        "the network policy has a port of its own for a registry that a Secret names",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/_helpers.tpl",
                "{{- if and (has .setting .values.secretEnv) (not $ports) }}",
                "{{- if false }}",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "refused_with_a_sentence"),
    ),
    Mutant(
        "a private key may be in the ConfigMap of authorities",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/_helpers.tpl",
                '(eq $class "keyFile") (hasPrefix "/certificates/" $value)',
                "false",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "refused_with_a_sentence"),
    ),
    Mutant(
        "everyone in a pod may read its private keys",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/_helpers.tpl",
                "- name: private-keys\n  secret: {secretName: {{ . }}, defaultMode: 0440}",
                "- name: private-keys\n  secret: {secretName: {{ . }}, defaultMode: 0444}",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "private_keys"),
    ),
    Mutant(
        "alerts are installed where nothing may scrape",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/monitoring.yaml",
                '{{- fail "monitoring.prometheusRule: the network policy',
                '{{- $_ := print "monitoring.prometheusRule: the network policy',
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "refused_with_a_sentence"),
    ),
    Mutant(
        "a block that states its size is refused",
        (
            Edit(
                "consumer/event/avro/binary.py",
                "        count, end = -count, source.at + size\n",
                '        raise InvalidEncodingError("a size is stated")\n',
            ),
        ),
        (FUZZ,),
    ),
    Mutant(
        "KEDA asks for a group that no cell is in",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/consumer.yaml",
                '{{- $group = printf "%s.cell-%s"',
                '{{- $_ := printf "%s.cell-%s"',
            ),
        ),
        ("tests/deploy/test_growth.py", "-k", "keda"),
    ),
    Mutant(
        "two releases take the same cell",
        (Edit("deploy/helm/examples/cell-2-of-2.yaml", "AUDIT_CELL: 2/2", "AUDIT_CELL: 1/2"),),
        ("tests/deploy/test_growth.py", "-k", "two_releases"),
    ),
    Mutant(
        "the second consumer of compose has the first one's database",
        (
            Edit(
                "deploy/compose.cells.yaml",
                "postgresql://audit_consumer@postgres-2:5432/audit",
                "postgresql://audit_consumer@postgres:5432/audit",
            ),
        ),
        ("tests/deploy/test_growth.py", "-k", "one_cell"),
    ),
    Mutant(
        "the second sealer of compose seals the first cell again",
        (
            Edit(
                "deploy/compose.cells.yaml",
                "audit_seal@postgres-2:5432/audit\n      AUDIT_SEAL",
                "audit_seal@postgres:5432/audit\n      AUDIT_SEAL",
            ),
        ),
        ("tests/deploy/test_growth.py", "-k", "log_of_its_own"),
    ),
    Mutant(
        "a cell that seals hides one that does not",
        (
            Edit(
                "deploy/prometheus/alerts.yaml",
                "max by (job) (max_over_time(auditlog_seal",
                "max(max_over_time(auditlog_seal",
            ),
        ),
        ("tests/ops/test_rules.py", "-k", "pass_their_tests"),
    ),
    Mutant(
        "a standby that was started without its primary has no lag",
        (
            Edit(
                "sql/queries/reader/replay_lag.sql",
                "coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())",
                "coalesce(pg_last_xact_replay_timestamp(), clock_timestamp())",
            ),
        ),
        ("tests/integration/reader/test_servers.py", "-k", "without_its_primary"),
    ),
    Mutant(
        "whoever has a password may copy the database of compose",
        (Edit("deploy/compose/pg_hba.conf", "host  replication audit_standby", "host  replication all"),),
        ("tests/deploy/test_compose.py", "-k", "standby"),
    ),
    Mutant(
        "the dashboard has a field that Grafana does not know",
        (Edit("deploy/grafana/dashboard.json", ' "refresh": "30s",', ' "refreshEvery": "30s",'),),
        ("tests/deploy/test_dashboard.py", "-k", "is_one_of_grafanas"),
    ),
    Mutant(
        "migrate waits for ever for a server that says nothing",
        (Edit("runtime/postgres/opening.py", '    "connect_timeout": 5,\n', '    "connect_timeout": 0,\n'),),
        ("tests/integration/sql/test_migrations.py", "-k", "says_nothing", "--timeout=60"),
    ),
    Mutant(
        "the chart's migration comes after what needs it",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/migrate.yaml",
                "pre-install,pre-upgrade",
                "post-install,post-upgrade",
            ),
        ),
        ("tests/cluster/test_release.py", "-k", "migration"),
    ),
    Mutant(
        "the migration's network policy comes after it",
        (Edit("deploy/helm/callmine-audit/templates/network.yaml", 'hook-weight: "-5"', 'hook-weight: "5"'),),
        ("tests/deploy/test_helm.py", "-k", "policy"),
    ),
    Mutant(
        "the network policy cuts off the command that copies checkpoints",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/sealer.yaml",
                '{{- $asked = append $asked (list "copies" "") }}',
                "",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "command_that_copies"),
    ),
    Mutant(
        "the Job of a failed migration goes, and its log with it",
        (Edit("deploy/helm/callmine-audit/templates/migrate.yaml", "hook-succeeded", "hook-succeeded,hook-failed"),),
        ("tests/cluster/test_release.py", "-k", "migration"),
    ),
    Mutant(
        "the sealer's folder goes with the release",
        (Edit("deploy/helm/callmine-audit/templates/sealer.yaml", "helm.sh/resource-policy: keep", "kept: keep"),),
        ("tests/cluster/test_release.py", "-k", "uninstalled"),
    ),
    Mutant(
        "KEDA's object has a field that KEDA does not know",
        (Edit("deploy/helm/callmine-audit/templates/consumer.yaml", "cooldownPeriod: 300", "coolDownPeriod: 300"),),
        ("tests/cluster/test_admission.py", "-k", "every_manifest"),
    ),
    Mutant(
        "the sealer may be given the administrator's login",
        (
            Edit(
                "deploy/helm/callmine-audit/templates/sealer.yaml",
                "{{- if has $own (list .Values.migrate.existingSecret",
                "{{- if has $own (list",
            ),
        ),
        ("tests/deploy/test_helm.py", "-k", "refused_with_a_sentence"),
    ),
    Mutant(
        "what the binding raises for one message ends the poll",
        (
            Edit(
                "consumer/kafka/polled.py",
                "        except Exception as error:",
                "        except ZeroDivisionError as error:",
            ),
        ),
        ("tests/unit/consumer/test_polled.py", "-k", "costs_that_part_alone"),
    ),
    Mutant(
        "a hash at the border of two cells is in neither or the wrong one",
        (Edit("catalog/cells.py", "-(-part * _SPACE // self.of)", "part * _SPACE // self.of"),),
        ("tests/unit/catalog/test_cells.py",),
    ),
    Mutant(
        "no cell has the records without a key",
        (Edit("catalog/cells.py", "return self.low", "return key is not None and self.low"),),
        ("tests/unit/catalog/test_cells.py", "tests/unit/consumer/test_polled.py"),
    ),
    Mutant(
        "another cell's records are taken for ignored types",
        (
            Edit(
                "consumer/kafka/polled.py",
                "skip, offset = OTHER_CELL, message.offset()",
                "skip, offset = NOT_AUDITED, message.offset()",
            ),
        ),
        ("tests/unit/consumer/test_polled.py",),
    ),
    Mutant(
        "a run of passed records does not end where the reason changes",
        (Edit("consumer/kafka/polled.py", "offset == after and skip is reason", "offset == after"),),
        ("tests/unit/consumer/test_polled.py",),
    ),
    Mutant(
        "a database is claimed for any cell",
        (Edit("consumer/partitions/claim.py", "        keep_cell(connection, owner.cell)\n", ""),),
        ("tests/integration/commands/test_cells.py",),
    ),
    Mutant(
        "whoever reads as the old cell is not fenced",
        (Edit("sql/queries/operator/cell_fence.sql", "epoch = epoch + 1", "epoch = epoch"),),
        ("tests/integration/commands/test_cells.py", "-k", "fenced"),
    ),
    Mutant(
        "all cells are one group",
        (
            Edit(
                "consumer/settings.py",
                "return self.group_id if self.cell == WHOLE else",
                "return self.group_id if self.cell else",
            ),
        ),
        ("tests/unit/consumer/test_settings_of_cells.py",),
    ),
    Mutant(
        "the check of all cells does not count",
        (
            Edit(
                "consumer/operator/cells.py",
                "if not (reread or findings) and taken != passed:",
                "if not (reread or findings) and taken > 2 * passed:",
            ),
        ),
        ("tests/integration/commands/test_cells.py",),
    ),
    Mutant(
        "a parked record is replayed in both copies",
        (
            Edit(
                "consumer/operator/parked_records.py",
                "if cell != WHOLE and not cell.share.has(parked.key):",
                "if cell.share.has(None) and not cell.share.has(None):",
            ),
        ),
        ("tests/integration/commands/test_cells.py", "-k", "parked"),
    ),
    Mutant(
        "a page is read from a database of another cell",
        (
            Edit(
                "reader/query/database.py", "        if view.cell != str(self._cell):\n", "        if not view.cell:\n"
            ),
        ),
        ("tests/integration/reader/test_cells.py",),
    ),
    Mutant(
        "the list of headers that the binding did not finish is used",
        (
            Edit(
                "consumer/kafka/polled.py",
                "                get_headers = message.headers\n                headers = get_headers() or ()\n",
                "                headers = message.headers() or ()\n",
            ),
        ),
        (E2E + "test_parking.py", "-k", "every_reason"),
    ),
    Mutant(
        "a record waits for its headers for ever",
        (Edit("consumer/polling/unreadable.py", "if self._failed[place] < ATTEMPTS:", "if self._failed[place]:"),),
        ("tests/unit/consumer/test_unreadable.py", "-k", "for_ever"),
    ),
    Mutant(
        "a record is parked without the headers that could be had",
        (Edit("consumer/polling/unreadable.py", 'if "headers" in unreadable.missing:', "if not unreadable.missing:"),),
        ("tests/unit/consumer/test_unreadable.py", "-k", "by_other_means"),
    ),
    Mutant(
        "a null schemaType is another kind of schema",
        (
            Edit(
                "consumer/registry/client.py",
                'kind = answer.get("schemaType") or "AVRO"',
                'kind = answer.get("schemaType", "AVRO")',
            ),
        ),
        ("tests/unit/consumer/test_registry_client.py", "-k", "fetches_the_text"),
    ),
    Mutant(
        "--until-end asks for its own partitions alone",
        (Edit("consumer/polling/until_end.py", "        if not others:\n", "        if others:\n"),),
        ("tests/unit/consumer/test_until_end.py", "-k", "whoever_reads_them"),
    ),
    Mutant(
        "--until-end does not say which ends it did not reach",
        (Edit("consumer/polling/until_end.py", "        if left:\n", "        if not left:\n"),),
        ("tests/unit/consumer/test_until_end.py", "-k", "named"),
    ),
    Mutant(
        "--until-end gives up on a partition that moves",
        (Edit("consumer/polling/until_end.py", "if state != self._last_state:", "if self._last_state is None:"),),
        ("tests/unit/consumer/test_until_end.py", "-k", "nobody_moves"),
    ),
    Mutant(
        "a topic that may not be described stays in the subscription",
        (
            Edit(
                "consumer/kafka/topic_watch.py",
                "if (topic, TopicFault.UNDESCRIBED) not in faults",
                "if (topic, TopicFault.SETTINGS) not in faults",
            ),
        ),
        ("tests/unit/consumer/test_topic_faults.py", "-k", "subscribed_to"),
    ),
    Mutant(
        "a rollout goes on past a topic that cannot be had",
        (
            Edit(
                "consumer/telemetry/setup.py",
                'return names + [f"topic {topic}: {cause}" for topic, cause in faults]',
                "return names if faults is not None else []",
            ),
        ),
        ("tests/security/test_kafka.py", "-k", "one_topic_that and settings and consumer"),
    ),
    Mutant(
        "one topic's refusal is an outage of all",
        (
            Edit(
                "consumer/kafka/topic_questions.py",
                "        if error.args[0].name() in UNREACHABLE:\n            self._admin.failed()\n            raise ClusterUnavailable(why)",
                "        if True:\n            raise ClusterUnavailable(why)",
            ),
        ),
        ("tests/security/test_kafka.py", "-k", "one_topic_that and settings and consumer"),
    ),
    Mutant(
        "a topic for which Kafka returns no id now counts as replaced",
        (
            Edit(
                "consumer/polling/completeness.py",
                "if partition.topic in end_offsets.unknown:",
                "if not partition.topic:",
            ),
        ),
        ("tests/unit/consumer/test_completeness.py",),
    ),
    Mutant(
        "an open transaction is not logged",
        (
            Edit(
                "consumer/partitions/open_transactions.py",
                "if p in ends and stable < ends[p]",
                "if p in ends and stable > ends[p]",
            ),
        ),
        ("tests/unit/consumer/test_open_transactions.py", "-k", "named"),
    ),
    Mutant(
        "the offset is committed to Kafka before the database",
        (
            Edit(
                "consumer/polling/handover.py",
                "        self._writer.submit(self._intake.detach())\n",
                "        batch = self._intake.detach()\n"
                "        self._consumer.commit_async({p: offsets.next for p, offsets in batch.ranges.items()})\n"
                "        self._writer.submit(batch)\n",
            ),
        ),
        (LOOP_ACCOUNTING,),
    ),
    Mutant(
        "what was read after a refused batch is kept",
        (Edit("consumer/polling/handover.py", "        self._intake.detach()\n", ""),),
        (LOOP_ACCOUNTING,),
    ),
    Mutant(
        "a record that was passed is taken again",
        (
            Edit(
                "consumer/polling/intake.py",
                "if offset < position.next or position.partition in self._restarted:",
                "if position.partition in self._restarted:",
            ),
        ),
        (LOOP_ACCOUNTING,),
    ),
    Mutant(
        "a partition is not read again when its schema has arrived",
        (
            Edit(
                "consumer/polling/schema_wait.py",
                "                self._backpressure.start(position)\n",
                "                pass\n",
            ),
        ),
        (LOOP_ACCOUNTING,),
    ),
    Mutant(
        "a poll takes many records, however large they are",
        (Edit("consumer/kafka/poll_size.py", "POLL_BYTES * len(sizes) // ", "POLL_BYTES * len(sizes) or "),),
        ("tests/unit/consumer/test_poll_size.py",),
    ),
    Mutant(
        "the bound of a poll is not asked",
        (Edit("consumer/kafka/consumer.py", "min(limit, self._poll_size.max_records)", "limit"),),
        (E2E + "test_memory.py",),
    ),
    Mutant(
        "a fetch is bounded by compressed bytes alone",
        (
            Edit(
                "consumer/kafka/group_config.py",
                '"fetch.message.max.bytes": 16 * 1024',
                '"fetch.message.max.bytes": 1024 * 1024',
            ),
        ),
        (E2E + "test_memory.py",),
    ),
    Mutant(
        "look-alike values are shown as they are",
        (Edit("catalog/visible_text.py", "left != right and _shape(left) == _shape(right)", "False"),),
        ("tests/unit/catalog/test_visible_text.py", "-k", "shown_differently"),
    ),
    Mutant(
        "a currency that is not listed has two digits",
        (Edit("catalog/money.py", "_DIGITS.get(code)", "_DIGITS.get(code, 2)"),),
        ("tests/unit/catalog/test_summary.py", "-k", "money"),
    ),
    Mutant(
        "a change of a role that is not told is told without it",
        (Edit("catalog/wording.py", "None if _named(audit_type.detailed) & changes.keys() else ", ""),),
        ("tests/unit/catalog/test_summary.py", "-k", "names_the_change"),
    ),
    Mutant(
        "the code of a line feed is taken for a text",
        (
            Edit(
                "catalog/visible_text.py",
                'visible(text).replace("\\n", code("\\n"))',
                'visible(text.replace("\\n", code("\\n")))',
            ),
        ),
        ("tests/unit/catalog/test_summary.py", "-k", "names_the_change"),
    ),
    Mutant(
        "an address has a case",
        (
            Edit(
                "reader/query/list_queries.py",
                'lower(actor_email COLLATE "C") = %(folded)s',
                "actor_email = %(actor)s",
            ),
        ),
        (READER + "test_api.py", "-k", "however_the_address"),
    ),
    Mutant(
        "a relative range is that of now on every page",
        (
            Edit(
                "reader/query/indexed_page.py",
                "_window(query, position, position.snapshot.time)",
                "_window(query, position, datetime.now(UTC))",
            ),
        ),
        (READER + "test_api.py", "-k", "relative_range"),
    ),
    Mutant(
        "a seal without a checkpoint is handed out",
        (Edit("sql/queries/reader/checkpoint.sql", "WHERE checkpoint <> ''\n", ""),),
        (READER + "test_sealed.py", "-k", "passed_over"),
    ),
    Mutant(
        "the oldest seal says through when all is sealed",
        (Edit("sql/queries/reader/session.sql", "ORDER BY seal DESC", "ORDER BY seal"),),
        (READER + "test_sealed.py", "-k", "newest_seal"),
    ),
    Mutant(
        "a checkpoint is anyone's",
        (
            Edit(
                "reader/http/routes.py",
                "        viewer = self._viewer_alone(request)\n        newest = newest_checkpoint(self._services.database_of(viewer.workspace_id), viewer.workspace_id)\n",
                '        newest = newest_checkpoint(self._services.database_of(""), "")\n',
            ),
        ),
        (READER + "test_sealed.py", "-k", "no_one_but"),
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
            Edit("consumer/kafka/group_config.py", '"auto.offset.reset": "error"', '"auto.offset.reset": "latest"'),
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
        (Edit("consumer/kafka/member_client.py", "within(LEAVE_SECONDS, ", "within(60, "),),
        (E2E + "test_kafka_faults.py", "-k", "broker_that_hangs"),
    ),
    Mutant(
        "a parked record is counted and not kept",
        (
            Edit(
                "consumer/storage/store.py",
                "        new = keep(cursor, PARK_RECORD, [{**raw_parameters(record), **why._asdict()} for record, why in parked])\n",
                "        new = [True for _ in parked]\n",
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
        "raw records wait for an answer each",
        (
            Edit("consumer/storage/raw_record.py", ", TOGETHER):\n", ", 1):\n"),
            Edit("consumer/storage/raw_record.py", "start + TOGETHER", "start + 1"),
        ),
        ("tests/integration/test_raw_records.py",),
    ),
    Mutant(
        "diffs are compressed on their way, too",
        (Edit("consumer/storage/store.py", "    connection.execute(STAGING_UNCOMPRESSED)\n", ""),),
        ("tests/integration/test_copy_row.py", "-k", "not_compressed"),
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
                "def _advance(*arguments):\n    _advance_late(*arguments)\n\n\ndef _keys(",
            ),
        ),
        (E2E + "test_crashes.py", "-k", "broken_connection"),
    ),
    Mutant(
        "what Kafka lost is passed in silence",
        (Edit("consumer/partitions/claim.py", "    if next_offset < bounds.low:\n", "    if next_offset < 0:\n"),),
        (E2E + "test_kafka_faults.py", "-k", "deleted_while_it_is_stopped"),
    ),
    Mutant(
        "a re-created topic is the same topic",
        (Edit("consumer/partitions/claim.py", "    replaced = first and ", "    replaced = False and "),),
        (E2E + "test_kafka_faults.py", "-k", "topic_re_created"),
    ),
    Mutant(
        "what a poll brought before a restart counts as proof",
        (Edit("consumer/polling/intake.py", "            self._restarted.add(position.partition)\n", ""),),
        (LOOP_ACCOUNTING,),
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
        ("tests/unit/consumer/test_batch.py", "-k", "leaves_nothing"),
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
        (Edit("consumer/run.py", "    opened.callback(loop.close)\n", ""),),
        ("tests/unit/consumer/test_run.py", "-k", "after_a_failure"),
    ),
    Mutant(
        "a consumer that fails releases its partitions",
        (Edit("consumer/polling/loop.py", "        self._closing = True\n", ""),),
        ("tests/unit/consumer/test_run.py", "-k", "orderly_end_releases"),
    ),
    Mutant(
        "the child process does not learn what the registry said",
        (Edit("consumer/polling/schema_source.py", "        self._worker.learn(schema_id, schema)\n", ""),),
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
        (READER_UNIT + "test_clerk.py", "-k", "no_admin_of_an_active"),
    ),
    Mutant(
        "a session is not limited to a workspace",
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
        "what was recorded by transactions that were open is not later",
        (
            Edit(
                "sql/queries/reader/recorded.sql",
                "                AND xid = single\n",
                "                AND xid = single AND FALSE\n",
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
        "a cookie that may lack azp is never renewed for one",
        (Edit("reader/auth/page_request.py", "redirects_so_far(cookies, here) <= int(returns)", "False"),),
        (READER + "test_sessions.py", "-k", "allowed_without_azp"),
    ),
    Mutant(
        "each page renews a token that has no azp again",
        (Edit("reader/http/renewal_response.py", "(renewed_cookie(secure=self._secure),)", "()"),),
        (READER + "test_sessions.py", "-k", "allowed_without_azp"),
    ),
    Mutant(
        "a package says nothing of one action",
        (Edit("export/create/readme.py", "map(_action, CATALOG)", "map(_action, CATALOG[1:])"),),
        ("tests/unit/export/test_readme.py",),
    ),
    Mutant(
        "a full cache and large entries take more than the reader may have",
        (Edit("reader/query/index_cache.py", "MAX_BYTES = 80 *", "MAX_BYTES = 112 *"),),
        (READER + "test_memory.py", "-k", "hostile_entries_neither"),
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
                "reader/http/renewal_response.py",
                '            return RenewalDecision(error.reason, None, (), "refused")\n',
                '            return RenewalDecision(error.reason, None, cookies, "refused")\n',
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
            Edit(
                "reader/http/renewal_response.py", "        if redirects >= MAX_SENT:\n", "        if redirects < 0:\n"
            ),
            Edit("reader/auth/page_request.py", "len(first) == 1", "len(first) < 9"),
        ),
        (READER + "test_sessions.py", "-k", "redirects_end"),
    ),
    Mutant(
        "the redirects of all pages are counted as one",
        (Edit("reader/auth/renewal.py", 'f"{parts.path}?{query}".encode()', 'b""'),),
        (READER + "test_sessions.py", "-k", "opened_at_once"),
    ),
    Mutant(
        "what Clerk appends to an address starts the count again",
        (Edit("reader/auth/renewal.py", ' if not pair.startswith("__clerk")', ""),),
        (READER + "test_sessions.py", "-k", "start_the_count_again"),
    ),
    Mutant(
        "the API is redirected",
        (Edit("reader/auth/page_request.py", "is_for_programs(request) or ", ""),),
        (READER + "test_sessions.py", "-k", "only_navigations"),
    ),
    Mutant(
        "a script's request is redirected",
        (Edit("reader/auth/navigation.py", 'destination == "document" and ', ""),),
        (READER_UNIT + "test_renewal.py", "-k", "recognized_by_its_headers"),
    ),
    Mutant(
        "the host that a proxy names is the one to come back to",
        (
            Edit(
                "reader/auth/page_request.py",
                'request.headers.get("host", "")',
                'request.headers.get("x-forwarded-host", request.headers["host"])',
            ),
        ),
        (READER + "test_sessions.py", "-k", "leads_elsewhere"),
    ),
    Mutant(
        "a custom claim is taken for the organization",
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
        "an entry is shown in another workspace",
        (
            Edit(
                "reader/entry_cache.py",
                "cached = self._entries.get(entry.workspace_id, ",
                'cached = self._entries.get("", ',
            ),
            Edit("reader/entry_cache.py", "self._entries.put(entry.workspace_id, ", 'self._entries.put("", '),
            Edit("reader/entry_cache.py", "        if cached and cached[0] == entry:\n", "        if cached:\n"),
        ),
        (READER_UNIT + "test_entry_cache.py", "-k", "workspace_id"),
    ),
    Mutant(
        "an entry that was changed is shown as it was",
        (Edit("reader/entry_cache.py", "        if cached and cached[0] == entry:\n", "        if cached:\n"),),
        (READER_UNIT + "test_entry_cache.py",),
    ),
    Mutant(
        "entries are kept forever",
        (
            Edit(
                "reader/shared_cache.py",
                "            if self._count > self._limit:\n",
                "            if self._count < 0:\n",
            ),
        ),
        (READER_UNIT + "test_entry_cache.py",),
    ),
    Mutant(
        "what is kept of one workspace goes for another's",
        (
            Edit(
                "reader/shared_cache.py",
                "next(iter(self._by_count[self._max_count]))",
                "next(iter(self._values))",
            ),
            Edit(
                "reader/shared_cache.py",
                "self._move(largest, self._max_count, self._max_count - 1)",
                "self._move(largest, len(self._values[largest]), len(self._values[largest]) - 1)",
            ),
        ),
        (READER_UNIT + "test_shared_cache.py",),
    ),
    Mutant(
        "a full cache looks at every workspace for each value",
        (
            Edit(
                "reader/shared_cache.py",
                "next(iter(self._by_count[self._max_count]))",
                "max(self._values, key=lambda workspace_id: len(self._values[workspace_id]))",
            ),
        ),
        (READER_UNIT + "test_shared_cache.py", "-k", "however_many"),
    ),
    Mutant(
        "a list has the filter form of another",
        (Edit("reader/html/pages.py", "**(_kept_form(query) if", "**(_kept_form(Query()) if"),),
        (READER_UNIT + "test_kept_form.py",),
    ),
    Mutant(
        "forms are kept, however long they are",
        (Edit("reader/html/pages.py", "is_short = len(links.link(query)) <= MAX_KEPT_LINK", "is_short = True"),),
        (READER_UNIT + "test_kept_form.py",),
    ),
    Mutant(
        "a collection looks at everything, while requests wait",
        (Edit("reader/serve.py", "    gc.freeze()\n", ""),),
        (READER_UNIT + "test_serve.py",),
    ),
    Mutant(
        "a limit is compared by its first digits",
        (Edit("reader/html/filter_form.py", "0 < int(limit) <= MAX_LIMIT", "0 < int(limit[:4]) <= MAX_LIMIT"),),
        (READER_UNIT + "test_filter_form.py", "-k", "where_a_form_leads"),
    ),
    Mutant(
        "the day after one that begins at 1 o'clock begins at 1 as well",
        (
            Edit(
                "reader/html/static/times.js",
                "  at.setFullYear(year, month - 1, day + later);\n",
                "  at.setFullYear(year, month - 1, day);\n  at.setDate(at.getDate() + later);\n",
            ),
        ),
        ("tests/browser/test_local_days.py", "-k", "all_of_that_day"),
    ),
    Mutant(
        "the database's locale decides the case of an address",
        (
            Edit("reader/query/list_queries.py", 'OR lower(actor_email COLLATE "C") =', "OR lower(actor_email) ="),
            Edit("reader/query/list_queries.py", "= 'lower(actor_email COLLATE \"C\")'", "= 'lower(actor_email)'"),
            Edit("reader/query/list_queries.py", "if folded.letters else SELECTED", "if False else SELECTED"),
        ),
        ("tests/integration/sql/test_locales.py", "-k", "case_of_an_address"),
    ),
    Mutant(
        "a line feed at the end of an address is nothing",
        (Edit("reader/http/middleware.py", 'NOT_FOUND if scope["path"].endswith("\\n") else None', "None"),),
        (READER + "test_slash.py", "-k", "control_at_its_end"),
    ),
    Mutant(
        "parameters are read before the session",
        (
            Edit(
                "reader/http/routes.py",
                '        """A page of entries."""\n        viewer = self._viewer(request)\n        query = parse(query_pairs(request.scope))\n',
                '        """A page of entries."""\n        query = parse(query_pairs(request.scope))\n        viewer = self._viewer(request)\n',
            ),
        ),
        (READER + "test_api.py", "-k", "who_is_let_in"),
    ),
    Mutant(
        "a session that the server has closed costs an answer",
        (Edit("reader/query/database.py", "not (connection.broken and others):", "others:"),),
        (READER + "test_health.py", "-k", "was_restarted"),
    ),
    Mutant(
        "a database that says nothing is waited for",
        (Edit("runtime/postgres/connection.py", "self.answer_timeout if timeout is None else timeout", "timeout"),),
        (READER + "test_health.py", "-k", "frozen"),
    ),
    Mutant(
        "an error of ours is shown to the client",
        (
            Edit(
                "reader/http/exception_handlers.py",
                "return self._refuse(request, errors.INTERNAL_ERROR)",
                'return self._refuse(request, Problem(status=500, kind="internal", title=repr(_error), detail=""))',
            ),
        ),
        (READER + "test_hostile.py", "-k", "our_own_bug"),
    ),
    Mutant(
        "a slash more leads to wherever the Host says",
        (Edit("reader/http/app.py", "    app.router.redirect_slashes = False\n", ""),),
        (READER + "test_hostile.py", "-k", "path_that_is_none"),
    ),
    Mutant(
        "client_encoding is whatever someone has set",
        (
            Edit(
                "runtime/postgres/connection.py",
                '        options = {"client_encoding": "UTF8", **kwargs}\n',
                "        options = dict(kwargs)\n",
            ),
            Edit("runtime/postgres/session.py", '    "client_encoding": "UTF8",\n', ""),
        ),
        (RUNTIME + "test_session_settings.py", "-k", "environment_changes_nothing"),
    ),
    Mutant(
        "a session that a timeout has ended is used again",
        (
            Edit(
                "runtime/postgres/first_statements.py",
                "            if connection is not None and connection.closed:\n                raise\n",
                "            pass\n",
            ),
        ),
        (RUNTIME + "test_session_settings.py", "-k", "timeout_that_ends_the_session"),
    ),
    Mutant(
        "a session setting of someone else's stays",
        (
            Edit(
                "runtime/postgres/session.py",
                '    "transform_null_equals": "off",\n',
                '    "transform_null_equals": "on",\n',
            ),
        ),
        (RUNTIME + "test_session_settings.py", "-k", "environment_changes_nothing"),
    ),
    Mutant(
        "a server asks after two hours whether a client is still there",
        (Edit("runtime/postgres/session.py", '    "tcp_keepalives_idle": "10",\n', ""),),
        (RUNTIME + "test_session_settings.py", "-k", "notices_that_a_client_is_gone"),
    ),
    Mutant(
        "triggers that do not fire are no matter",
        (Edit("runtime/postgres/session.py", '    "session_replication_role": "origin",\n', ""),),
        (RUNTIME + "test_session_settings.py", "-k", "may_not_be_changed"),
    ),
    Mutant(
        "a refusal has no SQLSTATE",
        (Edit("runtime/postgres/libpq.py", "SQLSTATE_ONLY = 3", "SQLSTATE_ONLY = 1"),),
        (RUNTIME + "test_login.py", "-k", "only_a_person_can_fix"),
    ),
    Mutant(
        "a refusal of one node is that of all",
        (
            Edit(
                "runtime/postgres/refusals.py",
                "all(isinstance(explanation, str) for explanation in explanations)",
                "isinstance(explanations[-1], str)",
            ),
        ),
        (RUNTIME + "test_login.py", "-k", "another_node"),
    ),
    Mutant(
        "a pooler is not asked whose server it gives",
        (Edit("runtime/postgres/opening.py", "        if pooler.is_pooled(connection):\n", "        if False:\n"),),
        (RUNTIME + "test_pooler.py", "-k", "not_ours_is_refused"),
    ),
    Mutant(
        "a value that is too large is skipped by its first bytes",
        (Edit("consumer/kafka/polled.py", "len(value) <= MAX_VALUE and ", ""),),
        ("tests/unit/consumer/test_polled.py", "-k", "must_look"),
    ),
    Mutant(
        "a type that is named twice is skipped",
        (Edit("consumer/event/ignored.py", "            if seen:\n                return None\n", ""),),
        ("tests/unit/consumer/test_polled.py", "-k", "must_look"),
    ),
    Mutant(
        "a member whose client has forgotten the brokers waits for ever",
        (Edit("consumer/polling/loop.py", "if self._consumer.is_cut_off()", "if False"),),
        (E2E + "test_forgotten_brokers.py", "-k", "found_again"),
    ),
    Mutant(
        "a client that leaves gives up the partitions of the next one",
        (Edit("consumer/kafka/consumer.py", "if client is not self._consumer:", "if False:"),),
        (E2E + "test_forgotten_brokers.py", "-k", "another_client"),
    ),
    Mutant(
        "an admin client that fails is kept",
        (
            Edit(
                "consumer/kafka/renewed_admin.py",
                "self._client, self._made_at, self._failed = self._make(), now, False",
                "pass",
            ),
        ),
        ("tests/unit/consumer/test_kafka_clients.py",),
    ),
    Mutant(
        "a response does not end the silence",
        (
            Edit(
                "consumer/kafka/silence.py",
                "self._unchanged + 1 if responses == self._responses else 0",
                "self._unchanged + 1",
            ),
        ),
        ("tests/unit/consumer/test_kafka_clients.py",),
    ),
    Mutant(
        "two clients that take turns hide a pooler",
        (
            Edit(
                "runtime/postgres/pooler.py",
                "        if is_shared():\n            return True\n    return",
                "    return",
            ),
        ),
        (RUNTIME + "test_pooler.py", "-k", "cannot_hide_it"),
    ),
    Mutant(
        "a busy machine hides a pooler",
        (Edit("runtime/postgres/pooler.py", "TRIES = 3", "TRIES = 1"),),
        (RUNTIME + "test_pooler.py", "-k", "machine_that_was_busy"),
    ),
    Mutant(
        "a pooler gets its server back in our role",
        (Edit("runtime/postgres/opening.py", "            connection.pooled = True\n", ""),),
        (RUNTIME + "test_pooler.py", "-k", "session_mode"),
    ),
    Mutant(
        "completeness is by this machine's clock",
        (Edit("consumer/partitions/watermark.py", "at = self._database_time()", "at = datetime.now().astimezone()"),),
        (E2E + "test_clocks.py", "-k", "not_read"),
    ),
    Mutant(
        "the database's time is asked for after the ends",
        (
            Edit("consumer/partitions/watermark.py", "        at = self._database_time()\n", ""),
            Edit("consumer/partitions/watermark.py", "EndOffsets(at=at, ", "EndOffsets(at=self._database_time(), "),
        ),
        ("tests/unit/consumer/test_watermark.py",),
    ),
    Mutant(
        "figures are by this machine's clock",
        (Edit("consumer/telemetry/database_clock.py", "time.time() - seconds", "time.time()"),),
        (E2E + "test_clocks.py", "-k", "figures"),
    ),
    Mutant(
        "a time before 1970 asks Kafka for the end of the log",
        (Edit("consumer/kafka/admin.py", "max(milliseconds(time), 0)", "milliseconds(time)"),),
        ("tests/unit/consumer/test_cluster.py",),
    ),
    Mutant(
        "a partition without a leader fails an operator's command by a KeyError",
        (Edit("consumer/kafka/admin.py", "        if key not in answers:\n", "        if answers is None:\n"),),
        ("tests/unit/consumer/test_cluster.py",),
    ),
    Mutant(
        "any protocol is one of Kafka's",
        (Edit("runtime/kafka_settings.py", ".lower() not in PROTOCOLS", " is None"),),
        ("tests/integration/commands/test_settings.py", "-k", "kafka://"),
    ),
    Mutant(
        "what a full disk does not take is dropped",
        (Edit("runtime/standard_streams.py", "if not isinstance(error, BrokenPipeError):", "if error is None:"),),
        ("tests/integration/runtime/test_standard_streams.py", "-k", "full_disk"),
    ),
    Mutant(
        "explain takes the last of two equal keys",
        (Edit("consumer/operator/explain.py", ", object_pairs_hook=_unrepeated", ""),),
        ("tests/integration/commands/test_explain.py", "-k", "no_service"),
    ),
    Mutant(
        "a lag is negative where clocks differ",
        (
            Edit(
                "consumer/telemetry/partition_gauges.py",
                "return max(now - max(known, default=self.assigned_at), 0.0)",
                "return now - max(known, default=self.assigned_at)",
            ),
        ),
        ("tests/unit/consumer/test_metrics.py", "-k", "never_negative"),
    ),
    Mutant(
        "figures jump with this machine's clock",
        (
            Edit("consumer/telemetry/database_clock.py", "time.time() - seconds - time.monotonic()", "-seconds"),
            Edit("consumer/telemetry/database_clock.py", "self._start + time.monotonic()", "self._start + time.time()"),
        ),
        ("tests/unit/consumer/test_database_clock.py",),
    ),
    Mutant(
        "the shutdown has no limit",
        (
            Edit(
                "runtime/shutdown.py",
                '    threading.Thread(target=_force, name="shutdown", daemon=True).start()\n',
                "",
            ),
        ),
        (E2E + "test_shutdown.py", "-k", "what_blocks"),
    ),
    Mutant(
        "only the main thread sees a signal",
        (Edit("runtime/shutdown.py", "                begin()\n", "                pass\n"),),
        (E2E + "test_shutdown.py", "-k", "main_thread and releasing"),
    ),
    Mutant(
        "an address of the reader that is in use is not told as a setting",
        (
            Edit(
                "reader/serve.py",
                '{address[0]}:{address[1]}: {reason}")\n    return 2\n',
                '{address[0]}:{address[1]}: {reason}")\n    return 1\n',
            ),
        ),
        (READER + "test_program.py", "-k", "taken"),
    ),
    Mutant(
        "status sends an operator to resume what only a restart ends",
        (Edit("consumer/commands/status_view.py", "if row.halted == HaltCause.REGISTRY_UNSET:", "if False:"),),
        ("tests/integration/commands/test_status.py", "-k", "registry_setting"),
    ),
    Mutant(
        "a process that is cut off forgets its error",
        (Edit("consumer/run.py", "shutdown.begin(2 if isinstance(error, REFUSED) else 1)", "shutdown.begin(0)"),),
        (E2E + "test_shutdown.py", "-k", "not_forgotten"),
    ),
    Mutant(
        "a frozen database is waited for twice",
        (Edit("consumer/polling/loop.py", "        if drained:\n", "        if drained or True:\n"),),
        (E2E + "test_shutdown.py", "-k", "signal-broker and database"),
    ),
    Mutant(
        "a thread that is needed dies and nobody minds",
        (Edit("runtime/threads.py", "            on_death(name, error)\n\n", "            pass\n\n"),),
        (E2E + "test_threads.py", "-k", "needed"),
    ),
    Mutant(
        "the poller stays dead",
        (Edit("runtime/threads.py", "                time.sleep(RESTART_SECONDS)\n", "                return\n"),),
        (E2E + "test_threads.py", "-k", "poller"),
    ),
    Mutant(
        "the poller asks about several instants",
        (Edit("consumer/telemetry/poller.py", "            with snapshot(connection):\n", "            if True:\n"),),
        ("tests/integration/test_poller.py", "-k", "between"),
    ),
    Mutant(
        "a log line waits for its reader",
        (
            Edit(
                "runtime/log_writer.py",
                "            if len(self._lines) >= self._limit:\n",
                "            self._changed.wait_for(lambda: len(self._lines) < self._limit)\n            if False:\n",
            ),
        ),
        ("tests/unit/runtime/test_log_writer.py", "--timeout=20"),
    ),
    Mutant(
        "a value that librdkafka refuses is found out later",
        (
            Edit(
                "consumer/kafka/property_check.py",
                "    if (words := _refusal(properties)) is None:\n",
                "    if True:\n",
            ),
        ),
        ("tests/integration/commands/test_settings.py", "-k", "bad_value or bad_property"),
    ),
    Mutant(
        "the schema is compared by its names alone",
        (
            Edit(
                "consumer/operator/tampering.py",
                "        if expected.get((kind, name)) != actual.get((kind, name))\n",
                "        if ((kind, name) in expected) != ((kind, name) in actual)\n",
            ),
            Edit(
                "reader/query/indexed_page.py",
                "        indexes.forget(workspace_id)\n        raise Outdated\n",
                "        pass\n",
            ),
        ),
        ("tests/integration/sql/test_tampering.py", "-k", "pg18 and DISABLE"),
    ),
    Mutant(
        "a stored digest is believed",
        (Edit("consumer/operator/digests.py", "if _digest(columns) != stored:", "if not stored:"),),
        ("tests/integration/commands/test_verify.py", "-k", "edited_entry"),
    ),
    Mutant(
        "any halt is passed as if the log were damaged",
        (
            Edit(
                "consumer/operator/recovery.py",
                "progress is None or progress.halted != HaltCause.DAMAGED_LOG",
                "progress is None",
            ),
        ),
        ("tests/integration/commands/test_damaged_log.py", "-k", "other_halts"),
    ),
    Mutant(
        "offsets move without an operator's action",
        (
            Edit(
                "sql/migrations/0005_narrow_progress.sql",
                "    IF (counted.gap, counted.reread) IS DISTINCT FROM",
                "    IF FALSE AND (counted.gap, counted.reread) IS DISTINCT FROM",
            ),
        ),
        ("tests/integration/sql/test_narrowing.py", "-k", "pg18 and rewind_needs"),
    ),
    Mutant(
        "counters may fall",
        (Edit("sql/migrations/0010_complete_through_comes_back.sql", "    ) < 0 THEN\n", "    ) < -1000000 THEN\n"),),
        ("tests/integration/sql/test_narrowing.py", "-k", "pg18 and only_counts"),
    ),
    Mutant(
        "complete_through is what the consumer's clock says",
        (
            Edit(
                "sql/migrations/0010_complete_through_comes_back.sql",
                "least(greatest(old.complete_through, new.complete_through), now())",
                "greatest(old.complete_through, new.complete_through)",
            ),
        ),
        ("tests/integration/sql/test_narrowing.py", "-k", "pg18 and never_ahead"),
    ),
    Mutant(
        "a claim says that all is complete",
        (
            Edit(
                "sql/migrations/0010_complete_through_comes_back.sql",
                "IF new.complete_through IS NOT NULL OR old.complete_through IS NOT NULL THEN",
                "IF TRUE THEN",
            ),
        ),
        ("tests/integration/sql/test_narrowing.py", "-k", "pg18 and unknown_until"),
    ),
    Mutant(
        "the login that migrates stays the owner",
        (Edit("runtime/migrations.py", '    connection.execute(sql.query("runtime/migrate_leave_owner"))\n', ""),),
        ("tests/integration/sql/test_migrations.py", "-k", "pg18 and during_a_migration"),
    ),
    Mutant(
        "status needs a primary",
        (
            Edit(
                "runtime/postgres/opening.py",
                'else {**NETWORK, "target_session_attrs": "any"}',
                'else {**NETWORK, "target_session_attrs": "primary"}',
            ),
        ),
        ("tests/integration/commands/test_elsewhere.py", "-k", "on_a_standby"),
    ),
    Mutant(
        "an open transaction is not seen",
        (
            Edit(
                "consumer/kafka/topic_questions.py",
                "IsolationLevel.READ_COMMITTED if stable",
                "IsolationLevel.READ_UNCOMMITTED if stable",
            ),
        ),
        ("tests/integration/commands/test_elsewhere.py", "-k", "open_transaction"),
    ),
    *(
        Mutant(
            f"the verifier skips check {skipped.check}",
            (Edit(skipped.file, skipped.old, skipped.new),),
            (
                EXPORT + "test_attacks.py",
                EXPORT + "test_merkle.py",
                EXPORT + "test_csv.py",
                "tests/integration/export/test_parts.py",
                "-k",
                " and ".join(skipped.words.split()),
            ),
        )
        for skipped in SKIPPED
    ),
    Mutant(
        "ordinary works go on when an alert has fired",
        (Edit("tests/faults/maintenance.py", "    assert not fired, f", "    assert not None, f"),),
        (MAINTENANCE, "-k", "ends_the_run"),
    ),
    Mutant(
        "ordinary works are done beside rules with short durations",
        (Edit("tests/ops/prometheus.py", "    return rules\n\n\ndef only", "    return quick(rules)\n\n\ndef only"),),
        (MAINTENANCE, "-k", "fires_nothing"),
    ),
    Mutant(
        "an operator restarts a consumer as often as the order says",
        (Edit("tests/faults/work.py", " < self.max_times", " >= 0"),),
        (MAINTENANCE, "-k", "each_work"),
    ),
    Mutant(
        "a soak makes faults that need services of their own in those of all",
        (Edit("tests/faults/choice.py", "fault.mixes and fault.where is shared and", "fault.mixes is not None and"),),
        ("tests/ops/test_faults_by_list.py", "-k", "soak_comes"),
    ),
    Mutant(
        "a run by the classic protocol replaces the table of the usual one",
        (Edit("tests/faults/protocol.py", 'if protocol == "consumer" else', "if protocol else"),),
        ("tests/ops/test_faults_by_list.py", "-k", "part_of_its_own"),
    ),
    *(
        Mutant(
            f"the sealed log: {broken.guarantee}",
            (Edit(broken.file, broken.old, broken.new),),
            (SEALED + f"{broken.tests}.py", "-k", broken.words),
        )
        for broken in BROKEN
    ),
)


def main(names: list[str]) -> int:
    """Tries the mutants, or those whose names contain one of `names`; prints a line for each, in their order."""
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    if any(test.startswith("tests/cluster/") for mutant in chosen for test in mutant.tests):
        programs.provide()  # where they are not built yet it takes longer than a test may
    survived = 0
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        for number, (mutant, (verdict, seconds, output)) in enumerate(
            zip(chosen, lanes.map(_timed, chosen), strict=True), 1
        ):
            survived += verdict != "caught"
            print(f"{number:3}/{len(chosen)}  {verdict:8} {seconds:4.0f} s  {mutant.name}", flush=True)
            if verdict != "caught":
                print(output, flush=True)
    return 1 if survived else 0


def _timed(mutant: Mutant) -> tuple[str, float, str]:
    began = time.monotonic()
    verdict, output = _try(mutant)
    return verdict, time.monotonic() - began, output


def _try(mutant: Mutant) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="audit-mutant-") as folder:
        tree = Path(folder)
        _copy(tree)
        for edit in mutant.edits:
            if (complaint := _apply(tree, edit)) is not None:
                return "misfit", complaint
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *mutant.tests]
        process = subprocess.run(
            command,
            cwd=tree,
            env=_environ(tree),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
    return _verdict(process), process.stdout[-3000:]


def _verdict(process: subprocess.CompletedProcess[str]) -> str:
    """A test has to fail: one whose fixture fails says nothing of what the test asserts, and the words after -k must select one."""
    if process.returncode == NOTHING_SELECTED:
        return "misfit"
    if process.returncode != CAUGHT:
        return "survived"
    summary = process.stdout.rstrip().rpartition("\n")[2]
    return "caught" if re.search(r"\b\d+ failed\b", summary) else "error"


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


def _environ(tree: Path) -> dict[str, str]:
    # The programs that a test starts are those of the copy, too. The tests of tests/cluster are run where they are named; others
    # that want containers are not.
    return {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "AUDIT_CONTAINERS": "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
