"""What staff do on the pages, and what comes of it."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from meroppet.rules import events
from meroppet.rules.credentials import CardNumber
from meroppet.rules.reasons import Reason
from meroppet.wire.enrolment import DeviceKind, invitation
from server.db import unscoped
from server.devices.models import Device, DeviceHealth
from server.devices.signing import Caller
from server.journal.intake import take
from server.journal.models import ParkedRow
from server.journal.reading import push_in
from server.patrons.service import subjects_of
from tests.fakes.clocks import ManualClock
from tests.integration.server.pages.conftest import ANNA, PASSWORD, SignIn, Site

EVERYBODY = unscoped("the test looks at all")


async def _door(site: Site, *, locked: bool | None = True, age: timedelta = timedelta()) -> Caller:
    at = await site.branch("nora")
    async with site.parts.database.session(EVERYBODY) as session:
        owner: dict[str, Any] = {"consortium_id": at.consortium, "controller_id": at.controller}
        session.add(
            Device(
                id="door-1", **owner, branch_id=at.id, kind="door", name="Entrén", public_key="x", invited_by="x",
                enrolled_at=session.now,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            DeviceHealth(
                device_id="door-1", **owner, at=session.now - age, version="1", clock="ntp", clock_ahead_seconds=0.0,
                change=0, unsent=0, locked=locked, door="shut",
            )
        )  # fmt: skip
    return Caller(
        device="door-1", kind=DeviceKind.DOOR, name="Entrén", branch=at.id, consortium=at.consortium,
        controller=at.controller, boot="b",
    )  # fmt: skip


async def _journal(site: Site, door: Caller, *happened: tuple[events.Event, str], first: int = 1) -> None:
    wall = site.parts.clock.now().isoformat()
    rows = [
        {
            "seq": number, "wall": wall, "monotonic": 1.0, "boot": "b", "clock": "ntp", "kind": event.kind,
            "subject": subject, "detail": event.detail(),
        }
        for number, (event, subject) in enumerate(happened, first)
    ]  # fmt: skip
    async with site.parts.database.session(door.scope) as session:
        push = push_in(json.dumps({"epoch": "e", "rows": rows}).encode())
        assert push is not None
        await take(session, door, push)


async def test_the_first_page_answers_for_every_branch_one_may_see(site: Site, sign_in: SignIn) -> None:
    await _door(site, age=timedelta(minutes=5))
    visitor = await sign_in("consortium")

    page = (await visitor.get("/")).text

    assert "Nora bibliotek" in page
    assert "Lind bibliotek" in page
    assert "Teg bibliotek" not in page
    assert "till 22.00, sedan stängt" in page
    assert "Svarar inte sedan 11.55" in page
    assert "Ingen dörr än" in page


async def test_a_branch_page_tells_each_decision_with_its_reason(site: Site, sign_in: SignIn) -> None:
    door = await _door(site)
    await _journal(
        site,
        door,
        (events.AccessRefused(attempt="a", reason=Reason.NO_PERMISSION), "0" * 32),
        (events.DoorForced(), ""),
    )
    visitor = await sign_in("branch")

    page = (await visitor.get("/branches/nora?lang=en")).text

    assert "The patron has no permission here." in page
    assert "<code>no_permission</code>" in page
    assert "The door was forced at" in page
    await visitor.post("/branches/nora/seen", on="/branches/nora")
    assert "The door was forced at" not in (await visitor.get("/branches/nora")).text
    assert [row.action for row in await site.audit()] == ["alarms.seen"]


async def test_staff_stop_waiting_for_events_that_a_device_has_lost(site: Site, sign_in: SignIn) -> None:
    door = await _door(site)
    await _journal(site, door, (events.DoorShut(), ""), first=4)
    visitor = await sign_in("municipality")
    page = (await visitor.get("/branches/nora")).text
    assert "Händelser som saknas i en journal: 3" in page

    await visitor.post("/branches/nora/gaps", on="/branches/nora")

    assert "Händelser som saknas" not in (await visitor.get("/branches/nora")).text
    assert [(row.action, row.data) for row in await site.audit()] == [
        ("journal.gap_accepted", {"device": "door-1", "first": 1, "last": 3})
    ]


async def test_an_order_to_open_is_given_once_and_written_down(site: Site, sign_in: SignIn) -> None:
    await _door(site)
    visitor = await sign_in("branch")

    answer = await visitor.post("/branches/nora/open", {"device_id": "door-1"}, on="/branches/nora")

    assert answer.status_code == 200
    assert [row.action for row in await site.audit()] == ["door.open_once"]
    other = await visitor.post("/branches/nora/open", {"device_id": "door-2"}, on="/branches/nora")
    assert other.status_code == 404


async def test_why_it_did_not_open_is_told_by_card_and_written_down_once(site: Site, sign_in: SignIn) -> None:
    door, at = await _door(site), await site.branch("nora")
    async with site.parts.database.reading(at.scope) as session:
        anna = await subjects_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    await _journal(
        site,
        door,
        (events.AccessRefused(attempt="a", reason=Reason.WRONG_PIN), anna[0]),
        (events.AccessRefused(attempt="b", reason=Reason.UNDERAGE), "f" * 32),
    )
    visitor = await sign_in("branch")

    form = {"card": ANNA, "reason": "contact"}
    page = (await visitor.post("/branches/nora/why", form, on="/branches/nora/why")).text

    happened = page.split('id="found-title"')[1]
    assert "<code>wrong_pin</code>" in happened
    assert "underage" not in happened
    assert [row.action for row in await site.audit()] == ["patron.asked"]


async def test_a_device_is_invited_by_a_code_that_is_shown_once(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    form = {"kind": "door", "name": "Huvudentrén"}

    page = (await visitor.post("/branches/nora/devices/invite", form, on="/")).text

    code = page.split("enrol '")[1].split("'")[0]
    assert invitation(code).url == "https://localhost:8443"
    assert "<svg" in page.split('class="s-qr"')[1][:200]
    assert code not in (await visitor.get("/branches/nora/devices")).text
    assert invitation(code).token not in " ".join(row.model_dump_json() for row in await site.audit())
    for bad in ({"kind": "lift", "name": "x"}, {"kind": "door", "name": " "}, {"kind": "door", "name": "x" * 61}):
        assert (await visitor.post("/branches/nora/devices/invite", bad, on="/")).status_code == 422


async def test_a_device_is_shut_out_after_a_second_thought(site: Site, sign_in: SignIn) -> None:
    await _door(site)
    visitor = await sign_in("municipality")
    assert "Stänga ute Entrén?" in (await visitor.get("/branches/nora/devices/door-1/revoke")).text

    answer = await visitor.post("/branches/nora/devices/door-1/revoke", on="/branches/nora/devices/door-1/revoke")

    assert answer.status_code == 303
    assert "Entrén" not in (await visitor.get("/branches/nora/devices")).text.split("s-search")[0].split("s-tabs")[1]
    assert (await visitor.get("/branches/nora/devices/door-1/revoke")).status_code == 404


async def test_a_stolen_device_takes_the_branchs_keys_with_it(site: Site, sign_in: SignIn) -> None:
    await _door(site)
    visitor, at = await sign_in("municipality"), await site.branch("nora")
    async with site.parts.database.reading(at.scope) as session:
        before = await subjects_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    page = "/branches/nora/devices/door-1/revoke"

    assert (await visitor.post(page, {"stolen": "yes"}, on=page)).status_code == 303

    async with site.parts.database.reading(at.scope) as session:
        after = await subjects_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    assert set(before).isdisjoint(after) or len(after) > len(before)
    assert [row.action for row in await site.audit()] == ["device.stolen"]


async def test_a_colleague_is_invited_by_a_link_within_ones_reach(site: Site, sign_in: SignIn) -> None:
    visitor, stranger = await sign_in("municipality"), await sign_in("nobody")
    refused = await visitor.post("/staff/invite", {"grant": "consortium:west"}, on="/staff")
    assert refused.status_code == 403
    unknown = await visitor.post("/staff/invite", {"grant": "king:west"}, on="/staff")
    assert unknown.status_code == 404

    page = (await visitor.post("/staff/invite", {"grant": "branch:nora"}, on="/staff")).text

    address = "/welcome/" + page.split("https://staff.test/welcome/")[1].split("<")[0]
    assert "Nora bibliotek" in (await stranger.get(address)).text
    wrong = await stranger.post(address, {"name": "Nils", "username": "nils", "password": "short"}, on=address)
    assert wrong.status_code == 422
    account = {"name": "Nils Ek", "username": "nils", "password": PASSWORD}
    entered = await stranger.post(address, account, on=address)
    assert entered.status_code == 303
    assert "Nora bibliotek" in (await stranger.get("/")).text
    assert (await visitor.get(address)).status_code == 410


async def test_names_cannot_carry_markup_onto_a_page(site: Site, sign_in: SignIn) -> None:
    await _door(site)
    visitor = await sign_in("server")
    hostile = '"><img src=x onerror=alert(1)>'
    await visitor.post("/branches/nora/devices/invite", {"kind": "door", "name": hostile}, on="/")
    page = (await visitor.post("/branches/nora/patrons", {"card": hostile, "reason": "here"}, on="/")).text

    assert "<img" not in page


async def test_pages_speak_english_when_asked_and_remember_it(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    assert "Branches now" in (await visitor.get("/?lang=en")).text
    assert "Opening hours" in (await visitor.get("/branches/nora")).text
    assert "Öppettider" in (await visitor.get("/branches/nora?lang=sv")).text


async def test_a_session_is_not_kept_alive_by_a_page_left_open(site: Site, sign_in: SignIn, clock: ManualClock) -> None:
    visitor = await sign_in("branch")
    clock.advance(timedelta(minutes=16))

    answer = await visitor.get("/branches/nora")

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"
    assert 'name="password"' in answer.text


async def test_rows_that_could_not_be_read_are_shown_and_read_again_when_they_can_be(
    site: Site, sign_in: SignIn
) -> None:
    door = await _door(site)
    wall = site.parts.clock.now().isoformat()
    readable: dict[str, Any] = {
        "seq": 1, "wall": wall, "monotonic": 1.0, "boot": "b", "clock": "signed", "kind": "door.forced",
        "subject": "c" * 32, "detail": {},
    }  # fmt: skip
    strange = {**readable, "seq": 2, "kind": "door.<b>sang</b>"}
    async with site.parts.database.session(door.scope) as session:
        push = push_in(json.dumps({"epoch": "e", "rows": [{**readable, "kind": "door.mended"}, strange]}).encode())
        assert push is not None
        await take(session, door, push)
        # As if the server had been told what it means since.
        await session.execute(update(ParkedRow).where(col(ParkedRow.seq) == 1).values(raw=json.dumps(readable)))
    visitor = await sign_in("municipality")

    assert "/branches/nora/parked" in (await visitor.get("/branches/nora?lang=en")).text
    page = (await visitor.get("/branches/nora/parked")).text
    assert "door.&lt;b&gt;sang" in page
    assert "c" * 32 not in page
    told = []
    for _ in range(2):
        answer = await visitor.post("/branches/nora/parked", on="/branches/nora/parked")
        told.append((await visitor.get(answer.headers["location"])).text)
    assert "What can be read now is among the other events." in told[0]
    assert "door.forced" not in told[0]
    assert "None of them can be read yet." in told[1]
    assert "The door was forced at" in (await visitor.get("/branches/nora")).text
    assert [(row.action, row.data) for row in await site.audit()] == [
        ("journal.read_again", {"read": 1}),
        ("journal.read_again", {"read": 0}),
    ]


async def test_a_branch_whose_events_could_all_be_read_says_so(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")

    assert "Allt kunde läsas" in (await visitor.get("/branches/nora/parked")).text


async def test_staff_are_told_that_a_device_told_something_else_than_before(site: Site, sign_in: SignIn) -> None:
    door = await _door(site)
    await _journal(site, door, (events.DoorShut(), ""), (events.DoorShut(), ""))
    async with site.parts.database.session(door.scope) as session:
        rows = [
            {
                "seq": 2, "wall": "2026-11-23T11:00:00+00:00", "monotonic": 9.0, "boot": "c", "clock": "ntp",
                "kind": "door.shut", "detail": {},
            }
        ]  # fmt: skip
        push = push_in(json.dumps({"epoch": "e", "rows": rows}).encode())
        assert push is not None
        await take(session, door, push)
    visitor = await sign_in("branch")

    assert "A device told something else than it had told before" in (await visitor.get("/branches/nora?lang=en")).text
