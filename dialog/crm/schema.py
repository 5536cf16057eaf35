"""Brings the tables of the customer database up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialog.crm import migrations

_LOCK_KEY = 4_715_001  # any number will do, as long as nothing else in the database locks it


class UnknownSchema(Exception):
    """The database was made by a newer version of this program; nothing was changed."""


@asynccontextmanager
async def alone(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that no other process's `alone` overlaps; what fails in it leaves no trace.

    SQLite is locked for writing, for as long as its busy timeout allows; PostgreSQL keeps others
    waiting on an advisory lock that ends with the transaction.
    """
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Python's sqlite3 module would begin a transaction only at the first INSERT, and make
            # each table outside of it.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        yield connection


async def upgrade(engine: AsyncEngine) -> None:
    """Apply the revisions that the database does not have yet: all of them or none.

    Doing it twice, or in two processes at once, is harmless.

    Raises:
        UnknownSchema: the database has a revision that this version does not know.
    """
    async with alone(engine) as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    scripts = ScriptDirectory(Path(migrations.__file__).parent)

    def steps(heads: tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        # Alembic's own `upgrade` command asks in this way; there is no public name for it.
        return scripts._upgrade_revs("head", heads)  # type: ignore[arg-type]  # its stub says str

    context = MigrationContext.configure(connection, opts={"fn": steps})
    try:
        # Handing `op` to each revision keeps alembic's process-wide proxy out of it.
        context.run_migrations(op=Operations(context))
    except CommandError as error:
        revision = ", ".join(context.get_current_heads())
        raise UnknownSchema(
            f"the customer database is at revision {revision}, which this version does not know: "
            "start the version that made it, or a newer one"
        ) from error
