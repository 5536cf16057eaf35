"""How the customer database opens, upgrades and fails, on real SQLite files."""

import asyncio
import sqlite3
import sys
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from dialog.crm.database import database_url, open_database
from dialog.crm.models import Base
from dialog.crm.ports import CustomerDatabaseUnavailable
from dialog.crm.repository import SqlCustomers
from dialog.crm.schema import UnknownSchema
from dialog.crm.seed import load_seed
from tests.fakes.pins import RememberingPins

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def pins() -> RememberingPins:
    return RememberingPins()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where no file and no folder is yet."""
    return tmp_path / "var" / "customers.db"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A file that is no database."""
    path = tmp_path / "letter.txt"
    path.write_bytes(b"my dear friend, how are you\n" * 50)
    return path


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


async def test_a_new_database_is_made_with_its_folder_and_has_no_customers(path: Path):
    async with open_database(url_of(path)) as database:
        await database.check()
        assert await database.customers.find_by_account("427193") is None


async def test_the_demo_customers_are_put_in_once(path: Path, pins: RememberingPins):
    seed = load_seed(TODAY)
    async with open_database(url_of(path)) as database:
        assert await database.seed(seed, pins) == len(seed)
        assert await database.seed(seed, pins) == 0


async def test_a_database_with_a_customer_of_its_own_gets_no_demo_customers(
    path: Path, pins: RememberingPins
):
    dana, miguel, *_ = load_seed(TODAY)
    async with open_database(url_of(path)) as database:
        assert await database.seed([miguel], pins) == 1
        assert await database.seed([dana], pins) == 0
        assert await database.customers.find_by_account(dana.account_number) is None


async def test_a_seed_with_a_doubled_account_leaves_the_database_empty(
    path: Path, pins: RememberingPins
):
    dana, *_ = load_seed(TODAY)
    async with open_database(url_of(path)) as database:
        with pytest.raises(CustomerDatabaseUnavailable):
            await database.seed([dana, dana], pins)
        assert await database.customers.find_by_account(dana.account_number) is None


async def test_customers_are_still_there_after_a_restart(path: Path, pins: RememberingPins):
    async with open_database(url_of(path)) as database:
        await database.seed(load_seed(TODAY)[:1], pins)
    async with open_database(url_of(path)) as database:
        assert await database.customers.find_by_account("427193") is not None


async def test_sqlite_runs_with_write_ahead_log_and_keeps_references(path: Path):
    async with open_database(url_of(path)) as database, database._engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 1000)):
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == value


async def test_the_revisions_lead_to_the_tables_of_the_models(path: Path):
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with open_database(url_of(path)):
        engine = create_async_engine(database_url(url_of(path)))
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
        await engine.dispose()


async def test_processes_that_start_at_once_seed_the_database_once(path: Path):
    program = f"""
import asyncio, datetime
from dialog.crm.database import open_database
from dialog.crm.pins import PinHasher
from dialog.crm.seed import load_seed

async def main():
    async with open_database({url_of(path)!r}) as database:
        print(await database.seed(load_seed(datetime.date(2026, 11, 20))[:2], PinHasher()))

asyncio.run(main())
"""
    starts = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    outputs = [(await start.communicate())[0].decode().strip() for start in starts]

    assert [start.returncode for start in starts] == [0, 0, 0]
    assert sorted(outputs) == ["0", "0", "2"]


async def test_a_database_of_a_newer_version_is_left_alone_and_named(path: Path):
    async with open_database(url_of(path)):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = tables(path)

    with pytest.raises(UnknownSchema, match="revision 9999, which this version does not know"):
        async with open_database(url_of(path)):
            pass

    assert tables(path) == before


async def test_an_upgrade_that_fails_half_way_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "customers.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tickets (id INTEGER)")

    with pytest.raises(CustomerDatabaseUnavailable, match="OperationalError"):
        async with open_database(url_of(path)):
            pass
    assert tables(path) == {"tickets"}

    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE tickets")
    async with open_database(url_of(path)) as database:
        await database.check()


async def test_a_locked_database_is_unavailable_after_a_short_wait(
    path: Path, pins: RememberingPins
):
    async with open_database(url_of(path)) as database:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(CustomerDatabaseUnavailable):
            await database.seed(load_seed(TODAY)[:1], pins)
        await database.check()  # readers go on

        writer.execute("ROLLBACK")
        writer.close()
        assert await database.seed(load_seed(TODAY)[:1], pins) == 1


async def test_a_database_that_lost_its_tables_is_unavailable(path: Path):
    async with open_database(url_of(path)) as database:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("DROP TABLE customers")
        with pytest.raises(CustomerDatabaseUnavailable):
            await database.check()
        with pytest.raises(CustomerDatabaseUnavailable):
            await database.customers.credentials("427193")


async def test_a_file_that_is_no_database_is_refused_and_kept(letter: Path):
    with pytest.raises(CustomerDatabaseUnavailable):
        async with open_database(url_of(letter)):
            pass

    with letter.open("rb") as file:
        assert file.read().startswith(b"my dear friend")


async def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path: Path):
    with pytest.raises(CustomerDatabaseUnavailable):
        async with open_database(url_of(tmp_path)):
            pass


async def test_a_server_that_refuses_is_unavailable_and_its_password_stays_unsaid(
    unused_tcp_port: int,
):
    url = f"postgresql://ivr:hunter2@127.0.0.1:{unused_tcp_port}/crm"

    with pytest.raises(CustomerDatabaseUnavailable) as caught:
        async with open_database(url):
            pass

    assert "hunter2" not in str(caught.value)


async def test_a_server_that_never_answers_is_unavailable_when_the_limit_is_over():
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = create_async_engine(database_url(f"postgresql://ivr:hunter2@127.0.0.1:{port}/crm"))
    customers = SqlCustomers(async_sessionmaker(engine), limit_s=0.1)

    with pytest.raises(CustomerDatabaseUnavailable, match="did not answer in time"):
        await customers.check()

    await engine.dispose()
    server.close()
