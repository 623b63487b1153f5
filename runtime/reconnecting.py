"""A connection that is opened when it is first needed, and opened again after it was closed."""

from collections.abc import Callable

from runtime.postgres import Connection


class Reconnecting:
    """One connection for one thread. `connect` makes it; `prepare` is run on each new one."""

    def __init__(
        self, connect: Callable[[], Connection], prepare: Callable[[Connection], None] = lambda _: None
    ) -> None:
        self._connect = connect
        self._prepare = prepare
        self._connection: Connection | None = None

    def get(self) -> Connection:
        """The connection. Raises what `connect` and `prepare` raise."""
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._prepare(self._connection)
        return self._connection

    def close(self) -> None:
        """Ends the connection, if there is one; the next `get` makes another.

        After an error too: a server that has become read-only or has failed over answers as before, and only a new
        connection finds the new primary.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
