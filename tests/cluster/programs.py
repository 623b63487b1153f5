"""The programs of the tests of this folder: built from their Go modules, and kept in the user's cache.

The modules are those of go.mod, each by its hash in go.sum; CRDS has the hashes of those that only files are taken of.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox.services.cache import filled
from sandbox.services.process import SandboxError
from tests.cluster.toolchain import go

MODULE = Path(__file__).with_name("go.mod")
SUMS = Path(__file__).with_name("go.sum")
PACKAGES = ("k8s.io/kubernetes/cmd/kube-apiserver", "helm.sh/helm/v4/cmd/helm")
LIMIT = 1500  # seconds; it takes about ten minutes of CPU time
# Without it the server calls itself v0.0.0, and charts that ask for a version refuse it.
STAMP = "k8s.io/component-base/version"


class Definitions(NamedTuple):
    """Files of a Go module that define kinds of Kubernetes, and the module's hash as go.sum would have it."""

    module: str
    sum: str
    files: tuple[str, ...]


CRDS = (
    Definitions(
        "github.com/kedacore/keda/v2@v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    ),
    Definitions(
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        tuple(
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
            for kind in ("podmonitors", "prometheusrules")
        ),
    ),
)


class Programs(NamedTuple):
    """Where everything is."""

    etcd: Path
    apiserver: Path
    helm: Path
    definitions: Path


def version() -> str:
    """The version of Kubernetes, such as v1.37.2."""
    (version_named,) = re.findall(r"^\s+k8s\.io/kubernetes (v\S+)", MODULE.read_text(), re.MULTILINE)
    return str(version_named)


def provide(environ: Mapping[str, str] = os.environ) -> Programs:
    """Builds what is not in the cache yet. SandboxError says what is missing, and how to get it."""
    if (etcd := shutil.which("etcd", path=environ.get("PATH"))) is None:
        raise SandboxError("etcd is not installed: apt-get install etcd-server")
    folder = filled(_name(), environ, lambda work: _built(work, environ))
    return Programs(Path(etcd), folder / "kube-apiserver", folder / "helm", folder / "definitions")


def _name() -> str:
    content = hashlib.sha256(MODULE.read_bytes() + SUMS.read_bytes() + repr(CRDS).encode()).hexdigest()
    return f"kubernetes-{version()}-{content[:12]}"


def _built(work: Path, environ: Mapping[str, str]) -> Path:
    program = go(environ)
    print(f"building kube-apiserver {version()} and Helm with {program}, this once: some minutes", file=sys.stderr)
    files = work / "files"
    major, minor = version().removeprefix("v").split(".")[:2]
    stamps = {"gitVersion": version(), "gitMajor": major, "gitMinor": minor}
    flags = ["-s", "-w", *(word for name, value in stamps.items() for word in ("-X", f"{STAMP}.{name}={value}"))]
    for definitions in CRDS:
        _copy(program, definitions, files / "definitions", environ)
    build = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-p=2", f"-ldflags={' '.join(flags)}"]
    _go(program, [*build, "-o", f"{files}/", *PACKAGES], MODULE.parent, environ)
    return files


def _copy(program: Path, definitions: Definitions, to: Path, environ: Mapping[str, str]) -> None:
    to.mkdir(parents=True, exist_ok=True)
    said = json.loads(_go(program, ["mod", "download", "-json", definitions.module], to, environ))
    if said["Sum"] != definitions.sum:
        raise SandboxError(f"{definitions.module} is not what it was: {said['Sum']} instead of {definitions.sum}")
    for name in definitions.files:
        shutil.copyfile(Path(said["Dir"]) / name, to / Path(name).name)


def _go(program: Path, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str:
    settings = {**environ, "CGO_ENABLED": "0"}  # no C compiler is needed
    command: list[str | Path] = [program, *arguments]
    try:
        process = subprocess.run(
            command, check=False, cwd=folder, env=settings, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(
            f"go {arguments[0]} took over {LIMIT} s; what it has compiled is kept for the next time"
        ) from None
    if process.returncode:
        raise SandboxError(f"go {arguments[0]} failed: {(process.stderr or process.stdout).strip()[-1500:]}")
    return process.stdout
