"""A Docker engine of our own, for machines where none answers: dockerd in namespaces of its own, which end with it.

Invariant: nothing of the machine is changed. The engine has its own mounts and process ids, so that killing its first
process takes every container, mount and shim along, however we ended; and, while containers run, its own network, so that
its bridge, forwarding and iptables rules are nobody else's. A network of its own reaches no registry of packages: images are
built before, by an engine that shares the machine's network and is configured to leave it alone.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException  # type: ignore[import-untyped]

from sandbox.services.guard import marked
from sandbox.services.process import Server
from sandbox.services.temporary_folder import PREFIX, TemporaryFolder

USUAL = "unix:///var/run/docker.sock"
# What is needed, and the Debian package that has it.
PROGRAMS = {"dockerd": "docker" + ".io", "ip": "iproute2", "mmdebstrap": "mmdebstrap", "nsenter": "util-linux"}
PRIVATE = ("unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
LEAVE_NETWORK_ALONE = (
    "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
)  # fmt: skip
CGROUPS = Path("/sys/fs/cgroup")


class Impossible(Exception):
    """The tier cannot run on this machine, and why."""


def require() -> None:
    """Raises Impossible where no engine of our own can run, with what is missing."""
    if os.geteuid() != 0:
        raise Impossible("no Docker engine answers, and only root can start one of our own")
    if missing := [package for program, package in PROGRAMS.items() if shutil.which(program) is None]:
        raise Impossible(f"no Docker engine answers; one of our own needs: apt-get install {' '.join(missing)}")
    tried = subprocess.run([*PRIVATE, "--net", "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        raise Impossible(f"this machine gives no namespaces: {tried.stderr.strip()}")


class Engine:
    """dockerd with its data below `folder`; started by `connected` to build, by `isolated` to run."""

    def __init__(self, folder: TemporaryFolder) -> None:
        for cgroup in CGROUPS.glob(f"**/{PREFIX}engine-*"):  # of one that was killed
            if not folder.path.with_name(cgroup.name).exists():
                _remove(cgroup)
        self.url = f"unix://{folder.path}/docker.sock"
        self._folder = folder
        self._server = Server("dockerd", folder, self._answers)
        self._cgroup = f"/{folder.path.name}"

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Runs in the machine's network, for `build` with network_mode host and for `pull`; containers get no network."""
        with self._running((*PRIVATE, *self._dockerd(*LEAVE_NETWORK_ALONE))):
            yield

    @contextmanager
    def isolated(self) -> Iterator[list[str]]:
        """Runs in a network of its own; gives the words before a command that shall see the containers' ports."""
        up = ("sh", "-c", 'ip link set lo up && exec "$@"', "sh")
        with self._running((*PRIVATE, "--net", *up, *self._dockerd())):
            yield ["nsenter", f"--net=/proc/{self._first()}/ns/net", "--"]

    def close(self) -> None:
        """Removes the control groups that containers may have left; the temporary folder removes itself."""
        for cgroup in CGROUPS.glob(f"**{self._cgroup}"):
            _remove(cgroup)

    @contextmanager
    def _running(self, command: Sequence[str]) -> Iterator[None]:
        try:
            self._server.start(command, limit=60)
            yield
        finally:
            for process in marked(self._folder.path):
                if process.name() == "dockerd":
                    process.terminate()
            self._server.stop(limit=30)

    def _dockerd(self, *options: str) -> tuple[str, ...]:
        at = self._folder.path
        places = (
            f"--host={self.url}",
            f"--data-root={at}/data",
            f"--exec-root={at}/exec",
            f"--pidfile={at}/dockerd.pid",
        )
        return ("dockerd", *places, f"--cgroup-parent={self._cgroup}", "--storage-driver=overlay2", *options)

    def _first(self) -> int:
        """The process that is number 1 in the engine's namespaces."""
        pid: int
        (pid,) = (process.pid for process in marked(self._folder.path) if process.name() == "dockerd")
        return pid

    def _answers(self) -> bool:
        return answers(self.url)


def answers(url: str) -> bool:
    """Whether an engine answers at this address."""
    # Looked at first: the client leaks its socket when nothing listens.
    if url.startswith("unix://") and not Path(url.removeprefix("unix://")).is_socket():
        return False
    try:
        return bool(docker.DockerClient(base_url=url, timeout=5).ping())
    except DockerException:
        return False


def _remove(cgroup: Path) -> None:
    """Removes a control group in which nothing runs, with those below it."""
    for folder in sorted(cgroup.glob("**/"), key=lambda path: -len(path.parts)):
        folder.rmdir()
