"""The accounts of a seal (section 6): what the consumer counted, beside how many entries were sealed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from export.format.accounts import Account, encode_accounts, parse_accounts
from export.format.encoding import is_time
from export.format.errors import ExportError, tampered
from export.seal.reading import Partition
from export.tables.database import Connection
from runtime.postgres import select
from sql import query

ACCOUNTS = query("export/accounts")

_Progress: TypeAlias = Mapping[str, Any]
"""A row of ACCOUNTS: the columns of a line but for its entries, and `complete_through`, None where it is not known yet."""


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """accounts.csv of a seal, and up to when Kafka is completely read; None: not known."""

    text: str
    complete_through: str | None


def entries_of(text: str) -> Counter[Partition]:
    """How many entries of each partition had been sealed, from the accounts of a seal; of none before the first."""
    return Counter(
        {(line.topic, line.partition): line.entries for line in parse_accounts(text.encode())} if text else {}
    )


def compose(connection: Connection, entries: Mapping[Partition, int]) -> Accounts:
    """Reads the counters in the transaction's snapshot. TAMPERED where a table has what the consumer never writes."""
    progress: list[dict[str, Any]] = select(connection, dict, ACCOUNTS)
    lines = [_account(row, entries) for row in progress]
    counted = {(line.topic, line.partition) for line in lines}
    lines.extend(
        Account(topic=topic, partition=partition, topic_id="-", state="unknown", entries=count)
        for (topic, partition), count in entries.items()
        if (topic, partition) not in counted
    )
    data = encode_accounts(lines)
    try:
        parse_accounts(data)
    except ExportError as error:
        raise tampered(f"the partitions' counters are not as the consumer writes them: {error.message}") from None
    return Accounts(text=data.decode(), complete_through=_complete_through(progress))


def _account(row: _Progress, entries: Mapping[Partition, int]) -> Account:
    values = {name: value for name, value in row.items() if name != "complete_through"}
    return Account(**values, entries=entries.get((row["topic"], row["partition"]), 0))


def _complete_through(progress: Sequence[_Progress]) -> str | None:
    """The least of the partitions that are read; None if one does not say, or there is none."""
    through = [row["complete_through"] for row in progress if row["state"] != "retired"]
    if not through or None in through:
        return None
    earliest: str = min(time for time in through if time is not None)
    if not is_time(earliest):
        raise tampered(f"partition_progress has a complete_through that is not a time: {earliest!a}")
    return earliest
