"""The pool of sessions: what one request has met is not left to the next."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from reader.query.database import NO_WORKSPACE, Database, Statement
from reader.query.session_settings import SESSION
from reader.query.unavailable import Unavailable


@pytest.fixture
def hasty(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A pool of one session, whose statements have little time."""
    monkeypatch.setitem(SESSION, "statement_timeout", "200ms")
    with closing(Database(database_url, size=1)) as database:
        yield database


def test_a_statement_that_took_too_long_fails_alone(hasty: Database) -> None:
    """What would have followed it is asked again by the next request, as a page that was shown at once had asked before."""
    slow, following = Statement("SELECT pg_sleep(5)", {}), Statement("SELECT 1", {})
    with hasty.workspace(NO_WORKSPACE) as session:
        session.connection.execute(following.text, following.values, binary=True)
    with pytest.raises(Unavailable) as raised:
        hasty.ask(NO_WORKSPACE, slow, following)
    assert raised.value.slow
    assert hasty.ask(NO_WORKSPACE, following)[1] == [[(1,)]]
