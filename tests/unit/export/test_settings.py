"""The settings of audit-export: one line names all that is wrong, and deploy/env.example lists what there is."""

import os
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from export.format.errors import ExportError, Verdict
from export.format.keys import SigningKey
from export.seal.folder import Folder
from export.seal.signer import Signer
from export.settings import CheckSettings, CreateSettings, SealSettings, folder_checkpoint, load, load_seal

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

    assert names == {field.alias for model in MODELS for field in model.model_fields.values() if field.alias}


def test_good_settings(environ: dict[str, str]) -> None:
    seal, create = load(SealSettings, environ), load(CreateSettings, environ)

    assert [key.name for key in seal.keys] == ["x/log", "x/second"]
    assert (seal.every, seal.metrics_bind, create.key.name) == (60, None, "x/exporter")
    assert load(SealSettings, {**environ, "AUDIT_SEAL_EVERY": "0.5"}).every == 0.5
    assert load(CheckSettings, {"DATABASE_URL": environ["DATABASE_URL"]}).folder is None
    secret = load(SealSettings, {**environ, "AUDIT_SEAL_COPY_COMMAND": "upload --token sesame"})
    assert "sesame" in secret.copy_command and "sesame" not in repr(secret)


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        *(
            (SealSettings, "AUDIT_SEAL_EVERY", value)
            for value in ("0", "0.000001", "0.049", "-1", "nan", "inf", "86401", "x", "1_0", "1e1", "+1", "１")
        ),
        *((SealSettings, "AUDIT_SEAL_KEY", value) for value in ("/missing.key", ":", "/etc/hostname")),
        (SealSettings, "AUDIT_SEAL_METRICS_BIND", "9110"),
        (SealSettings, "AUDIT_LOG_FORMAT", "xml"),
        (SealSettings, "AUDIT_SEAL_COPY_TOPIC", "a b"),
        *((SealSettings, "AUDIT_SEAL_COPY_COMMAND", value) for value in ("'one quote", "''", "' ' word", '"" word')),
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


def test_the_least_time_between_seals_is_in_the_message(environ: dict[str, str]) -> None:
    assert load(SealSettings, {**environ, "AUDIT_SEAL_EVERY": "0.05"}).every == 0.05
    with pytest.raises(ExportError, match=r"AUDIT_SEAL_EVERY: .*0\.05"):
        load(SealSettings, {**environ, "AUDIT_SEAL_EVERY": "0.000001"})


def test_places_for_copies(environ: dict[str, str]) -> None:
    """What is said of Kafka counts where a topic is named, and then all of it must be good."""
    brokers = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}
    settings = load_seal(
        {
            **environ,
            **brokers,
            "AUDIT_SEAL_COPY_TOPIC": "callmine.audit.checkpoints",
            "KAFKA_CONFIG_CLIENT_ID": "sealer",
            "AUDIT_SEAL_COPY_COMMAND": "upload 'two words'",
        }
    )
    assert (settings.copy_topic, settings.kafka) == ("callmine.audit.checkpoints", {"client.id": "sealer"})
    assert settings.copy_command == ("upload", "two words")
    assert load_seal({**environ, "KAFKA_CONFIG_ACKS": "0"}).kafka == {}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "", "KAFKA_BOOTSTRAP_SERVERS: is not set"),
        (
            "KAFKA_CONFIG_ACKS",
            "1",
            "KAFKA_CONFIG_ACKS: acks cannot be set: the guarantee that a copy is there depends on it",
        ),
        ("KAFKA_CONFIG_ENABLE_IDEMPOTENCE", "false", "KAFKA_CONFIG_ENABLE_IDEMPOTENCE"),
        ("KAFKA_CONFIG_TRANSACTIONAL_ID", "x", "KAFKA_CONFIG_TRANSACTIONAL_ID"),
        ("KAFKA_CONFIG_NO_SUCH", "x", 'No such configuration property: "no.such"'),
        ("KAFKA_CONFIG_SECURITY_PROTOCOL", "nonsense", "KAFKA_CONFIG_SECURITY_PROTOCOL"),
        ("AUDIT_SEAL_COPY_DIR", "SEALED", "AUDIT_SEAL_COPY_DIR: is within AUDIT_SEAL_DIR"),
        ("AUDIT_SEAL_COPY_DIR", "SEALED/copy", "AUDIT_SEAL_COPY_DIR: is within AUDIT_SEAL_DIR"),
    ],
)
def test_bad_place_for_copies(name: str, value: str, words: str, environ: dict[str, str]) -> None:
    value = value.replace("SEALED", environ["AUDIT_SEAL_DIR"])
    topic = {"AUDIT_SEAL_COPY_TOPIC": "t", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}
    with pytest.raises(ExportError, match=words) as caught:
        load_seal({**environ, **topic, name: value})

    assert caught.value.verdict is Verdict.MALFORMED
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


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "dangling", "empty"])
def test_checkpoint_of_the_folder_that_is_none(kind: str, tmp_path: Path, environ: dict[str, str]) -> None:
    """It is neither waited for, nor read without end, nor taken for one that is missing; nor is a key."""
    path = tmp_path / "checkpoint"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "dangling":
            path.symlink_to("nowhere")
        case _:
            path.touch()

    for read in (
        lambda: folder_checkpoint(tmp_path),
        lambda: load(CreateSettings, {**environ, "AUDIT_EXPORT_KEY": str(path)}),
        lambda: Signer(load(SealSettings, environ).keys[:1]).own(Folder(tmp_path).checkpoint() or b"", "checkpoint"),
    ):
        with pytest.raises(ExportError) as caught:
            read()
        assert caught.value.verdict in {Verdict.MALFORMED, Verdict.UNTRUSTED}
