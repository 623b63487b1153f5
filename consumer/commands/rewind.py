"""`rewind`: reads a partition again from an earlier offset or time."""

from datetime import datetime
from typing import Annotated

import typer

from consumer.commands.cli_common import (
    PartitionArgument,
    ReasonOption,
    TopicArgument,
    find_partition,
    operator,
    settings,
)
from consumer.kafka.admin import Cluster
from consumer.operator import recovery
from consumer.run import kafka_config
from runtime import timestamps


def rewind(
    topic: TopicArgument,
    partition: PartitionArgument,
    reason: ReasonOption,
    to_offset: Annotated[int | None, typer.Option(metavar="N", min=0, help="The offset to read next.")] = None,
    to_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="RFC 3339 with a zone: the first record since.")
    ] = None,
) -> None:
    """Reads a partition again from an earlier offset or time. What is in the audit log already becomes a duplicate.

    Backwards only: going forward would skip records. The running consumer notices within seconds. A halted partition
    stays halted until `resume`.

    ```
    audit-consumer rewind callmine.billing 0 --to-offset 1200 --reason "catalog fixed, see INC-311"
    audit-consumer rewind callmine.billing 0 --to-time 2026-11-22T10:00:00Z --reason "suspected loss, INC-311"
    ```
    """
    if (to_offset is None) == (to_time is None):
        raise typer.BadParameter("say where to with one of --to-offset and --to-time")
    time = None if to_time is None else _parse_time(to_time)
    loaded = settings(kafka=True)
    with operator(loaded) as connection:
        cluster = Cluster({**kafka_config(loaded), "log_level": "0"})
        target = find_partition(cluster, topic, partition)
        bounds = cluster.bounds_of(target)
        to = to_offset if time is None else cluster.at(target, time)
        assert to is not None
        previous = recovery.rewind(connection, target, bounds, to, reason)
    typer.echo(f"{topic}/{partition} goes back from offset {previous} to {to}: {previous - to} offsets are read again")


def _parse_time(text: str) -> datetime:
    try:
        return timestamps.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None
