"""What Linux says of a process (proc(5)). It needs nothing else of the sandbox: programs whose memory is measured import it."""

import re
from pathlib import Path


def status(pid: int, name: str) -> str:
    """A line of /proc/PID/status, empty where it has none of this name. Raises OSError where there is no such process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    match = re.search(rf"^{name}:\s*(.+)$", text, re.MULTILINE)
    return match[1] if match else ""


def peak_bytes(pid: int) -> int:
    """The most memory that a process had resident, 0 of one that has just ended. Raises OSError where there is none.

    `ru_maxrss` will not do: it begins with what the parent had.
    """
    return int(status(pid, "VmHWM").removesuffix(" kB") or 0) * 1024
