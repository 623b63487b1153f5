"""`gaps list|accept|state`: offsets that Kafka lost before they were read."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from catalog.reasons import GapCause
from consumer.commands.cli_common import (
    Format,
    FormatOption,
    IdsArgument,
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
from runtime import terminal

app = typer.Typer(
    no_args_is_help=True, help="What Kafka lost before it was read: stated gaps, each halting its partition."
)


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
    with operator(settings(kafka=False), read_only=True) as connection:
        stated = recovery.stated_gaps(connection, accepted=every)
    if form is Format.JSON:
        typer.echo(terminal.as_json([asdict(gap) for gap in stated]))
        return
    if not stated:
        typer.echo("No gap was ever stated." if every else "No gap waits for an operator.")
        return
    table = terminal.table(
        "id", "partition", "from", "to", "cause", right=["id", "from", "to"], fold=["partition", "cause"]
    )
    for gap in stated:
        cause = Text(f"{gap.cause}: {GapCause.of(gap.cause).meaning}\n")
        cause.append(f"stated {terminal.instant(gap.stated_at)}", "dim")
        if gap.accepted_at is not None:
            by = f"{gap.accepted_by}: {gap.accepted_reason}"
            cause.append(f"\naccepted {terminal.instant(gap.accepted_at)} by {terminal.escaped(by)}", "dim")
        end = "unknown" if gap.end is None else f"{gap.end:,}"
        table.add_row(str(gap.id), terminal.escaped(f"{gap.topic}/{gap.number}"), f"{gap.start:,}", end, cause)
    terminal.console().print(table)


@app.command()
def accept(ids: IdsArgument, reason: ReasonOption) -> None:
    """Accepts stated gaps, so that their partitions continue; the gaps stay in the table and in every accounting.

    A partition whose log lost records continues after the gap. One whose log is shorter than what was read goes back to
    the log's end. Of a topic that was re-created, the old log is retired and the new one is read from its beginning.
    The running consumer notices within seconds.

    ```
    audit-consumer gaps accept 3 --reason "retention was 7 days during the outage; INC-311, customers were informed"
    ```
    """
    with operator(settings(kafka=False)) as connection:
        for gap_id in ids:
            typer.echo(recovery.accept_gap(connection, gap_id, reason))


@app.command()
def state(
    topic: TopicArgument,
    partition: PartitionArgument,
    reason: ReasonOption,
    to_offset: Annotated[int, typer.Option(metavar="N", min=1, help="The first offset that can be read again.")],
) -> None:
    """States a damaged range of the broker's log as a gap, accepts it, and continues the partition at --to-offset.

    Only for a partition that is halted by `damaged_log`, and only where the log cannot be repaired: the offsets from the
    next one (`audit-consumer status` shows it) to before --to-offset are never read, and every account says so. The
    running consumer notices within seconds.

    ```
    audit-consumer gaps state callmine.billing 0 --to-offset 1240 --reason "disk of broker 2 failed, no replica; INC-311"
    ```
    """
    loaded = settings(kafka=True)
    with operator(loaded) as connection:
        cluster = Cluster({**kafka_config(loaded), "log_level": "0"})
        target = find_partition(cluster, topic, partition)
        bounds = cluster.bounds_of(target)
        start = recovery.state_damaged_range(connection, target, bounds, to_offset, reason)
    typer.echo(f"{topic}/{partition}: offsets {start} to {to_offset} are a stated gap; the partition continues")
