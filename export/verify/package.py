"""Opens and reads the files of a package, and the auditor's own; none of them is trusted to be a regular file.

Each file is opened once and read once: what was hashed is what is used, even if someone changes the folder meanwhile. A large
audit.csv is read by several processes from that one opening (decision 45).
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from export.format.errors import malformed, quote, tampered
from export.format.manifest import OTHER_FILES, FileDigest

MANIFEST = "manifest"
BLOCK_BYTES = 1 << 20
# Far more than an honest package needs; a file beyond is refused instead of filling the memory.
MAX_NOTE_BYTES = 16 << 20
MAX_JSON_BYTES = 256 << 20


@contextmanager
def open_package(folder: str) -> Iterator[Mapping[str, BinaryIO]]:
    """Opens the six files of a package by their names; MALFORMED if one is not a regular file of the folder itself."""
    if not os.path.isdir(folder):  # noqa: PTH112 a path that Path() cannot hold is no folder either
        raise malformed(f"{quote(folder)} is not a folder")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(_open(os.path.join(folder, name), name, follow=False))  # noqa: PTH118 as above
            for name in (MANIFEST, *OTHER_FILES)
        }


def read_small(path: str, source: str, limit: int = MAX_NOTE_BYTES) -> bytes:
    """Reads a file of the auditor's own: a policy, a checkpoint, a note. MALFORMED if it is none or too large."""
    with _open(path, source, follow=True) as stream:
        return read_limited(stream, source, limit)


def read_limited(stream: BinaryIO, source: str, limit: int = MAX_NOTE_BYTES) -> bytes:
    """Reads a whole file of at most `limit` bytes; MALFORMED if it is larger."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise malformed(f"{source} is larger than {limit} bytes")
    return data


def check_digest(name: str, actual: FileDigest, expected: FileDigest) -> None:
    """Compares a file with the manifest; TAMPERED says in what it differs."""
    if actual.bytes != expected.bytes:
        raise tampered(f"{name} has {actual.bytes} bytes, the manifest says {expected.bytes}")
    if actual.sha256 != expected.sha256:
        raise tampered(f"{name} has SHA-256 {actual.sha256}, the manifest says {expected.sha256}")


def file_digest(data: bytes) -> FileDigest:
    """The size and SHA-256 of a file that has been read."""
    return FileDigest(len(data), hashlib.sha256(data).hexdigest())


def within_limit(name: str, data: bytes | None) -> bytes:
    """Gives what `read_digested` kept of a file; MALFORMED if it was too large for that."""
    if data is None:
        raise malformed(f"{name} is larger than {MAX_JSON_BYTES} bytes")
    return data


def read_digested(name: str, stream: BinaryIO, expected: FileDigest, keep: int = 0) -> bytes | None:
    """Reads a file and compares it with the manifest; gives its bytes if they are at most `keep`, else None."""
    size = os.fstat(stream.fileno()).st_size
    if size != expected.bytes:  # before reading: it may be huge
        raise tampered(f"{name} has {size} bytes, the manifest says {expected.bytes}")
    sha256, total, kept = hashlib.sha256(), 0, bytearray()
    while block := stream.read(BLOCK_BYTES):
        sha256.update(block)
        total += len(block)
        if total <= keep:
            kept += block
    check_digest(name, FileDigest(total, sha256.hexdigest()), expected)
    return bytes(kept) if total <= keep else None


def _open(path: str, source: str, *, follow: bool) -> BinaryIO:
    """Opens a regular file. Neither a FIFO nor a device is waited for; links are followed only if `follow`."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        if not follow and os.path.islink(path):  # noqa: PTH114 said plainly, and where O_NOFOLLOW is missing
            raise malformed(f"{source} is a symbolic link, not a file of the package")
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise malformed(f"{source} cannot be opened: {_reason(error)}: {quote(path, 300)}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise malformed(f"{source} is not a regular file: {quote(path, 300)}")
    return os.fdopen(descriptor, "rb")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
