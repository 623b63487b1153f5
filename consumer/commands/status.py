"""`status`: the progress of every partition, and whether every offset that was read is accounted for."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from consumer.commands.cli_common import Format, FormatOption, operator, settings
from consumer.commands.status_view import COUNTS, view
from consumer.commands.verification import verify as run_verification
from consumer.operator import accounting
from consumer.operator.accounting import DatabaseAccount, LogBounds, PartitionAccount
from consumer.operator.tampering import may_become_owner
from consumer.run import kafka_config
from runtime import terminal

OWNER_WARNING = (
    "The login of DATABASE_URL may become audit_owner, or is a superuser: it could take the triggers away. Give this "
    "program a login with audit_operator alone (docs/security.md)."
)


def status(
    form: FormatOption = Format.TABLE,
    count_entries: Annotated[
        bool, typer.Option("--count-entries", help="Also count every entry of the audit log: exact, reads all of it.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Also compares the schema with what the migrations made, and every entry with its digest, and counts them: reads all.",
        ),
    ] = False,
) -> None:
    """Shows progress, lag, halts and outcomes of every partition, and checks the accounting.

    The check: every offset that was passed has exactly one outcome, lies in an accepted gap, or is one that Kafka does
    not deliver (`holes`); and the rows that the counters count are there. Replayed records still count as parked.
    Without KAFKA_BOOTSTRAP_SERVERS, or if the brokers are unavailable, it shows what the database has. It works on a standby.

    ```
    audit-consumer status
    audit-consumer status --count-entries
    audit-consumer status --verify
    audit-consumer status --format json | jq '.partitions[] | select(.halted)'
    ```

    --verify shows what was changed without the programs: a trigger, grant, policy, function, partition, column,
    constraint or role that is not as the migrations made it, and each entry whose text is not what was sent. It counts the
    entries too: one that was deleted or added by hand is missing or too many in its partition.

    Exit code: 0 the accounting balances, and --verify found nothing; 1 otherwise (or the database is unavailable).
    """
    loaded = settings(kafka=False)
    with operator(loaded, read_only=True) as connection:
        account = accounting.read_account(connection, count_entries=count_entries or verify)
        login_may_own = may_become_owner(connection)
        verification = run_verification(connection) if verify else None
    logs = accounting.read_log_bounds(
        {**kafka_config(loaded), "log_level": "0"}, loaded.topics, loaded.bootstrap_servers
    )
    if form is Format.JSON:
        verified = {} if verification is None else {"verification": verification.data()}
        typer.echo(terminal.as_json({**_data(account, logs), "login_may_become_owner": login_may_own, **verified}))
    else:
        console = terminal.console()
        console.print(view(account, logs))
        if login_may_own:
            console.print(Text(OWNER_WARNING, "yellow"))
        if verification is not None:
            console.print(*verification.view(), sep="\n")
    clean = verification is None or verification.clean
    raise typer.Exit(0 if accounting.balanced(account) and clean else 1)


def _data(account: DatabaseAccount, logs: LogBounds) -> dict[str, Any]:
    return {
        "balanced": accounting.balanced(account),
        "kafka": logs.unavailable or "ok",
        "missing_topics": list(logs.missing),
        "clock_ahead_seconds": round(account.clock_ahead, 3),
        "partitions": [_partition_data(row, logs) for row in account.partitions],
        "unread": [
            {"topic": partition.topic, "partition": partition.number, "log_start": bounds.low, "end": bounds.high}
            for partition, bounds in accounting.unread(account, logs).items()
        ],
        "totals": {name: sum(getattr(row, name) for row in account.partitions) for name in COUNTS},
        "parked_unresolved": account.parked,
        "gaps_unresolved": [asdict(gap) for gap in account.gaps],
        "conflicts": sum(row.conflict_rows for row in account.partitions),
        "entries": None if account.entries is None else sum(account.entries.values()),
        "entry_findings": accounting.entry_findings(account),
    }


def _partition_data(row: PartitionAccount, logs: LogBounds) -> dict[str, Any]:
    bounds = logs.bounds.get(row.partition)
    values = asdict(row)
    row_counts = (
        "parked_rows",
        "parked_resolved",
        "replayed",
        "replayed_conflict",
        "conflict_rows",
        "accepted",
        "given_back",
    )
    return {
        **{name: values[name] for name in ("topic", "topic_id", "next_offset")},
        "partition": row.number,
        "log_start": bounds and bounds.low,
        "end": bounds and bounds.high,
        "last_stable_offset": logs.stable_ends.get(row.partition),
        "lag": accounting.lag(row, logs),
        **{name: values[name] for name in COUNTS},
        **{
            f"ignored_{why}": values[f"ignored_{why}"]
            for why in ("not_audited", "tombstone", "no_change", "other_cell")
        },
        "kept": {name: values[name] for name in row_counts},
        **{name: values[name] for name in ("halted", "halted_detail", "halted_at", "retired_at")},
        "complete_through": row.shown_complete_through,
        "owner": row.owner,
        "epoch": row.epoch,
        "findings": accounting.findings(row),
    }
