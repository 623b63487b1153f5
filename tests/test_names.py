"""Names are the field's words: those that say nothing, those that were ours alone, and one noun for two things do not come back.

docs/glossary.md has the words of our own that had to stay.
"""

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from tests.repository import PACKAGES, PROGRAM, ROOT, sources

# As a whole name of a variable, a parameter, an attribute, a function or a class: they say nothing of what is in it.
SAY_NOTHING = frozenset({"done", "each", "found", "given", "it", "made", "one", "thing", "things", "told", "what"})

# As a word in any name, also of a module, of a query and in a script; beside it, what the field says.
OURS = {
    "away": "unavailable",
    "deadly": "crashing",
    "desk": "command line",
    "flowing": "active",
    "happening": "scenario event",
    "happenings": "scenario events",
    "horizon": "snapshot, xmin",
    "journal": "logging; a table by its name",
    "least": "min",
    "lesson": "schema",
    "look": "read, poll, sample",
    "most": "max",
    "patience": "timeout",
    "patient": "timeout",
    "promise": "guarantee, expected outcome",
    "pump": "publisher",
    "quarantine": "isolated worker",
    "resting": "paused",
    "roll": "key index",
    "scene": "experiment",
    "scratch": "temporary folder",
    "seen": "what it holds",
    "shelf": "index cache",
    "sight": "page",
    "stage": "environment",
    "standing": "halted; session",
    "story": "scenario",
    "survey": "poll",
    "told": "what was said, by its name",
    "turn": "slot, decision",
    "turns": "slots, uses",
}
# Names with such a word that are somebody else's, or say what they mean.
ALLOWED = {
    "remove_least_used": "LRU: the least recently used",
    "look_alike": "lookalikes is what Unicode calls confusable characters",
    "roll_back": "SQL's ROLLBACK",
    "seen": "what was passed already, in a loop over it",
}
# Modules alone: as a name of what a module has, rather than of what it was kept for, each is fine.
OUR_MODULES = {
    "delays": "histogram",
    "kept": "entry_cache",
    "meter": "recorder",
    "place": "destination",
    "cast": "outcomes",
}

