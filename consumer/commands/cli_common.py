"""What the commands share: the settings of the environment, arguments and options, and exit codes (SPEC 7).

Exit codes: 0 done; 1 something needs a person; 2 wrong usage or settings.
"""

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable, PropertyRefused
from consumer.operator.actions import Refused
from consumer.operator.dry_run import DryRun, RegistryUnset
from consumer.operator.session import SessionError, session
from consumer.registry.client import Registry, RegistryRefused, RegistryUnavailable
from consumer.settings import Settings, SettingsError, load
from runtime import logging, shutdown
from runtime.kafka_settings import check_topic
from runtime.postgres import Connection


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


MAX_ID = 2**63 - 1  # what PostgreSQL's bigint holds


def topic_name(name: str | None) -> str | None:
    """The argument, unchanged. Raises typer.BadParameter where Kafka does not accept it as a topic's name."""
    try:
        return name if name is None else check_topic(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _each_once(ids: list[int] | None) -> list[int] | None:
    return ids and list(dict.fromkeys(ids))


TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", callback=topic_name)]
IdArgument = Annotated[int, typer.Argument(metavar="ID", min=1, max=MAX_ID)]
IdsArgument = Annotated[list[int], typer.Argument(metavar="ID", min=1, max=MAX_ID, callback=_each_once)]
PartitionArgument = Annotated[int, typer.Argument(metavar="PARTITION", min=0)]
FormatOption = Annotated[Format, typer.Option("--format", help="For people, or for machines.", show_choices=True)]


# Line and paragraph ends, controls, and what has no UTF-8: an argument that is not in the encoding of the terminal.
UNSUITABLE = {"Cc", "Cs", "Zl", "Zp"}


def _reason(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("say why: it is kept with your name for ever")
    if unsuitable := next((letter for letter in text if unicodedata.category(letter) in UNSUITABLE), None):
        raise typer.BadParameter(f"say why in one line: U+{ord(unsuitable):04X} cannot be part of it")
    return text


ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; kept with your name for ever.", callback=_reason)
]


def settings(*, kafka: bool) -> Settings:
    """The settings of the environment; logging is set up with them. Ends the program when they are wrong."""
    try:
        loaded = load(os.environ, kafka=kafka)
    except SettingsError as error:
        end(str(error), 2)
    logging.configure(loaded.log_format)
    return loaded


@contextmanager
def operator(loaded: Settings, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection as audit_operator; with `read_only` to a standby as well.

    An error inside the block becomes one line on standard error and an exit code.
    """
    try:
        with session(loaded.database_url.get_secret_value(), read_only=read_only) as connection:
            yield connection
    except (RegistryUnset, RegistryRefused, PropertyRefused) as error:
        end(str(error), 2)
    except RegistryUnavailable as error:
        end(f"the Schema Registry is unavailable, try again: {error}", 1)
    except ClusterUnavailable as error:
        end(f"Kafka is unavailable, try again: {error}", 1)
    except (Refused, SessionError) as error:
        end(str(error), 1)


@contextmanager
def open_dry_run(loaded: Settings) -> Iterator[DryRun]:
    """A dry run with the Schema Registry of the settings, if they name one."""
    url = loaded.registry_url
    dry_run = DryRun(Registry(url, authority=loaded.registry_authority) if url else None)
    try:
        yield dry_run
    finally:
        dry_run.close()


def find_partition(cluster: Cluster, topic: str, number: int) -> Partition:
    """The partition with Kafka's id of its topic. Raises Refused where Kafka does not have it."""
    for partition in cluster.partitions([topic]):
        if partition.number == number:
            return partition
    raise Refused(f"Kafka has no partition {topic}/{number}")


def end(message: str, code: int) -> NoReturn:
    """Prints `message` on standard error and ends the program with exit code `code`."""
    shutdown.begin(code)  # a pipe that is full takes no message
    typer.echo(f"audit-consumer: {message}", err=True)
    raise typer.Exit(code)
