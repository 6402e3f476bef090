"""How a consortium's cards look: a few are scanned, a setting is proposed, and none that loses cards is taken."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.ils.ports import Circulation
from meroppet.rules.card_formats import ByteOrder, CardFormats, Checksum, UidText
from meroppet.rules.card_shapes import Proposal, Reading, Shape, propose, shape_in, shape_of, ways_of_writing
from meroppet.rules.credentials import CardNumber, card_from_text
from server.audit.service import Data, record
from server.cards.forms import Typed, formats_of, rows_of, typed_of
from server.cards.service import Seen, SettingView, WouldReject, say, setting_of, shapes_seen, unsay
from server.db import Scope
from server.organisations.service import BranchView, organisations
from server.staff.access import Action
from server.staff.service import SERVER, SignedIn, names
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff, visible_branches
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()

SCANNED = 5
MOST = 20
"""More than so many lines are no handful of cards."""


@dataclass(frozen=True, slots=True)
class AtCards:
    """A member of staff at a consortium whose cards she decides about."""

    me: SignedIn
    id: str
    name: str
    branches: tuple[BranchView, ...]

    @property
    def scope(self) -> Scope:
        """The consortium's scope."""
        return Scope.of_consortium(self.id)


async def _places(parts: StaffParts, me: SignedIn) -> list[AtCards]:
    """The consortia whose cards she decides about; NotAllowed for who decides about none."""
    if not me.access.may_anywhere(Action.CARDS):
        raise NotAllowed
    seen = await visible_branches(parts, me)
    async with parts.database.reading(ALL_BRANCHES) as session:
        named = {view.id: view.name for view in await organisations(session)}
    mine = sorted({view.consortium for view in seen if me.access.may_for_all(Action.CARDS, view.consortium)})
    return [
        AtCards(me, own, named.get(own, own), tuple(view for view in seen if view.consortium == own)) for own in mine
    ]


async def _at(me: Staff, parts: Parts, consortium: str) -> AtCards:
    for place in await _places(parts, me):
        if place.id == consortium:
            return place
    raise NotFound


Here = Annotated[AtCards, Depends(_at)]


@router.get("/cards")
async def cards_places(request: Request, parts: Parts, me: Staff) -> Response:
    """The consortia whose cards she decides about; the only one at once."""
    places = await _places(parts, me)
    if len(places) == 1:
        return RedirectResponse(f"/cards/{places[0].id}", status_code=303)
    return show(request, "card_places.html", me=me, places=places)


@router.get("/cards/{consortium}")
async def cards_page(request: Request, parts: Parts, at: Here, by_hand: str = "", told: str = "") -> Response:
    """How cards are read now, and the wizard."""
    setting, _ = await _known(parts, at)
    typed = typed_of(setting.formats if setting else CardFormats()) if by_hand else None
    return await _page(request, parts, at, typed=typed, told=told)


@router.post("/cards/{consortium}/propose")
async def propose_formats(request: Request, parts: Parts, at: Here, scanned: Annotated[str, Form()] = "") -> Response:
    """Formats that the scanned cards fit. Their numbers are in memory until the page is made, and nowhere else."""
    texts = list(dict.fromkeys(line.strip() for line in scanned.splitlines() if line.strip()))
    if not 1 <= len(texts) <= MOST:
        return await _page(request, parts, at, wrong="none")
    readings = await asyncio.gather(*(_reading(parts, at, text) for text in texts))
    proposal = propose(readings)
    said: Data = {"cards": len(texts), "fit": proposal is not None}
    async with parts.database.session(at.scope) as session:
        await record(session, "cards.scanned", at.me.account, at.scope, said)
        today = session.now.date()
    if proposal is None:
        return await _page(request, parts, at, wrong="unreadable")
    numbers = (_numbered(proposal, reading) for reading in readings)
    shapes = [shape_of(number, today) for number in numbers if number is not None]
    typed = typed_of(proposal.formats, sorted({shape.text() for shape in shapes if shape is not None}))
    return await _page(request, parts, at, typed=typed, proposal=proposal, count=len(texts))


@router.post("/cards/{consortium}")
async def save(request: Request, parts: Parts, at: Here, typed: Annotated[Typed, Form()]) -> Response:
    """Take the setting, unless cards that were seen would no longer be cards."""
    try:
        formats = formats_of(typed)
    except ValueError:
        return await _page(request, parts, at, typed=typed, wrong="form")
    if formats == CardFormats(personnummer=formats.personnummer):
        return await _page(request, parts, at, typed=typed, wrong="empty")
    async with parts.database.session(at.scope) as session:
        refused = await say(session, at.id, formats, at.me.account, _shapes(typed.shapes))
    if isinstance(refused, WouldReject):
        return await _page(request, parts, at, typed=typed, wrong="loses", lost=refused.seen)
    return RedirectResponse(f"/cards/{at.id}?told=saved", status_code=303)


@router.post("/cards/{consortium}/remove")
async def remove(parts: Parts, at: Here) -> Response:
    """Read every card as it is again; said nothing is as good."""
    async with parts.database.session(at.scope) as session:
        await unsay(session, at.id, at.me.account)
    return RedirectResponse(f"/cards/{at.id}?told=removed", status_code=303)


async def _reading(parts: StaffParts, at: AtCards, text: str) -> Reading:
    """The text, and how the register writes it: only a chip's number can be written in more ways than one."""
    ways = ways_of_writing(text)
    ils = _register(parts, at)
    if not ways or ils is None:
        return Reading(text)
    answers = await asyncio.gather(*(ils.patron(number.value, None) for number in ways.values()))
    is_known = [answer.facts is not None and answer.facts.valid for answer in answers]
    return Reading(text, frozenset(way for way, known in zip(ways, is_known, strict=True) if known))


def _register(parts: StaffParts, at: AtCards) -> Circulation | None:
    found = (parts.registers.ils(view.id) for view in at.branches)
    return next((ils for ils in found if ils is not None), None)


def _numbered(proposal: Proposal, reading: Reading) -> CardNumber | None:
    """The number of a scanned card as the register will be asked for it."""
    chip = proposal.formats.chip
    ways = ways_of_writing(reading.text) if chip is not None else {}
    return ways[chip.order, chip.text] if chip is not None and ways else card_from_text(reading.text)


def _shapes(kept: str) -> list[Shape]:
    found = (shape_in(line.strip()) for line in kept.splitlines()[:MOST])
    return [shape for shape in found if shape is not None]


async def _known(parts: StaffParts, at: AtCards) -> tuple[SettingView | None, list[Seen]]:
    async with parts.database.reading(at.scope) as session:
        return await setting_of(session, at.id), await shapes_seen(session, at.id)


async def _page(
    request: Request, parts: StaffParts, at: AtCards, *, typed: Typed | None = None, wrong: str = "", **told: Any
) -> Response:
    setting, seen = await _known(parts, at)
    async with parts.database.reading(SERVER) as session:
        who = await names(session, [setting.by] if setting else [])
    context: dict[str, Any] = {
        "setting": setting, "seen": seen, "who": who, "zone": HOME_ZONE, "rows": rows_of(typed) if typed else [],
        "checksums": list(Checksum), "orders": list(ByteOrder), "texts": list(UidText), "scanned": SCANNED,
    }  # fmt: skip
    told = {"proposal": None, "told": "", "count": 0, "lost": (), **told}
    status = 422 if wrong else 200
    return show(
        request, "card_formats.html", me=at.me, at=at, status=status, typed=typed, wrong=wrong, **told, **context
    )
