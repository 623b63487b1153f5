"""Writes the result of a scheduled check for Prometheus: a file for the node exporter's textfile collector (decision 44)."""

import os
from pathlib import Path

_TEXT = """# HELP auditlog_check_last_timestamp_seconds When the last check ended, Unix time
# TYPE auditlog_check_last_timestamp_seconds gauge
auditlog_check_last_timestamp_seconds {time:.3f}
# HELP auditlog_check_exit_code What the last check found: 0 nothing, 1 tampered, 2 malformed, 3 incomplete, 4 untrusted, 5 rewritten
# TYPE auditlog_check_exit_code gauge
auditlog_check_exit_code {exit_code}
# HELP auditlog_check_duration_seconds What the last check took
# TYPE auditlog_check_duration_seconds gauge
auditlog_check_duration_seconds {seconds:.3f}
"""


def write(path: Path, *, time: float, exit_code: int, seconds: float) -> None:
    """Writes the file as a whole. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.write_text(_TEXT.format(time=time, exit_code=exit_code, seconds=seconds))
    draft.replace(path)
