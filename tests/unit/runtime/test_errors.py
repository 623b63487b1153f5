"""What is to be done about an error of PostgreSQL's: by SQLSTATE."""

import psycopg
import pytest

from runtime.postgres import Fault, classify


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.errors.ProgramLimitExceeded(), Fault.ROW),  # an index row that is too large
        (psycopg.errors.StatementTooComplex(), Fault.DEPLOYMENT),  # an administrator's max_stack_depth
        (psycopg.errors.CheckViolation(), Fault.ROW),
        (psycopg.errors.UndefinedColumn(), Fault.DEPLOYMENT),
        (psycopg.errors.TooManyConnections(), Fault.AWAY),
        (psycopg.OperationalError(), Fault.AWAY),
    ],
)
def test_whose_fault_it_is(error: psycopg.Error, fault: Fault) -> None:
    """Only what a value causes costs a record; no setting of the server's does."""
    assert classify(error) is fault
