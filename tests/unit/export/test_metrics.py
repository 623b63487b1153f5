"""The metrics of the sealer and of the check: docs/operations.md lists them."""

import re
from pathlib import Path

from prometheus_client import generate_latest

from export.check import metrics_file
from export.copies.copies import Copies
from export.copies.directory import Directory
from export.format.record import SealRecord
from export.seal.metrics import Metrics

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_documented_metrics_are_the_ones_that_exist(tmp_path: Path) -> None:
    """Each is in the table, with its type; the table has no others."""
    left = tmp_path / "check.prom"
    metrics_file.write(left, time=1.0, exit_code=0, seconds=2.0)
    text = generate_latest(Metrics(Copies([Directory(tmp_path)], tmp_path), left, 60).registry).decode()
    shown = set(re.findall(r"^# TYPE (auditlog_\w+?(?<!_created)) (\w+)$", text, re.MULTILINE))
    listed = set(
        re.findall(r"^\| `(auditlog_(?:seal|check)_\w+)` \| (\w+) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    )

    assert shown == listed
    assert 'auditlog_seal_uncopied_seals{place="directory"} 0.0' in text


def test_a_log_without_a_seal_has_no_time_of_one(tmp_path: Path) -> None:
    """0 would be a seal of 1970, and page at each first start. Once the newest seal is known, size and time are its own."""
    metrics = Metrics(Copies([], tmp_path), None, 60)

    def value(name: str) -> float | None:
        return metrics.registry.get_sample_value(f"auditlog_seal_{name}")

    assert (value("size"), value("last_timestamp_seconds")) == (0, None)
    metrics.continued(
        SealRecord(
            seal=6, time="2026-11-03T10:00:00.000000Z", complete_through=None, map_root="", accounts="", snapshot=""
        )
    )
    assert (value("size"), value("last_timestamp_seconds")) == (7, 1793700000)
