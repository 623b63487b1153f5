"""Fetches Java programs through `mvn` into a cache folder, once."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.services.cache import filled
from sandbox.services.process import SandboxError

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>callmine</groupId><artifactId>sandbox</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{dependencies}</dependencies>
</project>
"""
FIELDS = ("groupId", "artifactId", "version")


def jars(name: str, coordinates: Sequence[str], environ: Mapping[str, str], without: Sequence[str] = ()) -> Path:
    """The cached folder `name` with these artifacts (`group:artifact:version`) and all that they depend on.

    What they only bring along `without` need (`group:artifact`) is left out. SandboxError when there is no mvn or it fails,
    here and below.
    """
    left_out = "".join(f"<exclusion>{_tags(coordinate)}</exclusion>" for coordinate in without)
    dependencies = "".join(
        f"<dependency>{_tags(coordinate)}<exclusions>{left_out}</exclusions></dependency>" for coordinate in coordinates
    )
    goal = [f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime"]
    return _fetch(name, goal, POM.format(dependencies=dependencies), environ)


def unpacked(name: str, coordinate: str, environ: Mapping[str, str]) -> Path:
    """The cached folder `name` with the content of one archive (`group:artifact:version:type:classifier`), alone."""
    return _fetch(name, [f"{PLUGIN}:unpack", f"-Dartifact={coordinate}"], POM.format(dependencies=""), environ)


def _tags(coordinate: str) -> str:
    return "".join(f"<{tag}>{text}</{tag}>" for tag, text in zip(FIELDS, coordinate.split(":"), strict=False))


def _fetch(name: str, goal: Sequence[str], pom: str, environ: Mapping[str, str]) -> Path:
    return filled(name, environ, lambda work: _run(name, goal, pom, environ, work))


def _run(name: str, goal: Sequence[str], pom: str, environ: Mapping[str, str], work: Path) -> Path:
    if (mvn := shutil.which("mvn", path=environ.get("PATH"))) is None:
        raise SandboxError(f"{name} is fetched by mvn, which is not installed: apt-get install maven")
    (work / "pom.xml").write_text(pom)
    print(f"fetching {name} with mvn into {work.parent}, this once", file=sys.stderr)
    command = [mvn, "-B", "-q", *goal, f"-DoutputDirectory={work}/files"]
    process = subprocess.run(command, check=False, cwd=work, env=environ, capture_output=True, text=True)
    if process.returncode:
        raise SandboxError(f"mvn could not fetch {name}:\n{(process.stdout + process.stderr)[:2000]}")
    return work / "files"
