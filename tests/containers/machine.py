"""What an engine of our own could have changed on this machine, compared before and after it."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sandbox.services.guard import marked
from tests.containers.engine import CGROUPS


def machine_state() -> Mapping[str, frozenset[str]]:
    """Interfaces, forwarding, firewall rules and named networks, each as lines."""
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    return {
        "network interface": frozenset(path.name for path in Path("/sys/class/net").iterdir()),
        "forwarding": frozenset([forwarding.read_text().strip()]),
        "firewall rule": frozenset(_rules()),
        "network namespace": frozenset(path.name for path in Path("/run/netns").glob("*")),
    }


def changes(before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]], folder: Path) -> list[str]:
    """What differs, and what is left of the engine whose data was in `folder`; a sentence each."""
    differences = [
        f"{kind} that was not there: {line}" for kind in before for line in sorted(after[kind] - before[kind])
    ]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    differences += [f"mount that is left: {line.split()[4]}" for line in mounts if str(folder) in line]
    differences += [f"process that is left: {process.pid} {process.name()}" for process in marked(folder)]
    differences += [f"control group that is left: {path}" for path in CGROUPS.glob(f"**/{folder.name}")]
    return differences + ([f"folder that is left: {folder}"] if folder.exists() else [])


def _rules() -> list[str]:
    if shutil.which("iptables-save") is None:
        return []
    process = subprocess.run(["iptables-save"], check=False, capture_output=True, text=True)
    return [line for line in process.stdout.splitlines() if line.startswith("-A")]
