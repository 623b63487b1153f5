"""The C library's allocator, in a program of many threads that makes large values and drops them (decision 74)."""

import ctypes

M_MMAP_THRESHOLD = -3  # as glibc's malloc.h numbers it
LARGE = 128 * 1024  # bytes; glibc's first value


def give_back_large_blocks() -> None:
    """From now on each block of at least LARGE bytes is mapped by itself, so that the system gets it back when it is freed.

    glibc would raise the limit to the largest block that was ever freed, and keep blocks below it in the heap of the thread
    that asked for them. Another C library does not, and has nothing to set.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
