"""Machines on a network whose lines can be slow, lose, double and reorder packets, or be cut off: namespaces, and a router of our own.

The kernel's netem does this better where it is there; many kernels of containers lack it (decision 114).
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.services.machine import HERE, Machine
from sandbox.services.namespaces import entered, tunnel
from sandbox.services.network_devices import changing
from sandbox.services.network_line import GOOD, LineCount, LineQuality
from sandbox.services.process import SandboxError

ROOT = Path(__file__).parents[2]
GRACE = 10  # seconds


class Network:
    """Machines by their names, for the time of a `with`; we are on it too, as `here`. SandboxError where there can be none.

    `seed` is of which packets are lost, doubled and late; what is sent differs from run to run all the same.
    """

    def __init__(self, names: Sequence[str], seed: int | None = None) -> None:
        self.seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        self.machines: dict[str, Machine] = {}
        self._names = (HERE.name, *names)
        self._router: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        if lacks := missing():
            raise SandboxError(lacks)
        command = [sys.executable, "-m", "sandbox.services.router"]
        with changing():
            self._router = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
            )
            answer = self._ask({"seed": self.seed, "machines": self._names})
        for name, (address, descriptor) in answer.items():
            namespace = f"/proc/{self._router.pid}/fd/{descriptor}" if descriptor else None
            self.machines[name] = Machine(name=name, address=address, namespace=namespace)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._router is not None
        with changing(), self._router as router:
            assert router.stdin is not None
            router.stdin.close()
            router.wait(GRACE)

    def line(self, *names: str, quality: LineQuality = GOOD) -> None:
        """From now on these machines' lines are so good or bad.

        Between two machines there are two lines. With a loss of 1 a machine is cut off.
        """
        self._ask(dict.fromkeys(names, asdict(quality)))

    def packets(self) -> dict[str, LineCount]:
        """What each line has done with packets so far."""
        return {name: LineCount(*count) for name, count in self._ask({}).items()}

    def _ask(self, order: object) -> dict[str, Any]:
        router = self._router
        assert router is not None
        assert router.stdin is not None
        assert router.stdout is not None
        router.stdin.write(f"{json.dumps(order)}\n")
        router.stdin.flush()
        if not (line := router.stdout.readline()):
            raise SandboxError(f"the router has ended with {router.wait(GRACE)}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def missing() -> str:
    """Why there can be no such network here; empty where there can be."""
    if shutil.which("ip") is None:
        return "`ip` is not installed: apt-get install iproute2"
    try:
        with entered(None):
            os.close(tunnel("eth0"))
    except OSError as error:
        return f"machines in network namespaces need root and /dev/net/tun: {error}"
    return ""
