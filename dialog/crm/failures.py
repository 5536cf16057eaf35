"""Turns whatever a database driver raises into `CustomerDatabaseUnavailable`."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy.exc import SQLAlchemyError

from dialog.crm.ports import CustomerDatabaseUnavailable

# asyncpg's own errors and the system's reach us unwrapped while a connection is being made.
# TimeoutError is an OSError.
_FAILURES = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


@contextmanager
def reported() -> Iterator[None]:
    """What goes wrong with the database inside comes out as `CustomerDatabaseUnavailable`.

    The sentence names the kind of failure only: a driver's own words can hold an address.
    """
    try:
        yield
    except TimeoutError as error:
        raise CustomerDatabaseUnavailable("the customer database did not answer in time") from error
    except _FAILURES as error:
        cause = getattr(error, "orig", None) or error
        cause = cause.__cause__ or cause  # SQLAlchemy wraps asyncpg's errors twice
        raise CustomerDatabaseUnavailable(
            f"the customer database cannot be used ({type(cause).__name__})"
        ) from error
