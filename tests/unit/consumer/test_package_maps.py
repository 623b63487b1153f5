"""Each package of the consumer has a map: its docstring names every module, and no other, once."""

import re
from collections import Counter
from pathlib import Path

import pytest

CONSUMER = Path(__file__).parents[3] / "consumer"
PACKAGES = [
    CONSUMER,
    *(
        CONSUMER / name
        for name in (
            "commands",
            "event",
            "event/avro",
            "kafka",
            "operator",
            "partitions",
            "registry",
            "storage",
            "telemetry",
        )
    ),
]


def modules(package: Path) -> set[str]:
    """The modules and packages directly in `package`."""
    files = {path.stem for path in package.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in package.glob("*/__init__.py")}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(CONSUMER.parent).as_posix())
def test_a_map_names_each_module_once(package: Path) -> None:
    """A module that is missing cannot be found by the map; one that is gone misleads."""
    text = (package / "__init__.py").read_text(encoding="utf-8")
    named = Counter(re.findall(r"`(\w+)`", text))
    assert named == dict.fromkeys(modules(package), 1)
