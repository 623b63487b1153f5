"""What is to be done about an error of PostgreSQL's: by SQLSTATE."""

import psycopg
import pytest

from runtime.postgres import ErrorKind, classify


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.errors.ProgramLimitExceeded(), ErrorKind.ROW),  # an index row that is too large
        (psycopg.errors.StatementTooComplex(), ErrorKind.DEPLOYMENT),  # an administrator's max_stack_depth
        (psycopg.errors.CheckViolation(), ErrorKind.ROW),
        (psycopg.errors.UndefinedColumn(), ErrorKind.DEPLOYMENT),
        (psycopg.errors.TooManyConnections(), ErrorKind.UNAVAILABLE),
        (psycopg.OperationalError(), ErrorKind.UNAVAILABLE),
    ],
)
def test_whose_fault_it_is(error: psycopg.Error, fault: ErrorKind) -> None:
    """Only what a value causes costs a record; no setting of the server's does."""
    assert classify(error) is fault
