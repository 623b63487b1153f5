"""The reader's API and the operator's commands show an entry in one shape (SPEC 6), also an entry of an unknown action."""

import json
from datetime import UTC, datetime
from typing import Any

from consumer.commands.outcome_view import outcome_data
from consumer.event.model import Recorded, Row
from reader.http import json_response
from reader.model import Entry

DIFF = '{"changes":{"/x":{"after":1.10}},"mcp":{"client":null,"tool":null},"source":"mcp"}'
NAMES: dict[str, Any] = {
    "workspace_id": "org_1", "action": "member.removed", "facets": ["role:admin"], "actor_type": "user", "actor_id": "user_1",
    "actor_email": None, "subject_type": "member", "subject_id": "user_2", "subject_label": "Max", "channel": "mcp",
    "event_source": "/services/members", "event_id": "e-1", "diff": DIFF,
}  # fmt: skip
ROW: dict[str, Any] = {
    "kafka_topic": "callmine.members", "kafka_partition": 0, "kafka_offset": 1, "kafka_timestamp": None,
    "content_digest": b"", "trace_id": None,
}  # fmt: skip
AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
AT_TEXT = "2026-11-01T09:30:00.000000Z"


def api(**changed: Any) -> dict[str, Any]:
    """The entry as the API shows it."""
    entry = Entry(id=2**60, source="mcp", occurred_at=AT, recorded_at=AT, **{**NAMES, **changed})
    shown: dict[str, Any] = json.loads(bytes(json_response.entry(entry).body))
    return shown


def test_the_api_and_the_commands_agree() -> None:
    """Beside what only one of them has: an id and the time of recording, or a digest."""
    by_command = outcome_data(Recorded(Row(occurred_at=AT_TEXT, **NAMES, **ROW), sanitized=False))["entry"]
    by_api = api()

    assert by_api.keys() - by_command.keys() == {"id", "recorded_at"}
    assert by_command.keys() - by_api.keys() == {"content_digest"}
    assert {name: by_command[name] for name in by_command.keys() & by_api.keys()} == {
        name: by_api[name] for name in by_command.keys() & by_api.keys()
    }


def test_ids_are_text_and_digits_are_kept() -> None:
    """JavaScript's numbers end at 2^53, and 1.10 is not 1.1."""
    entry = Entry(id=2**60, source="mcp", occurred_at=AT, recorded_at=AT, **NAMES)

    assert api()["id"] == str(2**60)
    assert DIFF.encode() in bytes(json_response.entry(entry).body)


def test_an_unknown_action_is_its_own_label() -> None:
    """A newer consumer may have written it."""
    assert api(action="robot.danced")["label"] == "robot.danced"
    assert api()["label"] == "Member removed"


def test_a_suggested_name_is_one_that_a_filter_finds() -> None:
    """A filter has no blanks around it, and nobody can type what is not seen."""
    suggested = json_response.names(["user_1", " ", "", " x@y.example", "a\u200bb", "dana@x.example", "a b@x.example"])

    assert json.loads(bytes(suggested.body)) == {"data": ["dana@x.example", "user_1"]}
