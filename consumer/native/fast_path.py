"""Gives the native code a plan for each schema that it can do by itself."""

from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

from catalog.audit_types import BY_CE_TYPE
from catalog.secret_keys import names_secret
from consumer.event.decode import Decoder
from consumer.event.model import Record
from consumer.native.plan import NotPlannedError, plan
from consumer.storage.copy_row import CopyRow

MakeRow: TypeAlias = Callable[[Record, int], CopyRow | None]

_EXTENSION = "consumer.native.copy_rows"


class FastPath:
    """The rows of usual records, by the schemas that `decoder` knows."""

    def __init__(self, decoder: Decoder) -> None:
        # The row of a record, with its ordinal; None where the pipeline must be asked.
        self.row: MakeRow = _no_row
        self.ce_types: set[str] = set()
        self._decoder = decoder
        self._seen: set[bytes] = set()
        self._rows: Any = None
        if find_spec(_EXTENSION) is not None:
            self._rows = import_module(_EXTENSION).Rows(CopyRow, sha256, names_secret)
            self.row = self._rows.row
            self.learn()

    def learn(self) -> None:
        """Makes plans for what the decoder has learned since."""
        if self._rows is None:
            return
        for prefix, ce_type in self._decoder.unresolved():
            route = BY_CE_TYPE.get(ce_type)
            if route is None or prefix in self._seen:
                continue
            self._seen.add(prefix)
            try:
                self._rows.add(prefix, plan(ce_type, route, self._decoder.reader(ce_type)))
            except NotPlannedError:
                continue
            self.ce_types.add(ce_type)


def _no_row(record: Record, ordinal: int) -> None:
    return None
