"""The dashboard by Grafana's own published schema: the types of its SDK, which are generated from it.

They drop what they do not know and check no value, so the dashboard is read and written again, and must be what it was; and each
value must have the type that is declared for it. No package brings a Grafana server (decision 83).
"""

import importlib
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from pydantic import ConfigDict, TypeAdapter, ValidationError

FILE = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
LOOSE = ConfigDict(arbitrary_types_allowed=True)


def differences(ours: Any, theirs: Any, at: str = "") -> Iterator[str]:
    """Where a value that the schema has read and written is not the one that it was given."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours.keys() | theirs.keys():
            if name in ours and name in theirs:
                yield from differences(ours[name], theirs[name], f"{at}/{name}")
            elif name in ours:
                yield f"{at}/{name} is unknown"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(mine, other, f"{at}/{number}")
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{at} is {ours!r}, and would be {theirs!r}"


def misfits(value: Any, at: str = "") -> Iterator[str]:
    """Where an object of the SDK holds a value that is not of the declared type."""
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from misfits(member, f"{at}/{number}")
    elif hasattr(value, "from_json"):
        module = importlib.import_module(type(value).__module__)
        declared = get_type_hints(type(value), vars(module))
        for name, held in vars(value).items():
            try:
                fits = TypeAdapter(declared[name], config=LOOSE).validate_python(held) == held
            except ValidationError:
                fits = False
            if not fits:
                yield f"{at}/{name} is {held!r}"
            yield from misfits(held, f"{at}/{name}")


def faults(dashboard: dict[str, Any]) -> list[str]:
    """What the schema has against a dashboard."""
    register_default_plugins()
    read = Dashboard.from_json(dashboard)
    return [*differences(dashboard, json.loads(JSONEncoder().encode(read))), *misfits(read)]


def test_the_dashboard_is_one_of_grafanas() -> None:
    """Every field is known, down to the options of each kind of panel and query, and every value is of its type."""
    assert faults(DASHBOARD) == []


def first(kind: str, panels: list[dict[str, Any]]) -> dict[str, Any]:
    """The first panel of a kind."""
    return next(panel for panel in panels if panel["type"] == kind)


def target(dashboard: dict[str, Any]) -> dict[str, Any]:
    query: dict[str, Any] = first("timeseries", dashboard["panels"])["targets"][0]
    return query


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda board: board.update(titel="x"), "titel"),
        (lambda board: board.update(refresh=30), "refresh"),
        (lambda board: board["templating"]["list"][1].update(sort="by name"), "sort"),
        (lambda board: first("timeseries", board["panels"])["options"].update(legends={}), "legends"),
        (lambda board: first("timeseries", board["panels"])["gridPos"].update(h="tall"), "h"),
        (lambda board: target(board).update(expression="up"), "expression"),
        (lambda board: target(board).update(expr=1), "expr"),
    ],
)
def test_what_grafana_does_not_know_is_noticed(change: Callable[[dict[str, Any]], None], word: str) -> None:
    """A misspelled field or a value of another type, at the top, in a panel's options and in a query."""
    broken = deepcopy(DASHBOARD)
    change(broken)
    assert any(f"/{word} " in fault for fault in faults(broken)), faults(broken)
