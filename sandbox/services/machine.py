"""Where a program runs: on this machine, or on one of a Network."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.services.namespaces import entered


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`address` is where others reach it; `namespace` is the file of its network namespace, None for ours.

    `disk` is the folder below which its services have theirs, None for the system's temporary folder; `environ` is what they
    are started with besides.
    """

    name: str
    address: str
    namespace: str | None = None
    disk: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    def entered(self) -> AbstractContextManager[None]:
        """What the calling thread starts and opens in this block is on this machine; other threads are where they were."""
        return entered(self.namespace) if self.namespace else nullcontext()


HERE = Machine(name="here", address="127.0.0.1")
