"""Settings: the one place that names what the environment may say to `audit-export` (section 10), and refuses what it may not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from export.format.errors import malformed
from export.format.keys import SigningKey, parse_key_file
from runtime import settings
from runtime.settings import BindAddress, DatabaseUrl, Model, SettingsError


def _keys(text: object) -> object:
    """The keys in files separated by colons."""
    if not isinstance(text, str):
        return text
    return tuple(_key(path) for path in text.split(":"))


def _key(text: object) -> object:
    if not isinstance(text, str):
        return text
    if not text:
        raise ValueError("names no file; give a path, or several with : between them")
    try:
        return parse_key_file(Path(text).read_bytes())
    except OSError as error:
        raise ValueError(f"{text!a} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{text!a} is no key file of audit-export keygen: {error}") from None


Keys = Annotated[tuple[SigningKey, ...], BeforeValidator(_keys)]
Key = Annotated[SigningKey, BeforeValidator(_key)]


class _Settings(BaseModel):
    """What each of the commands needs; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    database_url: DatabaseUrl = Field(alias="DATABASE_URL")


class SealSettings(_Settings):
    """What `seal` runs with."""

    folder: Path = Field(alias="AUDIT_SEAL_DIR")
    keys: Keys = Field(alias="AUDIT_SEAL_KEY", repr=False)
    every: float = Field(default=60.0, alias="AUDIT_SEAL_EVERY", gt=0, le=86400, allow_inf_nan=False)
    metrics_bind: BindAddress | None = Field(default=None, alias="AUDIT_SEAL_METRICS_BIND")
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")


class CreateSettings(_Settings):
    """What `create` runs with."""

    key: Key = Field(alias="AUDIT_EXPORT_KEY", repr=False)
    folder: Path | None = Field(default=None, alias="AUDIT_SEAL_DIR")


class CheckSettings(_Settings):
    """What `check` runs with."""

    folder: Path | None = Field(default=None, alias="AUDIT_SEAL_DIR")
    metrics_file: Path | None = Field(default=None, alias="AUDIT_CHECK_METRICS_FILE")


def load(model: type[Model], environ: Mapping[str, str]) -> Model:
    """The settings in `environ`; MALFORMED, naming all that is wrong in one line, if they will not do."""
    try:
        return settings.load(model, environ)
    except SettingsError as error:
        raise malformed("; ".join(line.strip() for line in str(error).splitlines()).replace(":;", ":")) from None


def folder_checkpoint(folder: Path | None) -> bytes | None:
    """The newest checkpoint of the sealer's folder, empty where there is none, None where no folder is set."""
    if folder is None:
        return None
    try:
        return (folder / "checkpoint").read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise malformed(f"AUDIT_SEAL_DIR: its checkpoint cannot be read: {error.strerror}") from None
