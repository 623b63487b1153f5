"""`gaps list|accept`, `rewind` and `resume`: what an operator decides about a partition."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from catalog.reasons import GapCause
from consumer.commands.cli_common import Format, FormatOption, ReasonOption, operator, settings
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster
from consumer.operator import recovery
from consumer.operator.actions import Refused
from consumer.run import kafka_config
from runtime import terminal

app = typer.Typer(
    no_args_is_help=True, help="What Kafka lost before it was read: stated gaps, each halting its partition."
)

TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC")]
PartitionArgument = Annotated[int, typer.Argument(metavar="PARTITION", min=0)]


@app.command("list")
def list_gaps(
    every: Annotated[bool, typer.Option("--all", help="Also those that were accepted.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists the gaps that wait for an operator. Offsets are [from, to).

    ```
    audit-consumer gaps list
    audit-consumer gaps list --all --format json
    ```
    """
    with operator(settings(kafka=False)) as connection:
        found = recovery.stated_gaps(connection, accepted=every)
    if form is Format.JSON:
        typer.echo(terminal.as_json([gap._asdict() for gap in found]))
        return
    if not found:
        typer.echo("No gap was ever stated." if every else "No gap waits for an operator.")
        return
    made = terminal.table(
        "id", "partition", "from", "to", "cause", right=["id", "from", "to"], fold=["partition", "cause"]
    )
    for gap in found:
        cause = Text(f"{gap.cause}: {GapCause.of(gap.cause).meaning}\n")
        cause.append(f"stated {terminal.instant(gap.stated_at)}", "dim")
        if gap.accepted_at is not None:
            by = f"{gap.accepted_by}: {gap.accepted_reason}"
            cause.append(f"\naccepted {terminal.instant(gap.accepted_at)} by {terminal.escaped(by)}", "dim")
        end = "unknown" if gap.end is None else f"{gap.end:,}"
        made.add_row(str(gap.id), terminal.escaped(f"{gap.topic}/{gap.number}"), f"{gap.start:,}", end, cause)
    terminal.console().print(made)


@app.command()
def accept(ids: Annotated[list[int], typer.Argument(metavar="ID")], reason: ReasonOption) -> None:
    """Accepts stated gaps, so that their partitions go on; the gaps stay in the table and in every account.

    A partition whose log lost records goes on behind the gap. One whose log is shorter than what was read goes back to
    the log's end. Of a topic that was made anew, the old log is retired and the new one is read from its beginning.
    The running consumer notices within seconds.

    ```
    audit-consumer gaps accept 3 --reason "retention was 7 days during the outage; INC-311, told to the customers"
    ```
    """
    with operator(settings(kafka=False)) as connection:
        for gap_id in ids:
            typer.echo(recovery.accept_gap(connection, gap_id, reason))


def rewind(
    topic: TopicArgument,
    partition: PartitionArgument,
    reason: ReasonOption,
    to_offset: Annotated[int | None, typer.Option(metavar="N", min=0, help="The offset to read next.")] = None,
    to_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="RFC 3339 with a zone: the first record since.")
    ] = None,
) -> None:
    """Lets a partition be read again, from an earlier offset or time. What is in the audit log already is a duplicate.

    Backwards only: going forward would skip records. The running consumer notices within seconds. A halted partition
    stays halted until `resume`.

    ```
    audit-consumer rewind callmine.billing 0 --to-offset 1200 --reason "catalogue fixed, see INC-311"
    audit-consumer rewind callmine.billing 0 --to-time 2026-11-22T10:00:00Z --reason "restored from backup"
    ```
    """
    if (to_offset is None) == (to_time is None):
        raise typer.BadParameter("say where to with one of --to-offset and --to-time")
    time = None if to_time is None else _time(to_time)
    loaded = settings(kafka=True)
    with operator(loaded) as connection:
        cluster = Cluster({**kafka_config(loaded), "log_level": "0"})
        found = _partition(cluster, topic, partition)
        bounds = cluster.bounds([found])[found]
        to = to_offset if time is None else cluster.at(found, time)
        assert to is not None
        stood = recovery.rewind(connection, found, bounds, to, reason)
    typer.echo(f"{topic}/{partition} goes back from offset {stood} to {to}: {stood - to} offsets are read again")


def resume(topic: TopicArgument, partition: PartitionArgument, reason: ReasonOption) -> None:
    """Lets a halted partition go on where it stands. For a gap use `gaps accept`.

    Mend first what halted it (`audit-consumer status` says what), or it halts again. The running consumer notices
    within seconds.

    ```
    audit-consumer resume callmine.billing 0 --reason "billing 2.3.1 sends plans that exist"
    ```
    """
    with operator(settings(kafka=False)) as connection:
        cause = recovery.resume(connection, topic, partition, reason)
    typer.echo(f"{topic}/{partition} goes on; it was halted by {cause.value}")


def _partition(cluster: Cluster, topic: str, number: int) -> Partition:
    for partition in cluster.partitions([topic]):
        if partition.number == number:
            return partition
    raise Refused(f"Kafka has no partition {topic}/{number}")


def _time(text: str) -> datetime:
    with suppress(ValueError):
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None and "T" in text.upper():
            return time.astimezone(UTC)
    raise typer.BadParameter(f"{text!r} is not RFC 3339 with a zone, such as 2026-11-22T10:00:00Z")
