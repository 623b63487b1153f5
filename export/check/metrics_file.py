"""Writes the result of a scheduled check for Prometheus: a file for the node exporter's textfile collector (decision 44)."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from export.whole_files import is_irregular

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
    """Writes the file as a whole, and leaves no draft. Raises OSError."""
    if is_irregular(path):  # since the settings were read; renaming would replace it
        raise OSError(errno.EINVAL, "is not a regular file")
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        draft.write_text(_TEXT.format(time=time, exit_code=exit_code, seconds=seconds))
        draft.replace(path)
    finally:
        with suppress(OSError):  # the first error counts
            draft.unlink(missing_ok=True)
