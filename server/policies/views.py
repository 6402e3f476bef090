"""Who may come in, on every level: read as sentences, changed with a look at what changes where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from server.audit.service import Data, record
from server.db import Session
from server.organisations.service import branches
from server.patrons.ruled import end_former_facts
from server.policies import forms
from server.policies.layers import DEFAULTS, FIELDS, Layer, Level, Stated, differences_said
from server.policies.places import Place, above, branches_under, may_decide, place, places_over
from server.policies.service import (
    NoDecision,
    Outdated,
    Proposal,
    TooLoose,
    compiled_at,
    history_of,
    layer_of,
    policy_of,
    propose,
    say,
)
from server.staff.access import Action
from server.staff.service import SERVER, SignedIn, names
from server.web.gate import ALL_BRANCHES, AtBranch, NotAllowed, NotFound, Staff, at_branch, visible_branches
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()

Seeing = Annotated[AtBranch, Depends(at_branch(Action.SEE))]

SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "people": (
            "minimum_age", "guardian_below", "permission", "terms_required", "introduction_required", "categories",
            "guests", "homes", "companions",
        ),
        "blocks": ("blocks", "fees_limit_minor"),
        "inside": ("maximum_inside", "group_hours"),
        "cards": (
            "number_entry", "pin_length", "weak_pins", "pin_check", "offline_pin", "without_connection",
            "facts_ttl_hours",
        ),
        "door": (
            "staffed_door", "release_seconds", "held_open_seconds", "pre_alarm_seconds", "extended_seconds",
            "extended_held_seconds",
        ),
    }
)  # fmt: skip
"""Every rule once, as people read them."""

LONGEST_DECISION = 200


@dataclass(frozen=True, slots=True)
class AtPolicy:
    """A member of staff at a place where she may change what is said of who may come in."""

    me: SignedIn
    place: Place


async def _at_policy(me: Staff, parts: Parts, body_id: str) -> AtPolicy:
    async with parts.database.reading(ALL_BRANCHES) as session:
        found = await place(session, body_id)
    if found is None:
        raise NotFound
    if not may_decide(me.access, found):
        seen = await visible_branches(parts, me)
        raise NotAllowed if any(body_id in (own.id, own.controller, own.consortium) for own in seen) else NotFound
    return AtPolicy(me, found)


Deciding = Annotated[AtPolicy, Depends(_at_policy)]


@router.get("/branches/{branch_id}/policy")
async def branch_policy(request: Request, parts: Parts, at: Seeing) -> Response:
    """Every rule at a branch as a sentence, and whose it is."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        made, sent = await compiled_at(session, at.branch), await policy_of(session, at.branch.id)
        levels = await places_over(session, at.branch)
    who = await _who(parts, [sent.by] if sent else [])
    return show(
        request, "policy_branch.html", me=at.me, at=at, made=made, sent=sent, who=who, zone=at.branch.wall,
        sections=SECTIONS, changeable=[own for own in levels if may_decide(at.me.access, own)],
        **_words(request, parts),
    )  # fmt: skip


@router.get("/policies")
async def policies_page(request: Request, parts: Parts, me: Staff) -> Response:
    """Everywhere she may say who comes in, and who did so last."""
    if not me.access.may_anywhere(Action.POLICY):
        raise NotAllowed
    async with parts.database.reading(ALL_BRANCHES) as session:
        rows = [(own, await layer_of(session, own)) for own in await _places(session, me)]
    who = await _who(parts, [layer.by for _, layer in rows])
    return show(request, "policies.html", me=me, rows=rows, who=who, zone=HOME_ZONE, **_words(request, parts))


@router.get("/policies/{body_id}")
async def place_page(request: Request, parts: Parts, at: Deciding, told: str = "") -> Response:
    """What a place says, what it leaves to others, and what it said before."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        versions = await history_of(session, at.place)
        over = [await layer_of(session, own) for own in await above(session, at.place)]
        under = await branches_under(session, at.place)
    changes = [
        (new, differences_said(old.stated if old else {}, new.stated))
        for new, old in zip(versions, [*versions[1:], None], strict=False)
    ]
    who = await _who(parts, [layer.by for layer in versions])
    return show(
        request, "policy_place.html", me=at.me, at=at, layer=versions[0] if versions else None, over=over, under=under,
        changes=changes, who=who, zone=HOME_ZONE, sections=SECTIONS, told=told, **_words(request, parts),
    )  # fmt: skip


@router.get("/policies/{body_id}/change")
async def change_page(request: Request, parts: Parts, at: Deciding) -> Response:
    """The form, filled in with what the place says now."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        layer = await layer_of(session, at.place)
    return await _form(request, parts, at, forms.write(layer.stated), layer.version)


