"""Settings of the consumer: the one place that names what the environment may say (SPEC 7), and refuses what it may not.

`load(environ)` takes the environment as an argument; nothing below the commands reads it.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from catalog.cells import WHOLE, Cell, parse_cell
from catalog.topics import TOPICS
from consumer.kafka.property_check import refused_properties
from consumer.partitions.breaker import Limits
from runtime import kafka_settings, settings
from runtime.kafka_settings import Brokers
from runtime.settings import BindAddress, DatabaseUrl, Names, SettingsError

__all__ = ["Settings", "SettingsError", "load"]

# The promise depends on these: with other values records could be lost without a trace.
FIXED_PROPERTIES = (
    "enable.auto.",
    "auto.commit.",
    "auto.offset.reset",
    "isolation.level",
    "check.crcs",
    "group.id",
    "enable.partition.eof",
    "allow.auto.create.topics",
    "offset.store.",
)
BREAKER = re.compile(r"([0-9]{1,6}),([0-9]{1,3}(?:\.[0-9]{1,2})?)%/([0-9]{1,6})")
# A group's name is shown and typed by people; Kafka itself takes nearly anything.
MAX_GROUP_ID = 255


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


def _topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    if not topics:
        raise ValueError(f"names no topic; leave it unset for the {len(TOPICS)} of the catalog")
    for topic in topics:
        if topic.startswith("^"):
            raise ValueError(f"{topic} is a pattern; name each topic, so that none joins or leaves unseen")
        kafka_settings.check_topic(topic)
    return topics


def _cell(text: object) -> object:
    return parse_cell(text) if isinstance(text, str) else text


def _base(url: str) -> str:
    return settings.base_url(url).rstrip("/")


WebUrl = Annotated[str, AfterValidator(settings.web_url("http", "https"))]
BaseUrl = Annotated[WebUrl, AfterValidator(_base)]


class Settings(BaseModel):
    """What `audit-consumer` runs with; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: DatabaseUrl = Field(alias="DATABASE_URL")
    bootstrap_servers: Brokers = Field(default="", alias="KAFKA_BOOTSTRAP_SERVERS")
    registry_url: BaseUrl | None = Field(default=None, alias="SCHEMA_REGISTRY_URL", repr=False)
    registry_authority: str | None = Field(default=None, alias="AUDIT_REGISTRY_CA")
    group_id: str = Field(default="callmine-audit", alias="AUDIT_GROUP_ID", max_length=MAX_GROUP_ID)
    topics: Annotated[Names, AfterValidator(_topics)] = Field(default=TOPICS, alias="AUDIT_TOPICS")
    cell: Annotated[Cell, BeforeValidator(_cell)] = Field(default=WHOLE, alias="AUDIT_CELL")
    breaker: Annotated[Limits, BeforeValidator(_breaker)] = Field(default=Limits(), alias="AUDIT_BREAKER")
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")
    metrics_bind: BindAddress | None = Field(default=None, alias="AUDIT_METRICS_BIND")
    traces_exporter: Literal["otlp", "none"] | None = Field(default=None, alias="OTEL_TRACES_EXPORTER")
    otlp_endpoint: BaseUrl | None = Field(default=None, alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otlp_traces_endpoint: WebUrl | None = Field(default=None, alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    kafka: dict[str, str] = Field(default_factory=dict, repr=False)

    @property
    def group(self) -> str:
        """The consumer group: one for each cell, since every cell reads every partition."""
        return self.group_id if self.cell == WHOLE else f"{self.group_id}.cell-{self.cell.number}-of-{self.cell.of}"

    @property
    def traces(self) -> bool:
        """Whether spans are exported: where an endpoint is given, unless OTEL_TRACES_EXPORTER says otherwise."""
        named = self.traces_exporter or ("otlp" if self.otlp_endpoint or self.otlp_traces_endpoint else "none")
        return named == "otlp"


def load(environ: Mapping[str, str], *, kafka: bool) -> Settings:
    """Reads the settings from `environ`; `kafka` says whether this command needs a broker. Raises SettingsError."""
    problems: list[str] = []
    properties = kafka_settings.properties(environ, FIXED_PROPERTIES, "nothing is lost", refused_properties, problems)
    if kafka and not environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        problems.append("KAFKA_BOOTSTRAP_SERVERS: is not set; give host:port[,host:port…] of the brokers")
    return settings.load(Settings, environ, extra={"kafka": properties}, problems=problems)
