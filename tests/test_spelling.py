"""Everything is spelled in American English, as CONTRIBUTING says."""

import re

import pytest

from tests.repository import ROOT, committed

# British spellings, by how they begin or end; each word that has been found here is among them.
BRITISH = re.compile(
    r"\w*(?:behaviour|colour|favour|flavour|honour|humour|labour|neighbour|rumour|vapour)\w*"
    r"|catalogue[ds]?|(?:centre|fibre|litre|metre|theatre)[ds]?|(?:defence|licence|offence|pretence)s?|(?:artefact|cheque|pyjama)s?"
    r"|(?:cancell|channell|fuell|journall|labell|levell|modell|signall|travell|tunnell)(?:ed|ing)"
    r"|(?:acknowledge|judge)ments?|(?:analys|catalys|paralys)(?:ed|ing|er)|(?:enrol|fulfil|instil)s?|grey\w*"
    r"|(?:burnt|learnt|misspelt|spelt|spoilt|amongst|whilst)"
    r"|\w*(?:author|categor|custom|emphas|equal|final|general|harmon|ideal|initial|local|material|maxim|memor|minim|modern"
    r"|neutral|normal|optim|organ|parallel|penal|priorit|real|recogn|sanit|serial|special|stabil|standard|subsid|summar"
    r"|synchron|token|util|visual)is(?:e|ed|es|er|ers|ing|ation|ations|able)",
    re.IGNORECASE,
)
# Released files are never edited, and what others wrote is theirs; this file has the words.
EXEMPT = ("sql/migrations/", "sql/schema.sql", "schemas/", "requirements/", "LICENSE", "tests/test_spelling.py")


def british(text: str) -> list[str]:
    """The words of `text` that are spelled in another English than ours."""
    return sorted(word for word in set(re.findall(r"\w+", text)) if BRITISH.fullmatch(word))


def test_every_file_is_spelled_in_american_english() -> None:
    """Code, comments, messages and documents alike."""
    names = {path.relative_to(ROOT).as_posix(): path for path in committed() if path.suffix not in {".png", ".sum"}}
    texts = {name: path.read_text("utf-8") for name, path in names.items() if not name.startswith(EXEMPT)}

    wrong = british("\n".join(texts.values()))
    assert {word: [name for name, text in texts.items() if word in text] for word in wrong} == {}


@pytest.mark.parametrize(
    "text",
    ["The colour of a label", "cancelled", "a misspelt setting", "NORMALISED", "Catalogue, licence", "it was labelled"],
)
def test_another_english_is_noticed(text: str) -> None:
    """Wherever the word is, and however it is capitalized."""
    assert british(text)


@pytest.mark.parametrize(
    "text", ["four analyses", "color, license, canceled", "a premise", "exercise", "realistic", "otherwise"]
)
def test_american_english_is_let_pass(text: str) -> None:
    """Words that only resemble a British one are no fault."""
    assert british(text) == []
