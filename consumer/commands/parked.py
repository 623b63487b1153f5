"""`parked list|show|replay|dismiss`: the parked records."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.progress import track

from catalog.reasons import ParkReason
from consumer.commands.cli_common import (
    Format,
    FormatOption,
    IdArgument,
    IdsArgument,
    ReasonOption,
    open_dry_run,
    operator,
    settings,
    topic_name,
)
from consumer.commands.outcome_view import outcome_data
from consumer.commands.parked_view import STYLES, details_view, list_view, replays_view
from consumer.event.model import Outcome, Poison
from consumer.operator import parked_records
from consumer.operator.dry_run import DryRun, RegistryUnset
from consumer.registry.client import RegistryUnavailable
from runtime import terminal
from runtime.postgres import Connection

app = typer.Typer(no_args_is_help=True, help="Parked records: what could not be recorded, kept raw with its reason.")

Why = StrEnum("Why", {reason.name: reason.value for reason in ParkReason})  # type: ignore[misc]
ParkedAs = Annotated[Why | None, typer.Option("--parked-as", metavar="WORD", help="Only those parked for this reason.")]


@app.command("list")
def list_parked(
    parked_as: ParkedAs = None,
    topic: Annotated[str | None, typer.Option(help="Only those of this topic.", callback=topic_name)] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed or dismissed.")] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=parked_records.NO_LIMIT - 1, help="How many at most, oldest first.")
    ] = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists parked records that no one has resolved yet, oldest first.

    ```
    audit-consumer parked list
    audit-consumer parked list --parked-as unknown_type --topic callmine.billing
    audit-consumer parked list --all --format json | jq '.[].reason' | sort | uniq -c
    ```
    """
    with operator(settings(kafka=False), read_only=True) as connection:
        records = parked_records.list_parked(connection, reason=parked_as, topic=topic, resolved=every, limit=limit)
    if form is Format.JSON:
        summaries = [{name: value for name, value in asdict(row).items() if name != "matching"} for row in records]
        typer.echo(terminal.as_json(summaries))
        return
    if not records:
        which = f" of topic {topic}" if topic else ""
        which += f" parked as {parked_as}" if parked_as else ""
        typer.echo(f"No parked record{which}{'.' if every else ' waits for a decision.'}")
        return
    terminal.console().print(list_view(records))
    if records[0].matching > len(records):
        typer.echo(f"\n{len(records)} of {records[0].matching:,}; --limit shows more")


@app.command()
def show(parked_id: IdArgument, form: FormatOption = Format.TABLE) -> None:
    """Shows everything about one parked record, and what would become of it now.

    ```
    audit-consumer parked show 42
    audit-consumer parked show 42 --format json | jq -r .value | xxd -r -p > value.bin
    ```
    """
    loaded = settings(kafka=False)
    with operator(loaded, read_only=True) as connection, open_dry_run(loaded) as dry_run:
        parked, actions = (
            parked_records.get_parked(connection, parked_id),
            parked_records.list_actions(connection, parked_id),
        )
        now, data = _now(connection, dry_run, parked), _data(dry_run, parked)
    if form is Format.JSON:
        document = {
            **asdict(parked),
            "meaning": ParkReason.of(parked.reason).meaning,
            "data": data if isinstance(data, dict) else None,
            "actions": [asdict(action) for action in actions],
            "now": now if isinstance(now, str) else outcome_data(now),
        }
        typer.echo(terminal.as_json(document))
    else:
        terminal.console().print(details_view(parked, actions, now, data))


@app.command()
def replay(
    reason: ReasonOption,
    ids: IdsArgument = [],  # noqa: B006 read only
    parked_as: ParkedAs = None,
    every: Annotated[bool, typer.Option("--all", help="All that wait for a decision.")] = False,
) -> None:
    """Runs parked records again, by the schemas and the catalog of today, and stores what they give.

    Name them by their ids, by --parked-as, or all of them. It can be repeated without harm: what is in the audit log
    already is a duplicate. What still cannot be recorded stays parked. Each replay is kept: who, when, why, the outcome.

    ```
    audit-consumer parked replay 42 43 --reason "plan pro-2027 was added"
    audit-consumer parked replay --parked-as unknown_type --reason "audit-consumer 1.4 knows it"
    audit-consumer parked replay --all --reason "the producer's schema was deployed"
    ```

    Exit code: 0 all are resolved, 1 some are still parked or in conflict.
    """
    if sum([bool(ids), parked_as is not None, every]) != 1:
        raise typer.BadParameter("name the records in one way: by ID, by --parked-as, or by --all")
    loaded, outcomes = settings(kafka=False), dict[int, parked_records.ReplayResult]()
    with operator(loaded) as connection, open_dry_run(loaded) as dry_run:
        chosen = ids or [row.id for row in parked_records.list_parked(connection, reason=parked_as, resolved=False)]
        try:
            _replay(connection, dry_run, chosen, reason, outcomes)
        finally:
            _report(outcomes, len(chosen))
    if any(result.outcome in {"parked", "conflict"} for result in outcomes.values()):
        raise typer.Exit(1)


@app.command()
def dismiss(reason: ReasonOption, ids: IdsArgument) -> None:
    """Decides that parked records need no entry. They stay in the table, with who decided it, when and why.

    ```
    audit-consumer parked dismiss 42 43 --reason "load test of the staging cluster, agreed with security"
    ```
    """
    with operator(settings(kafka=False)) as connection:
        parked_records.dismiss(connection, ids, reason)
    typer.echo(f"{len(ids)} dismissed: {', '.join(map(str, ids))}")


def _replay(
    connection: Connection,
    dry_run: DryRun,
    ids: list[int],
    reason: str,
    outcomes: dict[int, parked_records.ReplayResult],
) -> None:
    screen = terminal.console(errors=True)
    shown = screen.is_terminal and len(ids) > 1
    for parked_id in track(ids, "replaying", console=screen, disable=not shown, transient=True):
        outcomes[parked_id] = parked_records.replay(connection, dry_run, parked_id, reason)


def _report(outcomes: dict[int, parked_records.ReplayResult], chosen: int) -> None:
    """Says what became of each, and the sums; also if the replay ended early."""
    if outcomes:
        terminal.console().print(replays_view(outcomes))
    sums = {word: sum(result.outcome == word for result in outcomes.values()) for word in STYLES}
    totals = ", ".join(f"{count} {word}" for word, count in sums.items() if count)
    typer.echo(f"{len(outcomes)} of {chosen} replayed" + (f": {totals}" if totals else ""))


def _now(connection: Connection, dry_run: DryRun, parked: parked_records.ParkedRecord) -> Outcome | str:
    """What would become of the record now, or why that is unknown."""
    if parked.reason == ParkReason.CRASH_LOOP:
        return "not tried: decoding it has killed a process"
    try:
        return parked_records.outcome_now(connection, dry_run, parked)
    except (RegistryUnset, RegistryUnavailable) as error:
        return f"unknown: {error}"


def _data(dry_run: DryRun, parked: parked_records.ParkedRecord) -> dict[str, Any] | str:
    if parked.reason == ParkReason.CRASH_LOOP:
        return "not decoded"
    try:
        return dry_run.data(parked.record())
    except (Poison, RegistryUnset, RegistryUnavailable) as error:
        return f"cannot be decoded: {error}"
