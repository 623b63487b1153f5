"""`explain` and `catalog`: what developers of services see, without any setting or service."""

import json
from pathlib import Path
from typing import Any

import pytest

import schemas
from catalog import render
from catalog.advice import ADVICE
from catalog.audit_types import CATALOG
from catalog.reasons import ParkReason
from schemas import Example, examples
from tests.builders import example
from tests.integration.commands.conftest import Cli

EXAMPLES = Path(schemas.__file__).parent / "examples"


def written(sample: Example, **changed: Any) -> dict[str, Any]:
    """An example as its file has it, with parts replaced."""
    return {"key": sample.key, "headers": dict(sample.headers), "data": sample.data, **changed}


@pytest.fixture
def explained(bare: Cli, tmp_path: Path) -> Any:
    """Explains a JSON value; the exit code and the JSON that is printed."""

    def run(content: Any) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "event.json"
        file.write_text(json.dumps(content))
        result = bare.run("explain", str(file), "--format", "json")
        return result.exit_code, json.loads(result.stdout)

    return run


@pytest.mark.parametrize("sample", examples(), ids=lambda sample: f"{sample.ce_type}/{sample.case}")
def test_every_example_is_explained(explained: Any, sample: Example) -> None:
    """Each released example has an outcome, and is parked only the one with an unknown plan is parked."""
    code, answer = explained(written(sample))
    assert answer["outcome"] in {"recorded", "ignored", "parked"}
    assert (code == 1) == (answer["outcome"] == "parked") == (sample.case == "unknown_plan")


def test_entry_is_the_one_that_would_be_stored(explained: Any) -> None:
    """A recorded example is shown with the names of the API, its diff and the MCP tag."""
    code, answer = explained(written(example("schedule.edited", "mcp")))
    entry = answer["entry"]
    assert (code, answer["outcome"], entry["action"], entry["source"]) == (
        0,
        "recorded",
        "schedule.lifecycle_changed",
        "mcp",
    )
    assert entry["diff"]["changes"]["/cron"] == {"before": "0 9 * * 1", "after": "0 8 * * 1"}
    assert entry["facets"] == ["operation:edited"]
    assert entry["occurred_at"].endswith("Z")


def test_table_shows_entry_and_diff(bare: Cli) -> None:
    """For people the entry is a sentence and a table of changes, without color codes where there is no terminal."""
    result = bare.run("explain", str(EXAMPLES / "schedule.edited.v1" / "mcp.json"))
    assert result.exit_code == 0
    for words in ("recorded", "edited the schedule Weekly coaching digest", "/report/format", '"pdf"', '"docx"'):
        assert words in result.stdout
    assert "\x1b" not in result.stdout


def test_stdin_is_read(bare: Cli) -> None:
    """A dash reads standard input."""
    content = json.dumps(written(example("member.removed"))).encode()
    assert bare.fed(content, "explain", "-").exit_code == 0


def test_unknown_type_would_be_parked(explained: Any) -> None:
    """A header that names a type that no one has listed is explained as parked, with what to do."""
    sample = example("member.removed")
    code, answer = explained(written(sample, headers={**sample.headers, "ce_type": "member.renamed"}))
    assert (code, answer["reason"]) == (1, "unknown_type")
    assert "catalog/audit_types.py" in answer["to_do"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": "org_other"}, "key_mismatch"),
        ({"key": None}, "key_missing"),
        ({"headers": {}}, "not_cloudevents"),
    ],
)
def test_what_a_service_got_wrong_is_named(explained: Any, change: dict[str, Any], reason: str) -> None:
    """A record that would be parked ends with 1 and its reason."""
    code, answer = explained(written(example("member.removed"), **change))
    assert (code, answer["outcome"], answer["reason"]) == (1, "parked", reason)


def test_ignored_ends_well(explained: Any) -> None:
    """A type that is listed as not audited, an edit without a change and a tombstone are explained as ignored."""
    edited = example("schedule.edited")
    same = {**edited.data, "after": edited.data["before"]}
    answers = [
        explained(written(example("member.signed_in"))),
        explained(written(edited, data=same)),
        explained(written(edited, data=None)),
    ]
    assert [(code, answer["reason"]) for code, answer in answers] == [
        (0, "not_audited"),
        (0, "no_change"),
        (0, "tombstone"),
    ]