# Classes of one name in two modules of what is shipped or of the sandbox: the same thing, for several programs.
SHARED = {
    "Bench": "one for each benchmark",
    "Figures": "the figures of each benchmark",
    "Metrics": "the metrics of each program",
    "Settings": "the settings of each program",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a module names itself; what it imports was named elsewhere."""

    names: frozenset[str]  # of variables, parameters, attributes, functions, classes
    tests: frozenset[str]  # those of the names that are sentences, and may use every word
    classes: tuple[str, ...]


@functools.cache
def names_of(text: str) -> Names:
    """Reads a module once for all guards: parsing the whole repository takes seconds."""
    names, classes = set[str](), list[str]()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                if isinstance(node, ast.ClassDef):
                    classes.append(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
    return Names(frozenset(names), frozenset(filter(is_test, names)), tuple(classes))


def is_test(name: str) -> bool:
    """Whether a function, or a module, is one of tests."""
    return name.startswith("test_")


def names_of_script(text: str) -> frozenset[str]:
    """What a script in JavaScript names: functions, their parameters, variables, what it destructures and catches."""
    lists = re.findall(
        r"\bfunction\s*(\w*)\(([^)]*)\)|\b(?:const|let|var) ([^=;]+?)(?= = | of | in |;)"
        r"|(?:\(([^()]*)\)|\b(\w+)) =>|\bcatch \((\w+)\)|^class (\w+)|^  (?:async )?#?(\w+)\(([^)]*)\) \{",
        re.sub(r"//.*", "", text),
        re.MULTILINE,
    )
    return frozenset(name for parts in lists for part in parts for name in re.findall(r"[A-Za-z_]\w*", part))


def words(name: str) -> list[str]:
    """The words of a name: `KeyIndex`, `key_index` and `KEY_INDEX` have the same two."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def ours(name: str) -> list[str]:
    """The words of a name that the field does not use."""
    return [] if name.strip("_") in ALLOWED else [word for word in words(name) if word in OURS]


def word_faults(path: str, names: Iterable[str]) -> list[str]:
    """Those of the names that say nothing, or that only we would know."""
    empty = {name for name in names if name.strip("_").lower() in SAY_NOTHING}
    return [
        *(f"{path}: `{name}` says nothing: name what it holds" for name in sorted(empty)),
        *(
            f"{path}: `{name}`: say {OURS[word]} for {word}"
            for name in sorted(set(names) - empty)
            for word in ours(name)
        ),
    ]


def faults(path: str, text: str) -> list[str]:
    """What is wrong with the names of a module, and with its own."""
    named, module = names_of(text), PurePosixPath(path).stem
    return [
        *word_faults(path, named.names - named.tests | (set() if is_test(module) else {module})),
        *(f"{path}: call the module {OUR_MODULES[module]}" for module in {module} & OUR_MODULES.keys()),
    ]


def empty_aliases(query: str) -> list[str]:
    """The names in a query that say nothing: of columns, subqueries and CTEs."""
    return [name for pair in re.findall(r"\bAS (\w+)|\b(\w+) AS \(", query) for name in pair if name in SAY_NOTHING]


def homonyms(texts: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Classes of one name in several modules, with those modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, text in texts:
        for name in names_of(text).classes:
            places[name].append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_the_fields_words(package: str) -> None:
    """No module has a name that says nothing, or one in words that only we would know."""
    assert [fault for path, text in sources(package) for fault in faults(path, text)] == []


def test_queries_have_the_fields_words() -> None:
    """The file of a query is named like a function, and what it selects from like a variable."""
    queries = sorted((ROOT / "sql" / "queries").rglob("*.sql"))

    assert [path.name for path in queries if ours(path.stem)] == []
    assert {
        path.name: empty_aliases(path.read_text("utf-8")) for path in queries if empty_aliases(path.read_text("utf-8"))
    } == {}


def test_scripts_have_the_fields_words() -> None:
    """The page's JavaScript is held to the same words as Python."""
    scripts = {
        path.name: names_of_script(path.read_text("utf-8"))
        for path in sorted((ROOT / "reader" / "html" / "static").glob("*.js"))
    }

    assert len(scripts) > 3
    assert [fault for name, names in scripts.items() for fault in word_faults(name, names)] == []


@pytest.mark.parametrize(
    "text",
    [
        "function lookAgain(page) {", "const mostRows = 2;", "let one;", "for (const [key, what] of KEYS) {", "const { each, b } = x;",
        "parts.forEach((part, thing) => part)", "rows.map(found => 1)", "} catch (it) {", "async function a(turn, b = 1) {",
        "class Story {", "class A {\n  #look(page) {\n  }\n}", "class A {\n  async show(given) {\n  }\n}",
    ],
)  # fmt: skip
def test_a_name_in_a_script_is_refused(text: str) -> None:
    """Of a function, a method, a class, a parameter, a variable, what is destructured or caught."""
    assert len(word_faults("audit.js", names_of_script(text))) == 1


def test_a_script_without_such_names_is_let_pass() -> None:
    """A comment may have any word, and a call uses what others have named."""
    text = "// what is found\nconst page = found.one(it); // (given) => 1\nif (page) { look(page); }"

    assert names_of_script(text) == {"page"}


def test_one_noun_is_one_thing() -> None:
    """Two classes of one name would be told apart by their modules alone."""
    assert set(homonyms(sources(*PROGRAM, "sandbox"))) == SHARED.keys()


def test_no_exception_is_left_over() -> None:
    """Each name that is allowed is in use."""
    used = {name.strip("_") for _, text in sources(*PACKAGES) for name in names_of(text).names}

    assert ALLOWED.keys() - used == set()


@pytest.mark.parametrize(
    "text",
    [
        "found = 1", "def read(given: str) -> None: ...", "rows = [each for each in ()]", "def made() -> None: ...",
        "lambda what: 1", "class Thing: ...", "self.told = 1", "with open('x') as one: ...", "_done = 1",
        "try: ...\nexcept OSError as it: ...", "match 1:\n    case thing: ...", "ONE = 1",
        "MOST_CELLS = 1", "class Sight: ...", "def be_patient() -> None: ...", "class _SurveyedStage: ...",
        "async def take_turns() -> None: ...", "class Kind:\n    AWAY = 1", "most = max(rows)", "def cut(most: int) -> None: ...",
        "self._turns = 0", "for story in rows: ...", "with lock as turn: ...",
    ],
)  # fmt: skip
def test_a_name_that_says_nothing_is_refused(text: str) -> None:
    """Wherever it is given: by an assignment, a parameter, a loop, a definition, an attribute, `as`, a pattern."""
    assert len(faults("consumer/polling/loop.py", text)) == 1


def test_a_module_and_a_query_are_refused() -> None:
    """By their own names; the module of a test is named as its tests are."""
    assert len(faults("reader/query/patience.py", "")) == len(faults("reader/kept.py", "")) == 1
    assert faults("tests/unit/reader/test_kept_form.py", "") == faults("tests/test_seen.py", "") == []
    assert ours("survey_parked") == ["survey"]
    assert empty_aliases("WITH made AS (SELECT 1 AS found) SELECT a.done, 'each' AS name FROM made AS a") == [
        "made",
        "found",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from hypothesis import given\n@given(x=1)\ndef test_what_is_found(x: int) -> None: ...",
        "def one_line() -> None: ...", "seen: set[str] = set()", "def roll_back() -> None: ...", "found.group(1)", "self._seen = set()",
        "read(found=1)", "class Staging: ...", "def almost() -> None: ...",
    ],
)  # fmt: skip
def test_a_name_that_says_something_is_left_alone(text: str) -> None:
    """Also what others have named, a set of what was passed already, and a word that only contains one of these."""
    assert faults("consumer/polling/loop.py", text) == []


def test_a_homonym_is_noticed() -> None:
    """Two classes of one name, in two modules or in one."""
    both = [("a.py", "class Part: ..."), ("b.py", "class Part: ...\nclass Whole: ...")]

    assert homonyms(both) == {"Part": ["a.py", "b.py"]}
    assert homonyms([("a.py", "class A:\n    class Part: ...\nclass B:\n    class Part: ...")]) == {
        "Part": ["a.py", "a.py"]
    }
