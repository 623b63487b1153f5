"""`resume`: continues a halted partition."""

import typer

from consumer.commands.cli_common import PartitionArgument, ReasonOption, TopicArgument, operator, settings
from consumer.operator import recovery


def resume(topic: TopicArgument, partition: PartitionArgument, reason: ReasonOption) -> None:
    """Continues a halted partition at its next offset. For a gap use `gaps accept`.

    First fix the cause of the halt (`audit-consumer status` shows it), or it halts again. The running consumer notices
    within seconds.

    ```
    audit-consumer resume callmine.billing 0 --reason "billing 2.3.1 sends plans that exist"
    ```
    """
    with operator(settings(kafka=False)) as connection:
        cause = recovery.resume(connection, topic, partition, reason)
    typer.echo(f"{topic}/{partition} is resumed; it was halted by {cause.value}")
