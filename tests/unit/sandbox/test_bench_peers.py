"""The benchmark beside other programs: why one failed is said, and what the table is calculated from."""

import os
import sys

import pytest

from sandbox.bench_peers.process import Failed, Measured, measure
from sandbox.bench_peers.report import OURS, rows


def run(program: str) -> Measured:
    """One program, beside a server that is this process."""
    return measure([sys.executable, "-c", program], os.environ, os.getpid())


def test_the_end_of_its_errors_says_why_a_program_failed() -> None:
    """After many other lines, with the exit code and the time: one that hangs is killed, and has written nothing."""
    with pytest.raises(Failed, match=r"^exit code 1 after \d+ s: .* ERROR: permission denied$"):
        run("import sys; print('warning: slow\\n' * 100, file=sys.stderr); sys.exit('ERROR: permission denied')")
    with pytest.raises(Failed, match=r"^exit code 7 after \d+ s: nothing on its standard error$"):
        run("import sys; sys.exit(7)")


def test_ratios_are_of_one_round() -> None:
    """The median and range of the rounds' ratios, not the ratio of medians: the rounds of one machine differ."""
    ours = [Measured(1_000_000, seconds, 4.0, 2.0, 100.0) for seconds in (10.0, 20.0, 40.0)]
    peer = [Measured(1_000_000, seconds, 9.0, 3.0, 512.4) for seconds in (20.0, 20.0, 120.0)]

    assert rows({OURS: ours, "peer": peer}, {}, 1_000_000) == [
        (OURS, "20.0", "1.00 (1.00–1.00)", "4", "2", "100"),
        ("peer", "20.0", "2.00 (1.00–3.00)", "9", "3", "512"),
    ]
