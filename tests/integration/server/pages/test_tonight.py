"""Staff see what a closing will do and has done, and leave parts of it out: every door is told, once and by name."""

import json
from datetime import timedelta

import pytest

from meroppet.rules.closing import StepKind
from meroppet.wire.commands import Action
from meroppet.wire.enrolment import DeviceKind
from server.closings.service import tonight
from server.db import unscoped
from server.devices.models import Device
from server.devices.orders import answered, open_orders
from server.journal.models import JournalRow
from tests.integration.server.pages.conftest import SignIn, Site

PAGE = "/branches/nora/hours/tonight"


@pytest.fixture
async def doors(site: Site) -> tuple[str, ...]:
    """Two doors of the branch and one of its kiosks."""
    kinds = {"door-1": DeviceKind.DOOR, "door-2": DeviceKind.DOOR, "kiosk-1": DeviceKind.KIOSK}
    async with site.parts.database.session(unscoped("a test's seed")) as session:
        for name, kind in kinds.items():
            session.add(
                Device(
                    id=name,
                    consortium_id="west",
                    controller_id="nora-kommun",
                    branch_id="nora",
                    kind=kind.value,
                    name=name,
                    public_key="none",
                    invited_by="seed",
                    enrolled_at=session.now,
                )
            )
    return "door-1", "door-2"


async def told(site: Site, device: str) -> list[tuple[Action, str, str]]:
    """What a device was told and has not answered: action, step and the order's id."""
    async with site.parts.database.reading(unscoped("a test looks")) as session:
        return [(each.action, each.step, each.order) for each in await open_orders(session, device)]


async def test_the_page_says_what_comes_in_order(site: Site, sign_in: SignIn, doors: tuple[str, ...]) -> None:
    visitor = await sign_in("branch")

    page = (await visitor.get(PAGE)).text

    steps = ["Utrop: biblioteket stänger om 15 minuter.", "Biblioteket stänger.", "Larmet"]
    places = [page.find(words) for words in steps]
    assert -1 not in places, page
    assert places == sorted(places)


async def test_what_is_left_out_is_told_every_door_and_stands_on_the_page(
    site: Site, sign_in: SignIn, doors: tuple[str, ...]
) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post(PAGE, {"step": "request_alarm"}, on=PAGE)

    assert answer.status_code == 303
    for door in doors:
        assert [(action, step) for action, step, _ in await told(site, door)] == [(Action.LEAVE_OUT, "request_alarm")]
    assert await told(site, "kiosk-1") == []
    assert [each.action for each in await site.audit()][:1] == ["closing.left_out"]
    page = (await visitor.get(PAGE)).text
    assert page.count("väntar på dörren") == 2
    assert 'value="request_alarm"' not in page


async def test_a_door_that_says_no_may_be_told_again(site: Site, sign_in: SignIn, doors: tuple[str, ...]) -> None:
    visitor = await sign_in("branch")
    await visitor.post(PAGE, {"step": "announce"}, on=PAGE)
    async with site.parts.database.session(unscoped("a test's answer")) as session:
        for door in doors:
            for given in await open_orders(session, door):
                await answered(session, door, given.order, done=False, reason="expired")

    page = (await visitor.get(PAGE)).text

    assert page.count("dörren tog inte emot ordern") == 2
    assert 'value="announce"' in page


@pytest.mark.parametrize("step", ["", "close", "last_entry", "sing"])
async def test_what_the_hours_decide_cannot_be_left_out(
    step: str, site: Site, sign_in: SignIn, doors: tuple[str, ...]
) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post(PAGE, {"step": step}, on=PAGE)

    assert answer.status_code == 404
    assert await told(site, doors[0]) == []


async def test_what_the_doors_have_done_is_shown_for_a_day(site: Site, doors: tuple[str, ...]) -> None:
    async with site.parts.database.session(unscoped("a test's seed")) as session:
        now = session.now
        for seq, (ago, step, outcome) in enumerate(
            [(1, "announce", "done"), (2, "request_alarm", "refused"), (30, "close", "done"), (1, "sing", "done")]
        ):
            at = now - timedelta(hours=ago)
            detail = {"step": step, "at": at.isoformat(), "minutes": 15, "outcome": outcome, "inside": 2, "order": ""}
            session.add(
                JournalRow(
                    consortium_id="west",
                    controller_id="nora-kommun",
                    branch_id="nora",
                    device_id="door-1",
                    epoch="e",
                    seq=seq,
                    at=at,
                    wall=at,
                    monotonic=0.0,
                    boot="b",
                    clock="signed",
                    received_at=now,
                    kind="closing.step",
                    subject="",
                    detail=json.dumps(detail),
                )
            )
        await session.flush()
        found = await tonight(session, "nora")

    assert [(each.door, each.step.kind, each.outcome, each.inside) for each in found.taken] == [
        ("door-1", StepKind.ANNOUNCE, "done", 2),
        ("door-1", StepKind.REQUEST_ALARM, "refused", 2),
    ]
    assert found.has_doors


async def test_a_branch_without_hours_has_nothing_planned(site: Site) -> None:
    async with site.parts.database.reading(unscoped("a test looks")) as session:
        found = await tonight(session, "nowhere")

    assert (found.steps, found.taken, found.left, found.has_doors) == ((), (), (), False)
    assert found.can_be_left_out == ()
