"""What the sealer has signed so far, and what the next seal continues."""

from collections import Counter
from dataclasses import dataclass

from export.format.merkle import RootBuilder
from export.format.record import SealRecord, parse_record
from export.seal.reading import NOTHING, Partition
from export.tables.bucket_map import BucketMap


@dataclass(frozen=True, kw_only=True)
class Base:
    """The seal whose snapshot, heads and accounts the next one continues: the newest, but for a restore."""

    seal: int
    record: str
    accounts: str
    entries: Counter[Partition]
    buckets: BucketMap

    @classmethod
    def nothing(cls) -> "Base":
        """What the first seal continues."""
        return cls(seal=-1, record="", accounts="", entries=Counter(), buckets=BucketMap())

    @property
    def snapshot(self) -> str:
        """What the seal covers."""
        return parse_record(self.record).snapshot if self.record else NOTHING


@dataclass(frozen=True, kw_only=True)
class SealState:
    """The whole log that was signed, its newest record (None: none yet), and the base of the next seal.

    `lost` are the signed seals that the table no longer has, from the first up to, not including, the second.
    """

    log: RootBuilder
    newest: SealRecord | None
    base: Base
    lost: tuple[int, int] | None = None
