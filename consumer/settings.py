"""Settings: the one place that names what the environment may say (SPEC 7), and refuses what it may not.

`load(environ)` takes the environment as an argument; nothing below the commands reads it.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from catalog.topics import TOPICS
from consumer.partitions.breaker import Limits
from runtime import postgres

KAFKA_PREFIX = "KAFKA_CONFIG_"
# The promise rests on these: whoever could change them could lose records without a trace.
FIXED_PROPERTIES = ("enable.auto.", "auto.offset.reset", "isolation.level", "check.crcs", "group.id")
BREAKER = re.compile(r"(\d{1,6}),(\d{1,3}(?:\.\d{1,2})?)%/(\d{1,6})")


class SettingsError(Exception):
    """One message that names every setting that is missing or wrong; exit code 2."""


def _breaker(text: object) -> object:
    if not isinstance(text, str):
        return text
    match = BREAKER.fullmatch(text)
    if match is None:
        raise ValueError("use IN_A_ROW,PERCENT%/WINDOW, for example 20,5%/1000")
    in_a_row, percent, window = int(match[1]), Decimal(match[2]), int(match[3])
    if not (in_a_row and 0 < percent <= 100 and window):
        raise ValueError("each of the three numbers must be above 0, and the percentage at most 100")
    return Limits(in_a_row=in_a_row, of_window=max(1, int(window * percent / 100)), window=window)


def _topics(text: object) -> object:
    if not isinstance(text, str):
        return text
    topics = tuple(part.strip() for part in text.split(",") if part.strip())
    if not topics:
        raise ValueError("names no topic; leave it unset for the seven of the catalogue")
    if pattern := next((topic for topic in topics if topic.startswith("^")), None):
        raise ValueError(f"{pattern} is a pattern; name each topic, so that none joins or leaves unseen")
    return topics


def _registry(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    try:
        usable = parts.port is None or parts.port > 0
    except ValueError:  # its words would repeat a part of the password
        usable = False
    if not usable or "@" in parts.netloc.rpartition("@")[0]:
        raise ValueError("has no proper host and port; are @ / : # ? of its password percent-encoded?")
    return url.rstrip("/")


def _database(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().strip():
        raise ValueError("is empty; give a libpq URL or keyword string")
    if fault := postgres.malformed(url.get_secret_value()):
        raise ValueError(fault)
    return url


def _bind(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        port = None
    if not port or not parts.hostname or parts.netloc != text:
        raise ValueError("use HOST:PORT, for example 0.0.0.0:9108 or [::]:9108")
    return parts.hostname, port


class Settings(BaseModel):
    """What `audit-consumer` runs with; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: Annotated[SecretStr, AfterValidator(_database)] = Field(alias="DATABASE_URL")
    bootstrap_servers: str = Field(default="", alias="KAFKA_BOOTSTRAP_SERVERS")
    registry_url: Annotated[str, AfterValidator(_registry)] | None = Field(
        default=None, alias="SCHEMA_REGISTRY_URL", repr=False
    )
    registry_authority: str | None = Field(default=None, alias="AUDIT_REGISTRY_CA")
    group_id: str = Field(default="callmine-audit", alias="AUDIT_GROUP_ID", min_length=1)
    topics: Annotated[tuple[str, ...], BeforeValidator(_topics)] = Field(default=TOPICS, alias="AUDIT_TOPICS")
    breaker: Annotated[Limits, BeforeValidator(_breaker)] = Field(default=Limits(), alias="AUDIT_BREAKER")
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")
    metrics_bind: Annotated[tuple[str, int] | None, BeforeValidator(_bind)] = Field(
        default=None, alias="AUDIT_METRICS_BIND"
    )
    traces_exporter: Literal["otlp", "none"] | None = Field(default=None, alias="OTEL_TRACES_EXPORTER")
    otlp_endpoint: str | None = Field(default=None, alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otlp_traces_endpoint: str | None = Field(default=None, alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    kafka: dict[str, str] = Field(default_factory=dict, repr=False)

    @property
    def traces(self) -> bool:
        """Whether spans are exported: where an endpoint is given, unless OTEL_TRACES_EXPORTER says otherwise."""
        named = self.traces_exporter or ("otlp" if self.otlp_endpoint or self.otlp_traces_endpoint else "none")
        return named == "otlp"


def load(environ: Mapping[str, str], *, kafka: bool) -> Settings:
    """Reads the settings from `environ`; `kafka` says whether this command needs a broker. Raises SettingsError."""
    problems: list[str] = []
    given = {name: value for name, value in environ.items() if value != ""}
    properties = _kafka_properties(given, problems)
    if kafka and "KAFKA_BOOTSTRAP_SERVERS" not in given:
        problems.append("KAFKA_BOOTSTRAP_SERVERS: is not set; give host:port[,host:port…] of the brokers")
    try:
        settings = Settings.model_validate({**given, "kafka": properties})
    except ValidationError as error:
        problems.extend(_problem(fault) for fault in error.errors(include_url=False, include_input=False))
    if problems:
        lines = "".join(f"\n  {problem}" for problem in sorted(problems))
        raise SettingsError(f"{len(problems)} setting(s) missing or wrong (see deploy/env.example):{lines}")
    return settings


def _kafka_properties(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    properties = {}
    for name, value in environ.items():
        if not name.startswith(KAFKA_PREFIX):
            continue
        dotted = name.removeprefix(KAFKA_PREFIX).lower().replace("_", ".")
        if dotted.startswith(FIXED_PROPERTIES):
            problems.append(f"{name}: {dotted} cannot be changed, the promise that nothing is lost rests on it")
        elif dotted in {"bootstrap.servers", "metadata.broker.list"}:
            problems.append(f"{name}: set KAFKA_BOOTSTRAP_SERVERS instead")
        else:
            properties[dotted] = value
    return properties


def _problem(fault: Mapping[str, object]) -> str:
    location = fault["loc"]
    assert isinstance(location, tuple)
    text = "is not set" if fault["type"] == "missing" else str(fault["msg"]).removeprefix("Value error, ")
    return f"{location[0]}: {text}"
