"""The tenant guard: every statement on a table with an owner is filtered by the session's scope, or refused."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import and_, event, inspect
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm import Session as ORMSession
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import BindParameter, ClauseElement, ColumnClause, ColumnElement, TextClause
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.schema import Table as CoreTable
from sqlalchemy.sql.selectable import TableClause

from server.db.scope import NOBODY, Scope, UnscopedQuery
from server.db.tables import ConsortiumOwned, ControllerOwned, Table

KEY = "scope"
"""Where a session keeps its scope, in its `info`."""

_FILTERED = "server_db_filtered"
"""Marks an update or delete that was filtered, for the select SQLAlchemy makes of it to refresh what was read."""

_OWNERS = frozenset({"consortium_id", "controller_id"})

Owned = type[ConsortiumOwned]

_SHAPES: "dict[Any, _Shape]" = {}
_SHAPES_MOST = 2_000


class GuardedSession(ORMSession):
    """SQLAlchemy's session with the guard in front; its scope stands in `info`."""


def owned_tables() -> dict[str, Owned]:
    """Every mapped table that has an owner, by its name."""
    return dict(_owned(ConsortiumOwned))


def _owned(base: Owned) -> Iterator[tuple[str, Owned]]:
    for entity in base.__subclasses__():
        if inspect(entity, raiseerr=False) is not None:
            yield str(entity.__tablename__), entity
        yield from _owned(entity)


@cache
def _owner_of(table: CoreTable) -> Owned | None:
    return owned_tables().get(table.name) if table.metadata is Table.metadata else None


def scope_of(session: ORMSession) -> Scope:
    """The scope a session was opened with."""
    scope = session.info.get(KEY, NOBODY)
    assert isinstance(scope, Scope)  # noqa: S101 (narrowing: only server.db writes it)
    return scope


@event.listens_for(GuardedSession, "do_orm_execute")
def _before_execute(state: ORMExecuteState) -> None:
    scope = scope_of(state.session)
    if scope.is_open or state.is_column_load or state.execution_options.get(_FILTERED):
        return
    shape = _shape_of(state.statement)
    if shape.hides_tables:
        raise UnscopedQuery("text has no tables the guard could see; name mapped classes or open unscoped('why')")
    for entity in shape.mentioned:
        _require_scope(scope, entity)
    if state.is_insert:
        _check_insert(state, scope)
        _keep_off_conflicts(state, scope)
    elif shape.mentioned:
        _require_entities(state, shape)
        _require_owner_kept(state.statement)
        _filter(state, scope, shape.mentioned)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the guard must know of a statement. `is_bare`: it reads a bare Core column of an owned table."""

    hides_tables: bool
    mentioned: frozenset[Owned]
    is_bare: bool


def _shape_of(statement: Any) -> _Shape:
    """A statement's shape, looked for once among those of one key.

    SQLAlchemy's own cache of compiled statements knows them by the same key, and looking through each anew takes
    longer than most take on the database.
    """
    key = statement._generate_cache_key()  # noqa: SLF001
    if key is None:
        return _looked_through(statement)
    if key.key not in _SHAPES:
        if len(_SHAPES) >= _SHAPES_MOST:
            _SHAPES.clear()
        _SHAPES[key.key] = _looked_through(statement)
    return _SHAPES[key.key]


def _looked_through(statement: Any) -> _Shape:
    if _is_text(statement):
        return _Shape(hides_tables=True, mentioned=frozenset(), is_bare=False)
    mentioned = frozenset(_mentioned(statement))
    # What an insert reads is looked at with its rows.
    is_bare = not isinstance(statement, Insert) and any(_is_bare(part) for part in _read_parts(statement))
    return _Shape(hides_tables=False, mentioned=mentioned, is_bare=is_bare)


def _is_text(statement: object) -> bool:
    return any(_hides_tables(part) for part in visitors.iterate(statement))  # type: ignore[arg-type]


def _hides_tables(part: Any) -> bool:
    """Whether tables may be named here that are no mapped classes: SQL as text, or a table made of a bare name."""
    if isinstance(part, TextClause) or getattr(part, "_prefixes", None) or getattr(part, "_suffixes", None):
        return True
    if isinstance(part, ColumnClause):
        # The star of count(*) is text too.
        return part.is_literal and part.name != "*"
    return isinstance(part, TableClause) and not isinstance(part, CoreTable)


def _mentioned(statement: Any) -> set[Owned]:
    tables = {table for part in visitors.iterate(statement) for table in _tables_of(part)}
    return {entity for table in tables if (entity := _owner_of(table)) is not None}


def _tables_of(part: Any) -> Iterator[CoreTable]:
    for candidate in (part, getattr(part, "table", None)):
        # An alias stands for the table beneath it, an annotated table for the bare one.
        beneath = getattr(candidate, "element", candidate)
        if isinstance(beneath, CoreTable):
            yield Table.metadata.tables.get(beneath.name, beneath)


def _require_scope(scope: Scope, entity: Owned) -> None:
    if scope.consortium is None:
        name = entity.__tablename__
        raise UnscopedQuery(f"{name} belongs to somebody: open the session with a Scope, or unscoped('why')")


def _require_entities(state: ORMExecuteState, shape: _Shape) -> None:
    """Criteria are added to mapped classes only: a bare Core column of an owned table would go round the filter."""
    if not state.is_orm_statement or shape.is_bare:
        raise UnscopedQuery("name the mapped class, not its __table__: the guard filters classes")


def _require_owner_kept(statement: Any) -> None:
    moved = {str(getattr(column, "key", column)) for column in getattr(statement, "_values", None) or {}}
    if moved & _OWNERS:
        raise UnscopedQuery("an update cannot give a row to another owner; open unscoped('why')")


def _read_parts(statement: Any) -> Iterator[Any]:
    """Everything a statement reads; the columns an update sets are bare in SQLAlchemy and filtered as its entity."""
    roots = [*statement._where_criteria, *_new_values(statement)] if isinstance(statement, Update) else [statement]  # noqa: SLF001
    for root in roots:
        yield from visitors.iterate(root)


def _new_values(statement: Any) -> list[Any]:
    return [value for value in (statement._values or {}).values() if isinstance(value, ClauseElement)]  # noqa: SLF001


def _is_bare(part: Any) -> bool:
    if not isinstance(part, Column) or not isinstance(part.table, CoreTable):
        return False
    return "parententity" not in getattr(part, "_annotations", {}) and _owner_of(part.table) is not None


def _filter(state: ORMExecuteState, scope: Scope, mentioned: frozenset[Owned]) -> None:
    state.statement = _filtered(state.statement, scope, mentioned)
    if not state.is_select:
        state.update_execution_options(**{_FILTERED: True})


@lru_cache(maxsize=1_000)
def _filtered(statement: Any, scope: Scope, mentioned: frozenset[Owned]) -> Any:
    """Kept by the statement itself: one that is built once is filtered once for each scope, and so compiled once."""
    return statement.options(*(_option(entity, scope) for entity in mentioned))


@lru_cache(maxsize=4_000)
def _option(entity: Owned, scope: Scope) -> ExecutableOption:
    return with_loader_criteria(entity, _criterion(entity, scope), include_aliases=True)


def _criterion(entity: Owned, scope: Scope) -> Callable[[Any], ColumnElement[bool]]:
    """Asked with the class or the alias it is to hold for: a bare expression is not turned to the alias in a join."""
    consortium, controller = scope.consortium, scope.controller
    if controller is not None and issubclass(entity, ControllerOwned):
        return lambda owned: and_(owned.consortium_id == consortium, owned.controller_id == controller)
    return lambda owned: owned.consortium_id == consortium


def _check_insert(state: ORMExecuteState, scope: Scope) -> None:
    statement = state.statement
    assert isinstance(statement, Insert)  # noqa: S101 (narrowing)
    entity = next((entity for table in _tables_of(statement) if (entity := _owner_of(table)) is not None), None)
    if entity is None:
        return
    rows = list(_inserted(statement, state.parameters))
    if statement.select is not None or not rows:
        raise UnscopedQuery(f"the guard cannot see which rows go into {entity.__tablename__}; give values")
    for row in rows:
        _check_row(entity, row, scope)


def _keep_off_conflicts(state: ORMExecuteState, scope: Scope) -> None:
    """A row of somebody else's that has the same key is left as it is, and RETURNING gives nothing for it."""
    if getattr(state.statement, "_post_values_clause", None) is not None:
        state.statement = _kept_off(state.statement, scope)


