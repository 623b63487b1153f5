"""Linux's network namespaces and tunnels, by the calls that Python 3.11 does not have.

A namespace belongs to a thread, and to all that this thread starts. It is gone when nothing is in it and no file of it is open.
"""

import ctypes
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def entered(namespace: str | None) -> Iterator[None]:
    """The calling thread is in the namespace of this file, or in a new one, while the block lasts. OSError where it may not be."""
    before = opened()
    try:
        if namespace is None:
            _call(_libc.unshare, CLONE_NEWNET)
        else:
            there = os.open(namespace, os.O_RDONLY)
            try:
                _call(_libc.setns, there, CLONE_NEWNET)
            finally:
                os.close(there)
        try:
            yield
        finally:
            _call(_libc.setns, before, CLONE_NEWNET)
    finally:
        os.close(before)


def opened() -> int:
    """A file descriptor of the calling thread's namespace, which keeps it."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def tunnel(name: str) -> int:
    """A new network device of the calling thread's namespace, gone when its file descriptor is closed.

    Each read of that takes a packet which was sent to the device, each write gives it one. OSError where the name is taken, or
    where it may not be.
    """
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError:
        os.close(device)
        raise
    return device


def _call(function: "ctypes._NamedFuncPointer", *arguments: int) -> None:
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
