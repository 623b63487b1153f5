"""What a request gets instead of a result if the database returns none."""


class Unavailable(Exception):
    """The database gave no answer in time.

    `slow`: it works, but the query takes too long; `locked`: because someone holds a lock. `busy`: it was not asked, since too much
    is being read already.
    """

    def __init__(self, *, slow: bool = False, locked: bool = False, busy: bool = False) -> None:
        super().__init__(
            "too much is being read" if busy else "the query took too long" if slow else "the database is not available"
        )
        self.slow, self.locked, self.busy = slow, locked, busy

    @property
    def is_too_long(self) -> bool:
        """Whether the query itself takes too long, and nobody holds it up."""
        return self.slow and not self.locked
