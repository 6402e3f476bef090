"""No statement on somebody's table goes by without saying whose rows it means."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import (
    Executable,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    true,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.db import ConsortiumOwned, ControllerOwned, Database, Scope, Session, Shared, UnscopedQuery, unscoped
from server.db.guard import owned_tables
from server.db.schema import entities
from server.organisations.models import Branch, Organisation
from server.organisations.service import add_branch, add_organisation, branch, branches

WEST = Scope.of_consortium("west")
NORA = Scope.of_controller("west", "nora-kommun")


@pytest.fixture
async def two_consortia(database: Database) -> Database:
    async with database.session(unscoped("a test's seed")) as session:
        for consortium, town in (("west", "nora"), ("west", "lind"), ("north", "teg")):
            if not await session.scalar(select(col(Organisation.id)).where(col(Organisation.id) == consortium)):
                await add_organisation(session, consortium, "consortium", consortium.title())
            await add_organisation(session, f"{town}-kommun", "municipality", town.title(), parents=[consortium])
            await add_branch(session, town, town.title(), f"{town}-kommun", "Europe/Stockholm", "0", date(2026, 1, 1))
    return database


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.__name__)
def test_every_table_says_whose_it_is_and_how_long_it_is_kept(entity: Any) -> None:
    assert issubclass(entity, ConsortiumOwned) or (issubclass(entity, Shared) and entity.shared)
    assert entity.retention.why or entity.retention.keep_days
    assert not entity.retention.column or entity.retention.column in entity.__table__.columns


@pytest.mark.parametrize("entity", owned_tables().values(), ids=lambda entity: entity.__name__)
async def test_a_query_without_a_scope_is_refused_for_every_owned_table(database: Database, entity: Any) -> None:
    key = next(iter(entity.__table__.primary_key.columns)).name
    statements: list[Executable] = [
        select(entity),
        select(getattr(entity, key)),
        select(func.count()).select_from(entity),
        select(entity.__table__),
        select(col(Organisation.id)).where(exists(select(getattr(entity, key)))),
        select(select(getattr(entity, key)).subquery()),
        select(getattr(aliased(entity), key)),
        update(entity).values(consortium_id="x"),
        delete(entity),
        insert(entity).values(consortium_id="x"),
        text("select 1"),
    ]
    for statement in statements:
        async with database.reading(Scope()) as session:
            with pytest.raises(UnscopedQuery):
                await session.execute(statement)


@pytest.mark.parametrize("entity", owned_tables().values(), ids=lambda entity: entity.__name__)
async def test_a_bare_table_is_refused_even_with_a_scope(database: Database, entity: Any) -> None:
    async with database.reading(WEST) as session:
        with pytest.raises(UnscopedQuery):
            await session.execute(select(entity.__table__))
        with pytest.raises(UnscopedQuery):
            await session.execute(delete(entity.__table__))
        joined = entity.__table__.c.consortium_id == col(Organisation.id)
        with pytest.raises(UnscopedQuery):
            await session.execute(select(col(Organisation.id)).join(entity.__table__, joined))


async def _ids(session: Session) -> list[str]:
    return [view.id for view in await branches(session)]


async def test_a_scope_shows_its_own_rows_and_no_others(two_consortia: Database) -> None:
    async with two_consortia.reading(WEST) as session:
        assert await _ids(session) == ["lind", "nora"]
        assert await branch(session, "teg") is None
    async with two_consortia.reading(NORA) as session:
        assert await _ids(session) == ["nora"]
    async with two_consortia.reading(unscoped("the test counts all")) as session:
        assert await _ids(session) == ["lind", "nora", "teg"]


async def test_counts_subqueries_aliases_and_joins_are_filtered_too(two_consortia: Database) -> None:
    other = aliased(Branch)
    async with two_consortia.reading(NORA) as session:
        assert await session.scalar(select(func.count()).select_from(Branch)) == 1
        inner = select(col(Branch.id).label("id")).subquery()
        assert await session.scalar(select(func.count()).select_from(inner)) == 1
        assert await session.all(select(col(other.id))) == ["nora"]
        owners = select(col(Organisation.id)).join(Branch, col(Branch.controller_id) == col(Organisation.id))
        assert await session.all(owners) == ["nora-kommun"]
        having = select(col(Organisation.id)).where(
            exists(select(col(Branch.id)).where(col(Branch.controller_id) == col(Organisation.id)))
        )
        assert await session.all(having) == ["nora-kommun"]


@pytest.mark.parametrize("scope", [NORA, Scope.of_controller("west", "lind-kommun"), Scope.of_consortium("north")])
async def test_a_table_joined_to_itself_is_filtered_on_both_sides(two_consortia: Database, scope: Scope) -> None:
    other = aliased(Branch)
    joined = select(col(other.consortium_id), col(other.controller_id)).select_from(Branch)
    async with two_consortia.reading(scope) as session:
        for statement in (joined.join(other, col(other.zone) == col(Branch.zone)), joined.outerjoin(other, true())):
            rows = (await session.execute(statement)).all()
            assert rows
            assert {row.consortium_id for row in rows} == {scope.consortium}
            assert scope.controller is None or {row.controller_id for row in rows} == {scope.controller}


@pytest.mark.parametrize(
    "statement",
    [
        select(literal_column("(select group_concat(id) from branch)")),
        select(column("id")).select_from(table("branch")),
        select(col(Branch.id)).prefix_with("id as x,"),
        select(col(Branch.id)).suffix_with("union select id from branch"),
    ],
    ids=["literal column", "bare table", "prefix", "suffix"],
)
async def test_tables_cannot_hide_in_text_from_the_guard(two_consortia: Database, statement: Executable) -> None:
    async with two_consortia.reading(NORA) as session:
        with pytest.raises(UnscopedQuery):
            await session.execute(statement)


@pytest.mark.parametrize("owner", [{"controller_id": "lind-kommun"}, {"consortium_id": "north"}])
async def test_an_update_cannot_give_a_row_to_another_owner(two_consortia: Database, owner: dict[str, str]) -> None:
    with pytest.raises(UnscopedQuery):
        async with two_consortia.session(NORA) as session:
            await session.execute(update(Branch).values(**owner))


async def test_updates_and_deletes_reach_only_the_scope(two_consortia: Database) -> None:
    async with two_consortia.session(NORA) as session:
        seen = await session.scalar(select(Branch))
        await session.execute(update(Branch).values(accent="#123456"))
        assert seen.accent == "#123456"
        await session.execute(delete(Branch).where(col(Branch.id) == "teg"))
    async with two_consortia.reading(unscoped("the test looks at all")) as session:
        rows = (await session.execute(select(col(Branch.id), col(Branch.accent)).order_by(col(Branch.id)))).all()
    assert [tuple(row) for row in rows] == [("lind", ""), ("nora", "#123456"), ("teg", "")]


def _row(consortium: str, controller: str) -> dict[str, Any]:
    return {
        "id": "new", "consortium_id": consortium, "controller_id": controller, "name": "New", "zone": "UTC",
        "help_number": "0", "live_from": date(2026, 1, 1), "accent": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [_row("north", "teg-kommun"), _row("west", "lind-kommun"), {"id": "new"}],
    ids=["consortium", "controller", "none"],
)
async def test_a_row_outside_the_scope_cannot_be_written(two_consortia: Database, row: dict[str, Any]) -> None:
    for statement, parameters in (
        (insert(Branch).values(**row), None),
        (insert(Branch).values([row]), None),
        (insert(Branch), [row]),
        (upsert(Branch).values([row]).on_conflict_do_nothing(), None),
    ):
        with pytest.raises(UnscopedQuery):
            async with two_consortia.session(NORA) as session:
                await session.execute(statement, parameters)
    if "name" in row:
        with pytest.raises(UnscopedQuery):
            async with two_consortia.session(NORA) as session:
                session.add(Branch(**row))


async def test_an_upsert_leaves_somebody_elses_row_of_the_same_key_as_it_is(two_consortia: Database) -> None:
    async with two_consortia.session(NORA) as session:
        for key in ("nora", "lind", "teg"):
            row = {**_row("west", "nora-kommun"), "id": key}
            statement = session.insert(Branch).values(**row)
            statement = statement.on_conflict_do_update(index_elements=["id"], set_={"name": "Taken"})
            written = await session.all(statement.returning(col(Branch.id)))
            assert written == (["nora"] if key == "nora" else [])
            several = session.insert(Branch).on_conflict_do_update(index_elements=["id"], set_={"accent": "#123456"})
            await session.execute(several, [row])
    async with two_consortia.reading(unscoped("the test looks at all")) as session:
        found = select(col(Branch.id), col(Branch.name), col(Branch.accent)).order_by(col(Branch.id))
        rows = [tuple(row) for row in (await session.execute(found)).all()]
    assert rows == [("lind", "Lind", ""), ("nora", "Taken", "#123456"), ("teg", "Teg", "")]


async def test_an_upsert_cannot_give_a_row_to_another_owner(two_consortia: Database) -> None:
    async with two_consortia.reading(NORA) as session:
        statement = session.insert(Branch).values(**_row("west", "nora-kommun"))
        stolen = statement.on_conflict_do_update(index_elements=["id"], set_={"controller_id": "lind-kommun"})
        with pytest.raises(UnscopedQuery):
            await session.execute(stolen)


async def test_a_row_inside_the_scope_is_written(two_consortia: Database) -> None:
    async with two_consortia.session(NORA) as session:
        await session.execute(insert(Branch), [_row("west", "nora-kommun")])
    async with two_consortia.reading(NORA) as session:
        assert await _ids(session) == ["new", "nora"]


async def test_a_row_cannot_be_moved_out_of_the_scope(two_consortia: Database) -> None:
    async with two_consortia.reading(NORA) as session:
        row = await session.scalar(select(Branch))
        row.controller_id = "teg-kommun"
        with pytest.raises(UnscopedQuery):
            await session.flush()


async def test_a_scope_ends_where_it_was_borrowed(two_consortia: Database) -> None:
    async with two_consortia.session(NORA) as session:
        async with session.within(unscoped("the test looks around")):
            assert len(await branches(session)) == 3
        assert await _ids(session) == ["nora"]


def test_leaving_the_scope_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        unscoped("")


def test_a_table_of_a_controller_belongs_to_a_consortium() -> None:
    assert issubclass(ControllerOwned, ConsortiumOwned)