@router.post("/policies/{body_id}/change")
async def change(request: Request, parts: Parts, at: Deciding) -> Response:
    """Look at what changes at which branches, go back to the form, or save."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    version = int(form["version"]) if form.get("version", "").isdecimal() and len(form["version"]) < 9 else 0
    filled = forms.read(form)
    if form.get("op") == "edit":
        return await _form(request, parts, at, form, version)
    if filled.wrong:
        return await _form(request, parts, at, form, version, wrong=filled.wrong)
    if form.get("op") == "save":
        return await _save(request, parts, at, form, filled.stated, version)
    return await _preview(request, parts, at, form, filled.stated, version)


async def _preview(
    request: Request, parts: StaffParts, at: AtPolicy, form: Mapping[str, str], stated: Stated, version: int
) -> Response:
    async with parts.database.reading(ALL_BRANCHES) as session:
        proposal = await propose(session, at.place, stated)
    if isinstance(proposal, TooLoose):
        return await _form(request, parts, at, form, version, refused=proposal)
    if at.place.level is Level.CONSORTIUM and not form.get("decision", "").strip():
        return await _form(request, parts, at, form, version, refused=NoDecision())
    if version != proposal.before.version:
        return await _form(request, parts, at, form, proposal.before.version, refused=Outdated(version))
    return show(
        request, "policy_review.html", me=at.me, at=at, proposal=proposal, version=version,
        said=differences_said(proposal.before.stated, stated), fields=_sent(form), form=form, **_words(request, parts),
    )  # fmt: skip


async def _save(
    request: Request, parts: StaffParts, at: AtPolicy, form: Mapping[str, str], stated: Stated, version: int
) -> Response:
    decision = form.get("decision", "").strip()[:LONGEST_DECISION]
    async with parts.database.session(at.place.scope) as session:
        done = await say(session, at.place, stated, at.me.account, decision=decision, version=version)
        if isinstance(done, Proposal):
            await end_former_facts(session, parts.keys, done.touched)
            rules = ", ".join(done.changed)
            said: Data = {"rules": rules, "branches": len(done.touched), "decision": decision, "place": at.place.id}
            await record(session, "policy.changed", at.me.account, at.place.scope, said, branch=at.place.branch or None)
    if isinstance(done, Outdated):
        return await _form(request, parts, at, form, done.version, refused=done)
    if not isinstance(done, Proposal):
        return await _form(request, parts, at, form, version, refused=done)
    return RedirectResponse(f"/policies/{at.place.id}?told=saved", status_code=303)


async def _form(
    request: Request,
    parts: StaffParts,
    at: AtPolicy,
    form: Mapping[str, str],
    version: int,
    *,
    wrong: tuple[str, ...] = (),
    refused: TooLoose | NoDecision | Outdated | None = None,
) -> Response:
    async with parts.database.reading(ALL_BRANCHES) as session:
        over = [await layer_of(session, own) for own in await above(session, at.place)]
    return show(
        request, "policy_change.html", me=at.me, at=at, status=422 if wrong or refused else 200, form=form,
        version=version, wrong=wrong, refused=refused, refusal=type(refused).__name__ if refused else "",
        above=_above(over), sections=SECTIONS, **_words(request, parts),
    )  # fmt: skip


def _above(over: Iterable[Layer]) -> dict[str, list[Layer]]:
    return {name: found for name in FIELDS if (found := [layer for layer in over if name in layer.stated])}


def _sent(form: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.items() if name not in {"token", "op", "version"}]


def _words(request: Request, parts: StaffParts) -> dict[str, Any]:
    days = forms.DAYS_BY_LANGUAGE[parts.pages.language(request)]
    return {"defaults": DEFAULTS, "group_line": lambda group: forms.group_line(group, days)}


async def _places(session: Session, me: SignedIn) -> list[Place]:
    found: dict[str, Place] = {}
    for view in await branches(session):
        found |= {own.id: own for own in await places_over(session, view)}
    ranks = tuple(Level)
    allowed = [own for own in found.values() if may_decide(me.access, own)]
    return sorted(allowed, key=lambda own: (ranks.index(own.level), own.name))


async def _who(parts: StaffParts, accounts: Iterable[str]) -> dict[str, str]:
    async with parts.database.reading(SERVER) as session:
        return await names(session, [own for own in accounts if own])
