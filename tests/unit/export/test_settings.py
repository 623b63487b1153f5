"""The settings of audit-export: one line names all that is wrong, and deploy/env.example lists what there is."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from export.format.errors import ExportError, Verdict
from export.format.keys import SigningKey
from export.settings import CheckSettings, CreateSettings, SealSettings, folder_checkpoint, load

EXAMPLE = Path(__file__).parents[3] / "deploy" / "env.example"
MODELS: tuple[type[BaseModel], ...] = (SealSettings, CreateSettings, CheckSettings)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    for name in ("log", "second", "exporter"):
        (tmp_path / f"{name}.key").write_bytes(SigningKey(f"x/{name}", Ed25519PrivateKey.generate()).encode())
    return {
        "DATABASE_URL": "postgresql://x@127.0.0.1/x",
        "AUDIT_SEAL_DIR": str(tmp_path / "sealed"),
        "AUDIT_SEAL_KEY": f"{tmp_path}/log.key:{tmp_path}/second.key",
        "AUDIT_EXPORT_KEY": f"{tmp_path}/exporter.key",
    }


def test_example_lists_every_setting_and_no_other() -> None:
    part = EXAMPLE.read_text().partition("# --- audit-export")[2].partition("\n# --- ")[0]
    names = set(re.findall(r"^#?([A-Z][A-Z_]+)=", part, re.MULTILINE))

    assert names == {field.alias for model in MODELS for field in model.model_fields.values()}


def test_good_settings(environ: dict[str, str]) -> None:
    seal, create = load(SealSettings, environ), load(CreateSettings, environ)

    assert [key.name for key in seal.keys] == ["x/log", "x/second"]
    assert (seal.every, seal.metrics_bind, create.key.name) == (60, None, "x/exporter")
    assert load(CheckSettings, {"DATABASE_URL": environ["DATABASE_URL"]}).folder is None


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        *((SealSettings, "AUDIT_SEAL_EVERY", value) for value in ("0", "-1", "nan", "inf", "86401", "x")),
        *((SealSettings, "AUDIT_SEAL_KEY", value) for value in ("/missing.key", ":", "/etc/hostname")),
        (SealSettings, "AUDIT_SEAL_METRICS_BIND", "9110"),
        (SealSettings, "AUDIT_LOG_FORMAT", "xml"),
        (SealSettings, "DATABASE_URL", "nonsense"),
        (CreateSettings, "AUDIT_EXPORT_KEY", "/missing.key"),
    ],
)
def test_bad_setting_is_one_line(model: type[BaseModel], name: str, value: str, environ: dict[str, str]) -> None:
    with pytest.raises(ExportError) as caught:
        load(model, {**environ, name: value})

    assert caught.value.verdict is Verdict.MALFORMED
    assert name in caught.value.message
    assert "\n" not in caught.value.message


def test_all_that_is_missing_is_reported() -> None:
    with pytest.raises(ExportError, match=r"(?=.*DATABASE_URL)(?=.*AUDIT_SEAL_DIR)(?=.*AUDIT_SEAL_KEY)"):
        load(SealSettings, {})


def test_checkpoint_of_the_folder(tmp_path: Path) -> None:
    """None without a folder, empty without a checkpoint."""
    assert folder_checkpoint(None) is None
    assert folder_checkpoint(tmp_path) == b""
    (tmp_path / "checkpoint").write_bytes(b"x")
    assert folder_checkpoint(tmp_path) == b"x"
