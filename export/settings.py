"""Settings: the one place that names what the environment may say to `audit-export` (section 10), and refuses what it may not."""

import os
import re
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from export.copies.kafka import FIXED_PROPERTIES, refused_properties
from export.format.errors import ExportError, malformed, untrusted
from export.format.keys import SigningKey, parse_key_file
from export.verify.package import read_small
from export.whole_files import is_irregular, names_a_file
from runtime import kafka_settings, settings
from runtime.kafka_settings import Brokers, Topic
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
        raise ValueError("names no file; give a path, or several separated by colons")
    try:
        return parse_key_file(read_small(text, "its file"))
    except ExportError as error:
        raise ValueError(error.message) from None
    except ValueError as error:
        raise ValueError(f"{text!a} is not a key file of audit-export keygen: {error}") from None


def _seconds(text: object) -> object:
    """Digits, with a decimal point or not: what reads as another number elsewhere (1_0, 1e1) is refused."""
    if isinstance(text, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) is None:
        raise ValueError("is not a number of seconds; use 60, or 0.5")
    return text


def _words(text: object) -> object:
    """A command's words, split as a shell does."""
    if not isinstance(text, str):
        return text
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}") from None
    if not words or not words[0].strip():
        raise ValueError("names no program: its first word is blank")
    return words


def _metrics_file(text: object) -> object:
    """A file that may not be there yet. A device or a FIFO would be replaced by the check, and read without end by the sealer."""
    if not isinstance(text, str):
        return text
    if not names_a_file(text):
        raise ValueError("names no file; give a path that ends with a name")
    if is_irregular(text):
        raise ValueError("is not a regular file; give a path at which there is one, or nothing")
    return text


Keys = Annotated[tuple[SigningKey, ...], BeforeValidator(_keys)]
Key = Annotated[SigningKey, BeforeValidator(_key)]
MetricsFile = Annotated[Path, BeforeValidator(_metrics_file)]

# Seconds from one seal to the next. Less would be a loop that does nothing but sign, and a log that grows without end.
MIN_SECONDS, MAX_SECONDS = 0.05, 86400


class _Settings(BaseModel):
    """What each of the commands needs; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    database_url: DatabaseUrl = Field(alias="DATABASE_URL")


class SealSettings(_Settings):
    """What `seal` runs with."""

    folder: Path = Field(alias="AUDIT_SEAL_DIR")
    keys: Keys = Field(alias="AUDIT_SEAL_KEY", repr=False)
    every: Annotated[float, BeforeValidator(_seconds)] = Field(
        default=60.0, alias="AUDIT_SEAL_EVERY", ge=MIN_SECONDS, le=MAX_SECONDS
    )
    metrics_bind: BindAddress | None = Field(default=None, alias="AUDIT_SEAL_METRICS_BIND")
    check_metrics_file: MetricsFile | None = Field(default=None, alias="AUDIT_CHECK_METRICS_FILE")
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")
    copy_topic: Topic | None = Field(default=None, alias="AUDIT_SEAL_COPY_TOPIC")
    copy_dir: Path | None = Field(default=None, alias="AUDIT_SEAL_COPY_DIR")
    copy_command: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        default=(), alias="AUDIT_SEAL_COPY_COMMAND", repr=False
    )
    bootstrap_servers: Brokers = Field(default="", alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka: dict[str, str] = Field(default_factory=dict, repr=False)


class CreateSettings(_Settings):
    """What `create` runs with."""

    key: Key = Field(alias="AUDIT_EXPORT_KEY", repr=False)
    folder: Path | None = Field(default=None, alias="AUDIT_SEAL_DIR")


class CheckSettings(_Settings):
    """What `check` runs with."""

    folder: Path | None = Field(default=None, alias="AUDIT_SEAL_DIR")
    metrics_file: MetricsFile | None = Field(default=None, alias="AUDIT_CHECK_METRICS_FILE")


def load_seal(environ: Mapping[str, str]) -> SealSettings:
    """The settings of `seal`; those of Kafka are checked only if checkpoints are copied to it. MALFORMED."""
    problems: list[str] = []
    properties: dict[str, str] = {}
    if environ.get("AUDIT_SEAL_COPY_TOPIC"):
        guarantee = "a copy is there"
        properties = kafka_settings.properties(environ, FIXED_PROPERTIES, guarantee, refused_properties, problems)
        if not environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            problems.append("KAFKA_BOOTSTRAP_SERVERS: is not set, and AUDIT_SEAL_COPY_TOPIC is")
    return load(SealSettings, environ, extra={"kafka": properties}, problems=problems, check=_apart)


def _apart(seal: SealSettings) -> Collection[str]:
    """A copy in the folder itself would be lost with it."""
    copy = seal.copy_dir
    if copy is not None and (seal.folder.resolve() in (copy.resolve(), *copy.resolve().parents)):
        return ["AUDIT_SEAL_COPY_DIR: is within AUDIT_SEAL_DIR; name a directory of another disk or machine"]
    return []


def load_check(environ: Mapping[str, str]) -> CheckSettings:
    """The settings of `check`. MALFORMED, also where the result could not be written at the end, which may be hours from now."""
    return load(CheckSettings, environ, check=_writable)


def _writable(check: CheckSettings) -> Collection[str]:
    if check.metrics_file is None or os.access(check.metrics_file.parent, os.W_OK | os.X_OK):
        return []
    return ["AUDIT_CHECK_METRICS_FILE: its folder does not exist, or cannot be written to"]


def load(model: type[Model], environ: Mapping[str, str], **more: Any) -> Model:
    """The settings in `environ`; MALFORMED, naming all that is wrong in one line, if they will not do.

    `more` is as in runtime.settings.load.
    """
    try:
        return settings.load(model, environ, **more)
    except SettingsError as error:
        raise malformed("; ".join(line.strip() for line in str(error).splitlines()).replace(":;", ":")) from None


def folder_checkpoint(folder: Path | None) -> bytes | None:
    """The newest checkpoint of the sealer's folder, empty where there is none, None where no folder is set.

    UNTRUSTED where it is an empty file, which no one has signed; MALFORMED where it cannot be read.
    """
    if folder is None:
        return None
    path = folder / "checkpoint"
    if not os.path.lexists(path):
        return b""
    if not (note := read_small(str(path), "checkpoint in AUDIT_SEAL_DIR")):
        raise untrusted("checkpoint in AUDIT_SEAL_DIR is empty, so no key of the policy signed it")
    return note
