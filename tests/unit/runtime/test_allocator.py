"""Memory that is free goes back to the system."""

import subprocess
import sys

import pytest

# A freed block of 16 MB raises glibc's limit; then blocks of 8 MB, in the heap, with small ones between them that stay.
PROGRAM = """
from pathlib import Path
{first}
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
bytes(16 * 1024 * 1024)
began, kept = resident(), []
for _ in range(4):
    large = bytearray(b"x") * (8 * 1024 * 1024)
    kept.append(bytes(1000))
    del large
print(resident() - began)
"""


@pytest.mark.parametrize(
    ("first", "stays"),
    [("", True), ("from runtime.allocator import give_back_large_blocks\ngive_back_large_blocks()", False)],
)
def test_large_blocks_go_back_when_they_are_free(first: str, stays: bool) -> None:
    """Without it they stay with the program."""
    text = PROGRAM.format(first=first)
    process = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    assert (int(process.stdout) > 7_000_000) is stays
