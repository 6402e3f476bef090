"""Laying down a consortium from a file: what is missing is made, what differs is changed, what staff own is kept.

A second run with the same file changes nothing. Policies and hours are given to branches that have none; afterwards
they are the staff's.
"""

import contextlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.audit.service import record
from server.db import Database, Scope, Session
from server.organisations.amendments import Turn, amend_branch, rename, set_memberships
from server.organisations.founding_file import BranchTable, Founding, FoundingError, OrganisationTable
from server.organisations.service import ALWAYS, BranchView, Kind, add_branch, add_organisation, branch, organisation
from server.policies.service import policy_of, set_policy
from server.schedules.service import schedule_of, set_pattern

__all__ = ["FoundingError", "Step", "Verb", "lay_down"]


class Verb(StrEnum):
    """What happened to one thing."""

    MADE = "made"
    CHANGED = "changed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing of the file and what happened to it. `action` is what the audit log calls it; empty: nothing
    happened, or the log has a line already."""

    verb: Verb
    action: str
    id: str
    text: str
    branch: str | None = None

    def __str__(self) -> str:
        return f"{self.verb:8}{self.text}"


class _Rehearsed(Exception):
    """Ends a transaction that was only to be looked at."""


async def lay_down(database: Database, plan: Founding, by: str, *, dry_run: bool = False) -> list[Step]:
    """Do what the plan says in one transaction, or with `dry_run` only say what would be done.

    Raises FoundingError, with nothing written, where the plan contradicts what there is.
    """
    steps: list[Step] = []
    with contextlib.suppress(_Rehearsed):
        async with database.session(Scope.of_consortium(plan.consortium.id)) as session:
            steps += await _found(session, plan, by)
            if dry_run:
                raise _Rehearsed
    return steps


async def _found(session: Session, plan: Founding, by: str) -> list[Step]:
    steps = [await _body(session, plan.consortium.id, Kind.CONSORTIUM, plan.consortium.name, "")]
    steps += [await _body(session, own.id, own.kind, own.name, own.code) for own in plan.organisations]
    for own in plan.organisations:
        steps += await _memberships(session, plan, own)
    for table in plan.branches:
        steps += await _branch(session, plan, table, by)
    for step in steps:
        if step.action:
            await record(session, step.action, by, session.scope, {"id": step.id}, branch=step.branch)
    return steps


async def _body(session: Session, body: str, kind: Kind, name: str, code: str) -> Step:
    before = await organisation(session, body)
    if before is None:
        if await _is_branch(session, body):
            raise FoundingError(f"id = '{body}': is a branch already; choose another id")
        await add_organisation(session, body, kind, name, code)
        return Step(Verb.MADE, "organisation.made", body, f"{kind} {body} ({name})")
    if before.kind is not kind:
        raise FoundingError(f"'{body}': kind = '{kind}', but it is a {before.kind} already; choose another id")
    if (before.name, before.code) == (name, code):
        return Step(Verb.KEPT, "", body, f"{kind} {body}")
    await rename(session, body, name, code)
    told = _differences({"name": (before.name, name), "code": (before.code, code)})
    return Step(Verb.CHANGED, "organisation.changed", body, f"{kind} {body}: {told}")


async def _is_branch(session: Session, name: str) -> bool:
    async with session.within(Scope(why="ids are unique over all consortia")):
        return await branch(session, name) is not None


async def _memberships(session: Session, plan: Founding, own: OrganisationTable) -> list[Step]:
    wanted = {(each.id, each.since): each.until for each in plan.memberships(own)}
    turns = await set_memberships(session, own.id, plan.parents, wanted)
    verbs = {Turn.BEGUN: Verb.MADE, Turn.AMENDED: Verb.CHANGED, Turn.STRUCK: Verb.CHANGED}
    return [
        Step(verbs[turn], f"organisation.membership.{turn}", own.id, f"{own.id} {_belonging(turn, *belonging)}")
        for turn, belonging in turns
    ]


def _belonging(turn: Turn, parent: str, since: date, until: date | None) -> str:
    is_in = "was never in" if turn is Turn.STRUCK else "is in"
    return f"{is_in} {parent}" + (f" since {since}" if since != ALWAYS else "") + (f" until {until}" if until else "")


async def _branch(session: Session, plan: Founding, table: BranchTable, by: str) -> list[Step]:
    view = await branch(session, table.id)
    if view is not None:
        step = await _amended(session, view, table)
    else:
        view = await _new_branch(session, plan, table)
        step = Step(Verb.MADE, "branch.made", table.id, f"branch {table.id} ({table.name})", table.id)
    async with session.within(view.scope):
        return [step, await _policy(session, view, table, by), await _week(session, view, table, by)]


async def _new_branch(session: Session, plan: Founding, table: BranchTable) -> BranchView:
    try:
        view = await add_branch(
            session,
            table.id,
            table.name,
            table.controller,
            table.zone,
            table.help_number,
            table.live_from,
            accent=table.accent,
        )
    except ValueError as error:
        raise FoundingError(f"[[branches]] '{table.id}': {error}") from error
    if view.consortium != plan.consortium.id:
        where = f"[[branches]] '{table.id}': controller = '{table.controller}'"
        raise FoundingError(f"{where}: belongs to '{view.consortium}' today; found the branch there")
    return view


async def _amended(session: Session, before: BranchView, table: BranchTable) -> Step:
    for key, old, new in (("controller", before.controller, table.controller), ("zone", before.zone, table.zone)):
        if old != new:
            raise FoundingError(
                f"[[branches]] '{table.id}': {key} = '{new}': is '{old}' and stays so; found a new branch instead"
            )
    told = _differences(
        {
            "name": (before.name, table.name),
            "help_number": (before.help_number, table.help_number),
            "live_from": (str(before.live_from), str(table.live_from)),
            "accent": (before.accent, table.accent),
        }
    )
    if not told:
        return Step(Verb.KEPT, "", table.id, f"branch {table.id}", table.id)
    await amend_branch(
        session,
        table.id,
        name=table.name,
        help_number=table.help_number,
        live_from=table.live_from,
        accent=table.accent,
    )
    return Step(Verb.CHANGED, "branch.changed", table.id, f"branch {table.id}: {told}", table.id)


def _differences(values: dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{key} '{old}' → '{new}'" for key, (old, new) in values.items() if old != new)


async def _policy(session: Session, view: BranchView, table: BranchTable, by: str) -> Step:
    if await policy_of(session, view.id) is not None:
        return Step(Verb.KEPT, "", view.id, f"policy of {view.id}: the staff's", view.id)
    try:
        await set_policy(session, view, table.policy, by)
    except ValueError as error:
        raise FoundingError(f"[branches.policy] of '{table.id}': {error}") from error
    return Step(Verb.MADE, "policy.set", view.id, f"policy of {view.id}", view.id)


async def _week(session: Session, view: BranchView, table: BranchTable, by: str) -> Step:
    if await schedule_of(session, view.id) is not None:
        return Step(Verb.KEPT, "", view.id, f"hours of {view.id}: the staff's", view.id)
    await set_pattern(session, view, table.schedule(), by)
    # Setting hours writes its own line.
    return Step(Verb.MADE, "", view.id, f"hours of {view.id}", view.id)
