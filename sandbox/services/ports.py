"""TCP ports of this machine for servers that are started later, or again: no two owners get the same one."""

import fcntl
import os
import random
import socket

from sandbox.services.cache import place
from sandbox.services.machine import HERE

FIRST, END = 20_000, 32_000  # Linux hands out 32768 and up, others 49152 and up


def free_port() -> int:
    """A free TCP port of 127.0.0.1, below those that the system hands out.

    A server that is down must find its port free when it comes back. A port of the ephemeral range may by then be the
    local end of some connection, even of a client that retries and so connects to itself. All processes of this user take
    their ports one after another, so that one which is not listened on yet, or for a while, is not given to another.
    """
    file = place("last-port", os.environ)
    file.parent.mkdir(parents=True, exist_ok=True)
    counter = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(counter, fcntl.LOCK_EX)
        last = os.pread(counter, 5, 0)
        port = int(last) if last else random.randrange(FIRST, END)
        while True:
            port = FIRST + (port + 1 - FIRST) % (END - FIRST)
            if _is_free(port):
                os.pwrite(counter, b"%d" % port, 0)
                return port
    finally:
        os.close(counter)


def listens(port: int, address: str = HERE.address) -> bool:
    """Whether something accepts connections on this port."""
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
