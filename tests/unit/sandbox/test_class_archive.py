"""The archive of a Java program's classes: made once for each build of the JVM, and not missed where it cannot be had."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.services.class_archive import archived

# Says which build it is, and dumps as it is told, if it can.
JAVA = """#!/bin/sh
case "$*" in
  -Xinternalversion) echo "a JVM, build {build}" ;;
  *-Xshare:dump*) {dump} ;;
esac
"""
DUMPS = 'for word in "$@"; do case "$word" in -XX:SharedArchiveFile=*) echo classes > "${word#*=}" ;; esac; done'


def jvm(folder: Path, build: int, dump: str) -> Path:
    program = folder / f"java-{build}"
    program.write_text(JAVA.format(build=build, dump=dump))
    program.chmod(0o755)
    return program


def test_it_is_made_once_for_each_build(tmp_path: Path) -> None:
    """The program is run with options that list its classes, the first time only; another build has another archive."""
    runs: list[Sequence[str]] = []
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    first, second = (jvm(tmp_path, build, DUMPS) for build in (1, 2))
    options = [archived([java], Path("/jars"), runs.append, environ) for java in (first, first, second)]
    assert options[0] == options[1] != options[2]
    assert len(runs) == 2
    assert [option.partition("=")[0] for (option,) in runs] == ["-XX:DumpLoadedClassList"] * 2
    for (option,) in options:
        assert Path(option.removeprefix("-XX:SharedArchiveFile=")).read_text() == "classes\n"


@pytest.mark.parametrize("dump", ["exit 1", "true"])
def test_a_jvm_that_makes_none_goes_on_without(tmp_path: Path, dump: str) -> None:
    """It is not tried again each time."""
    runs: list[Sequence[str]] = []
    java = jvm(tmp_path, 3, dump)
    for _ in range(2):
        assert archived([java], Path("/jars"), runs.append, {"XDG_CACHE_HOME": str(tmp_path)}) == ()
    assert len(runs) == 1
