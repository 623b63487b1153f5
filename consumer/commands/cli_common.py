"""What the commands share: the settings of the environment, the options, and how they end (SPEC 7).

Exit codes: 0 done; 1 something needs a person; 2 wrong usage or settings.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from consumer.kafka.admin import ClusterUnavailable, PropertyRefused
from consumer.operator.actions import Refused
from consumer.operator.dry_run import Judge, RegistryUnset
from consumer.operator.session import SessionError, session
from consumer.registry.client import AuthorityUnusable, Registry, RegistryUnavailable
from consumer.settings import Settings, SettingsError, load
from runtime import logging
from runtime.postgres import Connection


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="For people, or for machines.", show_choices=True)]


def _reason(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise typer.BadParameter("say why, in one line: it is kept with your name for ever")
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
def operator(loaded: Settings) -> Iterator[Connection]:
    """The database as audit_operator. Whatever stops the command inside is told in a line, and ends the program."""
    try:
        with session(loaded.database_url.get_secret_value()) as connection:
            yield connection
    except (RegistryUnset, AuthorityUnusable, PropertyRefused) as error:
        end(str(error), 2)
    except RegistryUnavailable as error:
        end(f"the Schema Registry is away, try again: {error}", 1)
    except ClusterUnavailable as error:
        end(f"Kafka is away, try again: {error}", 1)
    except (Refused, SessionError) as error:
        end(str(error), 1)


@contextmanager
def judge(loaded: Settings) -> Iterator[Judge]:
    """A judge with the Schema Registry of the settings, if they name one."""
    url = loaded.registry_url
    made = Judge(Registry(url, authority=loaded.registry_authority) if url else None)
    try:
        yield made
    finally:
        made.close()


def end(message: str, code: int) -> NoReturn:
    """Says `message` on standard error and ends the program."""
    typer.echo(f"audit-consumer: {message}", err=True)
    raise typer.Exit(code)
