"""A unit test asks for no service: `make unit` must run anywhere, in less than a minute."""

import pytest


@pytest.fixture(scope="session")
def kafka() -> None:
    """Refuses: a test that needs a broker belongs to tests/integration or tests/e2e."""
    pytest.fail("a unit test needs no Kafka: move it to tests/integration")


@pytest.fixture(scope="session")
def postgres() -> None:
    """Refuses, and with it `database_url` and `world`."""
    pytest.fail("a unit test needs no PostgreSQL: move it to tests/integration")


@pytest.fixture(scope="session")
def registry() -> None:
    """Refuses."""
    pytest.fail("a unit test needs no Schema Registry: move it to tests/integration")
