"""What a request gets instead of a result if the database returns none."""

RETRY_SECONDS = 5


class Unavailable(Exception):
    """The database gave no answer in time; `retry_after` in seconds.

    `slow`: it works, but the query takes too long; `locked`: because someone holds a lock.
    """

    def __init__(self, *, slow: bool = False, locked: bool = False) -> None:
        super().__init__("the query took too long" if slow else "the database is not available")
        self.retry_after = RETRY_SECONDS
        self.slow = slow
        self.locked = locked

    @property
    def is_too_long(self) -> bool:
        """Whether the query itself takes too long, and nobody holds it up."""
        return self.slow and not self.locked
