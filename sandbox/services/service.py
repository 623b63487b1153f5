"""What every service of the sandbox can do."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Service(ABC):
    """Started and stopped any number of times with its data and address kept; `close`, the end of `with`, removes all."""

    @abstractmethod
    def start(self) -> None:
        """Starts it and waits until it answers; SandboxError, with what to do or the log's end, if it does not."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it in order; nothing to do when it does not run."""

    @abstractmethod
    def kill(self) -> None:
        """Ends it as a crash does (SIGKILL); nothing to do when it does not run."""

    @abstractmethod
    def close(self) -> None:
        """Ends it and removes all that it kept."""

    def restart(self) -> None:
        """Stops and starts it."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class KafkaBroker(Service):
    """A Kafka broker of some kind."""

    description: str
    """What it is, in a few words for people."""

    lacks: tuple[str, ...] = ()
    """What a real broker has and this one has not, a short sentence each."""

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """`host:port`, the same over restarts (unless `lacks` says otherwise)."""

    @property
    def pid(self) -> int | None:
        """Its process id; None when it does not run, or not as a process of ours."""
        return None
