"""`status`: where every partition stands, and whether all that was passed is accounted for."""

from typing import Annotated, Any

import typer

from consumer.commands.cli_common import Format, FormatOption, operator, settings
from consumer.commands.status_view import COUNTS, view
from consumer.operator import accounting as states
from consumer.operator.accounting import Kept, Logs, Progress
from consumer.run import kafka_config
from runtime import terminal


def status(
    form: FormatOption = Format.TABLE,
    count_entries: Annotated[
        bool, typer.Option("--count-entries", help="Also count every entry of the audit log: exact, reads all of it.")
    ] = False,
) -> None:
    """Shows progress, lag, halts and outcomes of every partition, and checks the accounting.

    The check: every offset that was passed has exactly one outcome, lies in an accepted gap, or is one that Kafka does
    not deliver (`holes`); and the rows that the counters count are there. Replayed records still count as parked.
    Without KAFKA_BOOTSTRAP_SERVERS, or with the brokers away, it says what the database knows.

    ```
    audit-consumer status
    audit-consumer status --count-entries
    audit-consumer status --format json | jq '.partitions[] | select(.halted)'
    ```

    Exit code: 0 the accounting balances, 1 it does not (or the database is away).
    """
    loaded = settings(kafka=False)
    with operator(loaded) as connection:
        state = states.kept(connection, count_entries=count_entries)
    sight = states.logs({**kafka_config(loaded), "log_level": "0"}, loaded.topics, loaded.bootstrap_servers)
    if form is Format.JSON:
        typer.echo(terminal.as_json(_data(state, sight)))
    else:
        terminal.console().print(view(state, sight))
    raise typer.Exit(0 if states.balanced(state) else 1)


def _data(state: Kept, sight: Logs) -> dict[str, Any]:
    return {
        "balanced": states.balanced(state),
        "kafka": sight.away or "ok",
        "missing_topics": list(sight.missing),
        "partitions": [_partition_data(row, sight) for row in state.progress],
        "unread": [
            {"topic": partition.topic, "partition": partition.number, "log_start": bounds.low, "end": bounds.high}
            for partition, bounds in states.unread(state, sight).items()
        ],
        "totals": {name: sum(getattr(row, name) for row in state.progress) for name in COUNTS},
        "parked_unresolved": state.parked,
        "gaps_unresolved": [gap._asdict() for gap in state.gaps],
        "conflicts": sum(row.conflict_rows for row in state.progress),
        "entries": None if state.entries is None else sum(state.entries.values()),
        "entry_findings": states.entry_findings(state),
    }


def _partition_data(row: Progress, sight: Logs) -> dict[str, Any]:
    bounds = sight.bounds.get(row.partition)
    found = row._asdict()
    kept = (
        "parked_rows",
        "parked_resolved",
        "replayed",
        "replayed_conflict",
        "conflict_rows",
        "accepted",
        "given_back",
    )
    return {
        **{name: found[name] for name in ("topic", "topic_id", "next_offset")},
        "partition": row.number,
        "log_start": bounds and bounds.low,
        "end": bounds and bounds.high,
        "lag": states.lag(row, sight),
        **{name: found[name] for name in COUNTS},
        **{f"ignored_{why}": found[f"ignored_{why}"] for why in ("not_audited", "tombstone", "no_change")},
        "kept": {name: found[name] for name in kept},
        **{name: found[name] for name in ("halted", "halted_detail", "halted_at", "complete_through", "retired_at")},
        "findings": states.findings(row),
    }