@lru_cache(maxsize=1_000)
def _kept_off(statement: Any, scope: Scope) -> Any:
    clause: Any = statement._post_values_clause  # noqa: SLF001
    entity = next((entity for table in _tables_of(statement) if (entity := _owner_of(table)) is not None), None)
    if entity is None or not hasattr(clause, "update_values_to_set"):
        return statement
    if {str(getattr(column, "key", column)) for column in clause.update_values_to_set} & _OWNERS:
        raise UnscopedQuery("an upsert cannot give a row to another owner; open unscoped('why')")
    kept = clause._clone()  # noqa: SLF001
    own = _criterion(entity, scope)(entity)
    kept.update_whereclause = own if clause.update_whereclause is None else and_(clause.update_whereclause, own)
    filtered = statement._generate()  # noqa: SLF001
    filtered._post_values_clause = kept  # noqa: SLF001
    return filtered


def _inserted(statement: Insert, parameters: Any) -> Iterator[dict[str, object]]:
    fixed = _named(getattr(statement, "_values", None) or {})
    several = [row for rows in getattr(statement, "_multi_values", ()) for row in rows]
    given: list[Mapping[Any, Any]] = several or (
        parameters if isinstance(parameters, list) else [parameters] if parameters else []
    )
    yield from ({**fixed, **_named(row)} for row in given)
    if fixed and not given:
        yield fixed


def _named(row: Mapping[Any, Any]) -> dict[str, object]:
    return {
        str(getattr(column, "key", column)): value.value if isinstance(value, BindParameter) else value
        for column, value in row.items()
    }


def _check_row(entity: Owned, row: Mapping[str, object], scope: Scope) -> None:
    inside = row.get("consortium_id") == scope.consortium
    if scope.controller is not None and issubclass(entity, ControllerOwned):
        inside = inside and row.get("controller_id") == scope.controller
    if not inside:
        raise UnscopedQuery(f"a row for {entity.__tablename__} lies outside the session's scope")


@event.listens_for(GuardedSession, "before_flush")
def _before_flush(session: ORMSession, _context: object, _instances: object) -> None:
    scope = scope_of(session)
    if scope.is_open:
        return
    for row in _pending(session):
        if isinstance(row, ConsortiumOwned):
            _require_scope(scope, type(row))
            _check_row(type(row), vars(row), scope)


def _pending(session: ORMSession) -> Iterable[Table]:
    yield from session.new
    yield from session.dirty
    yield from session.deleted
