"""Events of the types that no scenario is written for: the plain example of each, moved into the workspace.

So a new event type is in the demo and the benchmark as soon as it has an example. Each event is about a thing of its own,
with a new id, so that snapshots stay truthful; where there is no such id, before and after take turns.
"""

import copy
from collections.abc import Iterable

import schemas
from catalog.audit_types import BY_CE_TYPE
from catalog.topics import IGNORED
from sandbox.traffic.workspace import Scenario, ScenarioEvent, Workspace

_OF_THE_WORKSPACE = ("workspace_id", "actor", "origin")


def unwritten(written: Iterable[str]) -> tuple[tuple[Scenario, ...], tuple[Scenario, ...]]:
    """Scenarios for the listed event types that are not among `written`: of the audited ones, and of the ignored ones."""
    known = frozenset(written)
    return (
        tuple(like_example(ce_type) for ce_type in BY_CE_TYPE if ce_type not in known),
        tuple(like_example(ce_type) for ce_type in IGNORED if ce_type not in known),
    )


def like_example(ce_type: str) -> Scenario:
    """A scenario whose events are the plain example of this type; StopIteration where there is none."""
    example = next(
        candidate for candidate in schemas.examples() if (candidate.ce_type, candidate.case) == (ce_type, "plain")
    )

    def scenario(w: Workspace) -> ScenarioEvent:
        facts = {name: value for name, value in copy.deepcopy(example.data).items() if name not in _OF_THE_WORKSPACE}
        subject = _subject_id(ce_type)
        if "_" in (id_ := str(facts.get(subject, ""))):
            facts[subject] = w.new_id(f"{id_.partition('_')[0]}_")
        elif {"before", "after"} <= facts.keys() and w.uses[ce_type] % 2:
            facts["before"], facts["after"] = facts["after"], facts["before"]
        w.uses[ce_type] += 1
        return w.by_user(ce_type, facts)

    return scenario


def _subject_id(ce_type: str) -> str:
    """The field that holds the id of what the event is about, as the catalog says; of an ignored type there is none."""
    route = BY_CE_TYPE.get(ce_type)
    return "" if route is None else next(iter(route.ways.values()))[0].subject.id