def test_data_that_does_not_fit_is_reported_by_pointer(explained: Any) -> None:
    """Each place that does not fit the schema is named by its JSON Pointer; nothing could have been sent."""
    sample = example("member.removed")
    data = {**sample.data, "actor": {**sample.data["actor"], "type": "robot"}, "extra": 1}
    del data["member_id"]
    code, answer = explained(written(sample, data=data))
    assert (code, answer["outcome"]) == (2, "unusable")
    pointers = [problem.split(":")[0] for problem in answer["problems"]]
    assert sorted(pointers) == ["/data/actor/type", "/data/extra", "/data/member_id"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a JSON object"),
        (b"{}", "/headers: is missing"),
        (b'{"key": 1, "headers": {"a": 1}, "data": {}, "x": 0}', "/headers/a: is not a string"),
        (b'{"key": "\\ud800", "headers": {}, "data": {}}', "/key: is not a string"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_unusable_input(bare: Cli, content: bytes, words: str) -> None:
    """What is no example ends with 2 and says what is wrong with it."""
    result = bare.fed(content, "explain", "-")
    assert result.exit_code == 2
    assert words in result.stderr


def test_file_that_is_not_there(bare: Cli) -> None:
    """A file that cannot be read is one line and exit code 2."""
    assert "cannot be read" in bare.refused("explain", "no-such-file.json", code=2)


def test_control_characters_do_not_reach_the_terminal(bare: Cli) -> None:
    """An escape sequence in an example is printed escaped."""
    sample = example("workspace.settings_changed")
    after = {**sample.data["after"], "name": "\x1b[31mred\x9b\u202e"}
    content = json.dumps(written(sample, data={**sample.data, "after": after})).encode()
    result = bare.fed(content, "explain", "-")
    assert result.exit_code == 0
    assert not {"\x1b", "\x9b", "\u202e"} & set(result.stdout)


def test_catalog_in_three_forms(bare: Cli) -> None:
    """JSON and Markdown are the catalog's own; the table names every type and every reason."""
    assert json.loads(bare.ok("catalog", "--format", "json")) == json.loads(render.as_json())
    assert bare.ok("catalog", "--format", "markdown") == render.as_markdown()
    table = bare.ok("catalog", COLUMNS="80")
    data = render.as_data()
    words = [listed["name"] for listed in data["types"]] + [
        word for listed in data["reasons"].values() for word in listed
    ]
    assert len(data["types"]) == len(CATALOG)
    assert [word for word in words if word not in table] == []
    assert max(map(len, table.splitlines())) <= 80


def test_every_reason_has_advice() -> None:
    """No reason for parking leaves a person without a next step."""
    assert set(ADVICE) == set(ParkReason)


@pytest.mark.parametrize(
    "text",
    [
        '{"key": "a", "key": "b", "headers": {}, "data": null}',
        '{"key": "a", "headers": {"ce_id": "1", "ce_id": "2"}, "data": null}',
        '{"key": "a", "headers": {"\\ud800": "1"}, "data": null}',
        '{"key": "a", "headers": {"ce_type": "workspace.settings_changed"}, "data": {"after": {"preferences": {"\\ud800": 1}}}}',
        *(f'{{"key": "a", "headers": {{"ce_type": "member.removed"}}, "data": {"[" * depth}{"]" * depth}}}' for depth in (960, 975, 5000)),
    ],
    ids=["a key twice", "a header twice", "a header of half a letter", "a key of half a letter", "deep", "deeper", "too deep"],
)  # fmt: skip
def test_what_no_service_could_send(bare: Cli, text: str) -> None:
    """It is said in a few lines with exit code 2, never a traceback, and never recorded."""
    result = bare.fed(text.encode(), "explain", "-")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a record that a service could send" in result.stderr
    assert len(result.stderr) < 3000
