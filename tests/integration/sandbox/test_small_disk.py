"""A disk that can be filled to the last byte, and has room again; it is gone at the end."""

import os

import pytest

from sandbox.services.process import SandboxError
from sandbox.services.small_disk import small_disk

MEGABYTES = 8


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system needs root, who may mount one")
def test_a_disk_is_filled_and_freed() -> None:
    with small_disk(MEGABYTES) as disk:
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.path / "more").write_bytes(b"x")
        disk.free()
        (disk.path / "more").write_bytes(bytes(MEGABYTES // 2 * 1024 * 1024))
    assert not disk.path.exists()


def test_who_may_not_mount_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SandboxError, match="root"), small_disk(MEGABYTES):
        pass
