"""Whether the package continues what the auditor holds, and what it says itself of earlier seals (checks 9 and 10)."""

from collections.abc import Sequence

from export.format import merkle
from export.format.checkpoint import Checkpoint
from export.format.errors import incomplete, quote, rewritten
from export.verify.views import WorkspaceState


def check_known(known: Checkpoint, checkpoint: Checkpoint, states: Sequence[WorkspaceState], source: str) -> None:
    """Compares a checkpoint that the auditor holds with that of the package; `source` names it in messages.

    INCOMPLETE if they cannot be compared, REWRITTEN if the package's log does not begin with the one held.
    """
    if known.origin != checkpoint.origin:
        raise incomplete(f"{source} is of the log {quote(known.origin)}, the package of {quote(checkpoint.origin)}")
    if known.size > checkpoint.size:
        raise incomplete(
            f"{source} has size {known.size}, the package is older: {checkpoint.size}; ask for a newer one"
        )
    if known.size == checkpoint.size:
        if known.root != checkpoint.root:
            raise rewritten(f"{source} has another root of the same size, {known.size}: the log was rewritten")
        return
    if known.size == 0:
        return
    state = next((state for state in states if state.record.seal == known.size - 1), None)
    if state is None:
        raise incomplete(f"proof.json has no view of seal {known.size - 1}, which {source} needs; export with --known")
    if not merkle.verify_consistency(known.size, checkpoint.size, state.consistency, known.root, checkpoint.root):
        raise rewritten(f"{source}, size {known.size}, is not how the package's log began")


def check_growth(states: Sequence[WorkspaceState]) -> None:
    """Each day of each older view must be in the newest, with as many entries or more; REWRITTEN at the first that is not."""
    *older_states, newest = states
    for older in older_states:
        for day, head in older.days.items():
            now = newest.days.get(day)
            if now is None or now.entries < head.entries:
                entries = 0 if now is None else now.entries
                raise rewritten(
                    f"{day} had {head.entries} entries as of seal {older.record.seal}, now it has {entries}"
                )
            if now.entries == head.entries and now.digest != head.digest:
                raise rewritten(f"{day} has as many entries as of seal {older.record.seal}, but others")
