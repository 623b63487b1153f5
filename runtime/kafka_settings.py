"""Reads KAFKA_BOOTSTRAP_SERVERS and KAFKA_CONFIG_…, for each program that uses Kafka."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from runtime.host_port import is_port
from runtime.settings import malformed_text

PREFIX = "KAFKA_CONFIG_"
PROTOCOLS = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
BROKER = re.compile(r"(?:(?P<protocol>[A-Za-z_]+)://)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")

# The only property of text or number whose name has an underscore.
UNDERSCORED = {"log.level": "log_level"}
# Not for users: librdkafka's mock cluster, and properties that take a Python object.
NOT_SETTABLE = ("test.", "logger", "default.topic.config")

Refused: TypeAlias = Callable[[Mapping[str, str]], Iterable[tuple[Sequence[str], str]]]
"""Gives what librdkafka refuses: the names of the wrong properties, alone or together, and its message."""


def properties(
    environ: Mapping[str, str], fixed: tuple[str, ...], guarantee: str, refused: Refused, problems: list[str]
) -> dict[str, str]:
    """The user's properties for librdkafka; notes in `problems` those that may not be set, and those that it refuses.

    Names that begin with one of `fixed` may not be set: `guarantee` depends on them.
    """
    configured: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or value == "":
            continue
        dotted = name.removeprefix(PREFIX).lower().replace("_", ".")
        dotted = UNDERSCORED.get(dotted, dotted)
        if dotted.startswith(fixed):
            problems.append(f"{name}: {dotted} cannot be set: the guarantee that {guarantee} depends on it")
        elif dotted.startswith(NOT_SETTABLE):
            problems.append(f"{name}: {dotted} is for programmers, and cannot be set")
        elif dotted in configured:
            problems.append(f"{name}: {dotted} is named twice, by {names[dotted]} too")
        elif dotted in {"bootstrap.servers", "metadata.broker.list"}:
            problems.append(f"{name}: set KAFKA_BOOTSTRAP_SERVERS instead")
        elif (fault := malformed_text(value, multiline=dotted.endswith(".pem"))) is not None:
            problems.append(f"{name}: {fault}")
        else:
            configured[dotted], names[dotted] = value, name
    problems.extend(f"{', '.join(names[p] for p in which)}: {why}" for which, why in refused(configured))
    return configured


def check_topic(name: str) -> str:
    """The name of a topic, unchanged. Raises ValueError if Kafka does not accept it."""
    if TOPIC.fullmatch(name) is None or name in {".", ".."}:
        raise ValueError(f"{name!r} is not a topic's name: letters, digits, dot, underscore and hyphen, at most 249")
    return name


def _brokers(text: str) -> str:
    for broker in text.split(","):
        match = BROKER.fullmatch(broker.strip())
        if match is not None and (match["protocol"] or PROTOCOLS[0]).lower() not in PROTOCOLS:
            raise ValueError(
                f"{match['protocol']}:// is no protocol of Kafka: leave it out, or use {', '.join(PROTOCOLS)}"
            )
        if match is None or (match["port"] is not None and not is_port(match["port"])):
            raise ValueError("use host:port[,host:port…] of the brokers")
    return text


# KAFKA_BOOTSTRAP_SERVERS.
Brokers = Annotated[str, AfterValidator(_brokers)]
# A topic's name.
Topic = Annotated[str, AfterValidator(check_topic)]
