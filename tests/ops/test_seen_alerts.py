"""Each alert fires on a fault that some test of tests/ops makes: what made-up figures alone can fire may never fire on call.

It is read from the tests, not seen in a run: a test that waits for an alert passes only if the alert fires.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.prometheus import RULES

# What waits until the alerts that it names fire.
WAITS = {"fires", "until_firing"}
MADE_UP = {"alert": "AuditMadeUp"}
MODULE = """
def test_it(stack):
    {line}
"""


def waited_for(text: str) -> Iterator[str]:
    """The alerts that the test functions of a module wait for."""
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for call in filter(lambda node: isinstance(node, ast.Call), ast.walk(function)):
                assert isinstance(call, ast.Call)
                if ast.unparse(call.func).rpartition(".")[2] in WAITS:
                    yield from (
                        word.value
                        for word in call.args
                        if isinstance(word, ast.Constant) and isinstance(word.value, str)
                    )


def unseen(groups: Iterable[dict[str, Any]], texts: Iterable[str]) -> set[str]:
    """The alerts of some groups that no module's tests wait for."""
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    return alerts - {name for text in texts for name in waited_for(text)}


def test_every_alert_is_fired_by_a_fault() -> None:
    """Of each group: consumer, reader, what is around them, and the export."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    assert len(groups) == 4
    assert unseen(groups, texts) == set()
    for group in groups:
        made_up = {**group, "rules": [*group["rules"], MADE_UP]}
        assert unseen([made_up], texts) == {MADE_UP["alert"]}


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('stack.fires("AuditOther", "AuditMadeUp")', True),
        ('until_firing(world, prometheus, "AuditMadeUp", of=[])', True),
        ('stack.clears("AuditMadeUp")', False),
        ('assert "AuditMadeUp" not in prometheus.firing()', False),
        ("pass  # AuditMadeUp", False),
    ],
)
def test_an_alert_is_seen_where_a_test_waits_for_it(line: str, *, seen: bool) -> None:
    """Its name alone is not enough, and neither is a function that is no test."""
    groups, text = [{"rules": [MADE_UP]}], MODULE.format(line=line)
    assert unseen(groups, [text]) == (set() if seen else {"AuditMadeUp"})
    assert unseen(groups, [text.replace("test_it", "it")]) == {"AuditMadeUp"}
