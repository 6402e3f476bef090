"""All exceptions one may see, on every level: what comes next, drafts, and what is over."""

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from meroppet.rules.exceptions import Level
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.calendar_gate import hours_branches, places
from server.schedules.exception_lines import lines_of
from server.schedules.exception_list import listed
from server.schedules.exceptions import exceptions_of
from server.schedules.orders import orders_of
from server.schedules.refusals import ScheduleRefusal
from server.schedules.targets import Target, of_branch, targets_over
from server.staff.service import SERVER, SignedIn, names
from server.web.gate import ALL_BRANCHES, NotFound, Staff
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()


@router.get("/hours")
async def overview(request: Request, parts: Parts, me: Staff, place: str = "", over: bool = False) -> Response:
    """The list, of all places or of those that hold at one."""
    return await exceptions_page(request, parts, me, place=place, over=over)


async def exceptions_page(
    request: Request,
    parts: StaffParts,
    me: SignedIn,
    *,
    place: str = "",
    over: bool = False,
    refused: ScheduleRefusal | None = None,
) -> Response:
    """The list; `refused` is why something that was tried on it was not done."""
    branches = await hours_branches(parts, me)
    if not branches:
        raise NotFound
    decides = await places(parts, me)
    async with parts.database.reading(ALL_BRANCHES) as session:
        chains = await _chains(session, branches)
        seen = list({target.id: target for chain in chains for target in chain}.values())
        views = await exceptions_of(session, seen, drafts=True)
        holding = [given for given in await orders_of(session, seen) if given.holds_at(session.now)]
    beneath = Counter(target.id for chain in chains for target in chain)
    shown = [view for view in views if not place or view.target.id == place]
    now = parts.clock.now().astimezone(HOME_ZONE)
    return show(
        request,
        "exceptions.html",
        me=me,
        status=409 if refused else 200,
        refused=refused,
        lines_of=lines_of,
        listed=listed(shown, now.date(), [found.id for found in decides]),
        holding=sorted(holding, key=lambda given: (*_rank(given.target), given.order.start)),
        decides=decides,
        wide=[found for found in decides if beneath[found.id] > 1],
        places=sorted({view.target for view in views} | set(decides), key=_rank),
        place=place,
        over=over,
        who=await _who(parts, {view.by for view in shown} | {given.by for given in holding}),
        branches=branches,
        now=now,
        today=now.date(),
    )


async def _who(parts: StaffParts, accounts: set[str]) -> dict[str, str]:
    """The names of those who decided, by account."""
    async with parts.database.reading(SERVER) as session:
        return await names(session, accounts)


async def _chains(session: Session, branches: Sequence[BranchView]) -> list[list[Target]]:
    """Of each branch everywhere something can be decided that holds there, the branch itself last."""
    above: dict[str, list[Target]] = {}
    for branch in branches:
        if branch.controller not in above:
            above[branch.controller] = (await targets_over(session, branch))[:-1]
    return [[*above[branch.controller], of_branch(branch)] for branch in branches]


def _rank(place: Target) -> tuple[int, str]:
    return list(Level).index(place.level), place.name
