"""Every attack gets the verdict that verified_export.md, section 11, gives it: by exit code and first word, without a traceback."""

from pathlib import Path

import pytest

from tests.export_package import Package, audit_export, honest_log
from tests.unit.export.attacks import on_checkpoint, on_history, on_manifest, on_proof, on_request, on_rows
from tests.unit.export.attacks.edits import Attack

MODULES = (on_request, on_manifest, on_checkpoint, on_proof, on_history, on_rows)
ATTACKS = {
    f"{module.__name__.rpartition('.')[2]}: {attack.name}": attack for module in MODULES for attack in module.ATTACKS
}
BASES: dict[str, Package] = {}


def base(workspace: str) -> Package:
    """An honest package of this workspace, to be edited."""
    if workspace not in BASES:
        BASES[workspace] = Package(honest_log(), workspace=workspace)
    return BASES[workspace].copy()


def test_no_attack_hides_another_of_its_name() -> None:
    assert len(ATTACKS) == sum(len(module.ATTACKS) for module in MODULES)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_an_attack_is_found(attack: Attack, tmp_path: Path) -> None:
    package = base(attack.workspace)
    attack.edit(package)

    result = audit_export(*package.write(tmp_path))

    assert (result.code, result.stdout) == (attack.verdict.value, ""), result.stderr
    assert result.stderr.startswith(f"{attack.verdict.word} - ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.isascii()
    assert "internal error" not in result.stderr
