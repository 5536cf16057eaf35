"""Opens the customer database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from dialog.crm.failures import reported
from dialog.crm.pins import PinHasher
from dialog.crm.ports import CustomerRepository
from dialog.crm.repository import SqlCustomers
from dialog.crm.schema import alone, upgrade
from dialog.crm.seed import SeedCustomer, insert

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_OPTIONS = {
    "sqlite+aiosqlite": frozenset[str](),
    "postgresql+asyncpg": frozenset({"ssl", "prepared_statement_cache_size"}),
}
_START_LIMIT_S = 60.0  # another process may be upgrading the same database


class Database:
    """An open customer database whose tables are up to date."""

    def __init__(self, engine: AsyncEngine, *, query_limit_s: float) -> None:
        self._engine = engine
        self.customers: CustomerRepository = SqlCustomers(
            async_sessionmaker(engine), limit_s=query_limit_s
        )

    async def seed(self, customers: Sequence[SeedCustomer], pins: PinHasher) -> int:
        """Put these customers in, all or none, unless there are customers already.

        Returns:
            How many were put in.

        Raises:
            CustomerDatabaseUnavailable: the database cannot be written.
        """
        with reported():
            async with asyncio.timeout(_START_LIMIT_S), alone(self._engine) as connection:
                return await insert(connection, customers, pins)

    async def check(self) -> None:
        """Prove that customers can be read.

        Raises:
            CustomerDatabaseUnavailable: they cannot.
        """
        await self.customers.check()


@asynccontextmanager
async def open_database(url: str, *, query_limit_s: float = 2.0) -> AsyncIterator[Database]:
    """Open the database at `url`, bring its tables up to date, and close it at the end.

    Args:
        url: `sqlite:///path` (its folder is made) or `postgresql://user:password@host/name`.
        query_limit_s: how long one question to the database may take.

    Raises:
        ValueError: the address is not one of these; the sentence does not show it.
        CustomerDatabaseUnavailable: the database does not answer.
        UnknownSchema: a newer version of this program made it.
    """
    address = database_url(url)
    engine = create_async_engine(address, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        # Half of the limit: what waits for a lock gives up before the query as a whole does.
        busy_ms = int(query_limit_s * 500)
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, busy_ms))
    try:
        with reported():
            if address.get_backend_name() == "sqlite" and address.database:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            async with asyncio.timeout(_START_LIMIT_S):
                await upgrade(engine)
        yield Database(engine, query_limit_s=query_limit_s)
    finally:
        await engine.dispose()


def database_url(text: str) -> URL:
    """Read a database address and put in the driver that this project uses.

    `sslmode`, as libpq has it, becomes asyncpg's `ssl`, which takes the same words.

    Raises:
        ValueError: what is wrong, without the address, which may hold a password.
    """
    forms = "write sqlite:///path or postgresql://user:password@host/name"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"the database address cannot be read: {forms}") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ValueError(f"the database address names another kind of database: {forms}")
    if url.database in {None, "", ":memory:"}:
        raise ValueError(f"the database address names no database: {forms}")
    query = {("ssl" if key == "sslmode" else key): value for key, value in url.query.items()}
    unknown = sorted(set(query) - _OPTIONS[driver])
    if unknown:
        raise ValueError(f"the database address has unknown options: {', '.join(unknown)}")
    return url.set(drivername=driver, query=query)


def _prepare_sqlite(busy_ms: int, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Readers and the writer do not block each other (WAL), and references must hold."""
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {busy_ms}", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
