"""The metrics of the sealer and of the check: docs/operations.md lists them."""

import re
from pathlib import Path

from prometheus_client import generate_latest

from export.check import metrics_file
from export.copies.copies import Copies
from export.copies.directory import Directory
from export.seal.metrics import Metrics

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_documented_metrics_are_the_ones_that_exist(tmp_path: Path) -> None:
    """Each is in the table, with its type; the table has no others."""
    left = tmp_path / "check.prom"
    metrics_file.write(left, time=1.0, exit_code=0, seconds=2.0)
    text = generate_latest(Metrics(Copies([Directory(tmp_path)], tmp_path), left).registry).decode()
    shown = set(re.findall(r"^# TYPE (auditlog_\w+?(?<!_created)) (\w+)$", text, re.MULTILINE))
    listed = set(
        re.findall(r"^\| `(auditlog_(?:seal|check)_\w+)` \| (\w+) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    )

    assert shown == listed
    assert 'auditlog_seal_uncopied_seals{place="directory"} 0.0' in text
