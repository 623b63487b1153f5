"""The files of a package, in a folder beside its name until all of it is verified."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from export.format.errors import cannot_write, malformed, quote
from export.format.manifest import FileDigest
from export.format.row import HEADER
from export.whole_files import sync_folder

CSV = "audit.csv"
READABLE = 0o755
NAME_BYTES = 100  # of the folder's name in that of its draft, which is longer: a file system allows 255


class Rows:
    """audit.csv: the header, then what is added."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.count = 0
        self._put(HEADER)

    @property
    def digest(self) -> FileDigest:
        """Size and hash of what has been written."""
        return FileDigest(self._bytes, self._hash.hexdigest())

    def add(self, rows: list[bytes]) -> None:
        """Adds rows with their CRLF."""
        self._put(b"".join(rows))
        self.count += len(rows)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)


class Draft:
    """A folder that is being filled; `digests` says with what."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digests: dict[str, FileDigest] = {}

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        """Writes audit.csv row by row."""
        with self._open(CSV) as file:
            rows = Rows(file)
            yield rows
        self.digests[CSV] = rows.digest

    def write(self, name: str, data: bytes) -> None:
        """Writes a file as a whole."""
        with self._open(name) as file:
            file.write(data)
        self.digests[name] = FileDigest(len(data), hashlib.sha256(data).hexdigest())

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        try:
            with (self.path / name).open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(f"{name} of the package", error) from None

    def publish(self, folder: Path) -> None:
        """Gives the folder its name; MALFORMED if it has been taken meanwhile."""
        sync_folder(self.path)
        self.path.chmod(READABLE)
        try:
            os.rename(self.path, folder)  # noqa: PTH104 an empty folder that has come meanwhile is replaced, a full one is not
        except OSError as error:
            raise malformed(f"{quote(str(folder), 300)} cannot be made: {error.strerror}") from None
        sync_folder(folder.parent)


@contextmanager
def draft(folder: Path) -> Iterator[Draft]:
    """A draft beside `folder`, removed unless it was published; MALFORMED if nothing can be written there."""
    parent, begin = folder.absolute().parent, os.fsencode(folder.name)[:NAME_BYTES].decode(errors="ignore")
    try:
        path = Path(tempfile.mkdtemp(prefix=f".{begin}.", suffix=".unverified", dir=parent))
    except OSError as error:
        raise malformed(f"nothing can be written next to {quote(str(folder), 300)}: {error.strerror}") from None
    try:
        yield Draft(path)
    except OSError as error:
        raise cannot_write("the package", error) from None
    finally:
        shutil.rmtree(path, ignore_errors=True)
