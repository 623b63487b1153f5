"""What fails in the database or in its pool, as the reader answers it and as its log says it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from reader.query.unavailable import Unavailable

log = structlog.get_logger()


@contextmanager
def answered() -> Iterator[None]:
    """Raises the errors of the database and the pool as Unavailable, and logs the cause."""
    try:
        yield
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
        log.warning("database_slow", error=str(error).strip())
        raise Unavailable(slow=True, locked=isinstance(error, psycopg.errors.LockNotAvailable)) from error
    except (PoolTimeout, TooManyRequests, PoolClosed) as error:
        log.warning("database_busy", error=str(error).strip())
        raise Unavailable from error
    except psycopg.Error as error:
        log.critical("database_failed", error=str(error).strip(), kind=type(error).__name__)
        raise Unavailable from error
