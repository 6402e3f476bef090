"""Passes on the staff pages: making, confirming, ending, handing out a tag, and a code that is shown once."""

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.passes import TagOutcome
from server.db import unscoped
from server.devices.models import Device
from server.passes.handouts import tag_read
from server.passes.models import AccessPass
from server.replication.models import Change
from tests.integration.server.pages.conftest import ANNA, SignIn, Site, Visitor

ALL = unscoped("the test looks at all")
PAGE = "/branches/nora/passes"
CLEANER = {"kind": "cleaner", "label": "städ, set 2", "when": "open", "pin": "7305", "days": "monday"}
TAG = CardNumber("04A1B2C3D4E5F6")


async def door(site: Site, name: str = "door-1") -> None:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        session.add(
            Device(
                id=name,
                consortium_id=at.consortium,
                controller_id=at.controller,
                branch_id=at.id,
                kind=DeviceKind.DOOR,
                name=f"Entrén {name}",
                public_key=name,
                invited_by="seed",
                enrolled_at=session.now,
            )
        )


async def rows(site: Site) -> list[AccessPass]:
    async with site.parts.database.reading(ALL) as session:
        return list(await session.all(select(AccessPass)))


async def told(site: Site) -> dict[str, str | None]:
    async with site.parts.database.reading(ALL) as session:
        return {row.key: row.value for row in await session.all(select(Change).where(col(Change.kind) == "pass"))}


async def made(site: Site, visitor: Visitor, **changed: str) -> str:
    answer = await visitor.post(f"{PAGE}/new/tag", CLEANER | changed, on=f"{PAGE}/new/tag")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2].partition("?")[0]


async def held(site: Site, handout: str, read: CardNumber | TagOutcome) -> TagOutcome:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        return await tag_read(session, site.parts.keys, at, "west", device="door-1", handout_id=handout, read=read)


async def test_a_tag_is_handed_out_with_two_presses_and_a_tap(site: Site, sign_in: SignIn) -> None:
    await door(site)
    visitor = await sign_in("branch")
    pass_id = await made(site, visitor, when="own", begins="05.00", ends="07.30")

    page = (await visitor.get(f"{PAGE}/{pass_id}?told=made")).text
    assert "måndag 05.00–07.30" in page
    answer = await visitor.post(f"{PAGE}/{pass_id}/tag", {"reader": "door-1"}, on=f"{PAGE}/{pass_id}")
    where = answer.headers["location"]
    handout = where.rpartition("/")[2]
    assert "Håll taggen mot läsaren vid ”Entrén door-1”" in (await visitor.get(where)).text

    assert await held(site, handout, TagOutcome.ITEM_TAG) is TagOutcome.ITEM_TAG
    assert "Det är en boks tagg" in (await visitor.get(where)).text
    assert await held(site, handout, TAG) is TagOutcome.DONE
    assert "Taggen är klar" in (await visitor.get(where)).text
    assert len(await told(site)) == 1
    assert [row.action for row in await site.audit()] == ["pass.made", "tag.ordered", "pass.tag_given"]
    assert TAG.value not in f"{[row.model_dump() for row in [*await site.audit(), *await rows(site)]]}"
    assert "7305" not in f"{[row.model_dump() for row in [*await site.audit(), *await rows(site)]]}"


async def test_no_tag_in_time_is_said_with_what_to_do(site: Site, sign_in: SignIn) -> None:
    await door(site)
    visitor = await sign_in("branch")
    pass_id = await made(site, visitor)
    answer = await visitor.post(f"{PAGE}/{pass_id}/tag", {"reader": "door-1"}, on=f"{PAGE}/{pass_id}")

    site.parts.clock.advance(timedelta(seconds=61))  # type: ignore[attr-defined]

    assert "Ingen tagg lästes i tid" in (await visitor.get(answer.headers["location"])).text


async def test_a_pass_for_every_hour_waits_for_another_persons_word(site: Site, sign_in: SignIn) -> None:
    await door(site)
    own = await sign_in("municipality")
    pass_id = await made(site, own, kind="guard", when="always")
    page = f"{PAGE}/{pass_id}"
    answer = await own.post(f"{page}/tag", {"reader": "door-1"}, on=page)
    assert await held(site, answer.headers["location"].rpartition("/")[2], TAG) is TagOutcome.DONE
    assert await told(site) == {}

    refused = await own.post(f"{page}/approve", on=page)
    assert refused.status_code == 422
    assert "bekräftas av någon annan" in refused.text
    assert (await (await sign_in("branch")).post(f"{page}/approve", on=page)).status_code == 403
    assert await told(site) == {}

    other = await sign_in("consortium")
    assert "Bekräfta" in (await other.get(page)).text
    assert (await other.post(f"{page}/approve", on=page)).status_code == 303
    assert len(await told(site)) == 1


async def test_a_code_is_shown_once(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    form = {"kind": "visitor", "label": "rörmokare", "when": "open", "last": "2026-11-24", "once": "yes"}

    answer = await visitor.post(f"{PAGE}/new/code", form, on=f"{PAGE}/new/code")

    found = re.search(r'class="m-unseen">([0-9]{8})<', answer.text)
    assert found is not None
    assert "24 november 2026" in answer.text
    assert len(await told(site)) == 1
    page = (await visitor.get(PAGE)).text
    assert "rörmokare" in page
    assert found[1] not in page
    assert found[1] not in f"{[row.model_dump() for row in [*await site.audit(), *await rows(site)]]}"


async def test_a_pass_is_ended_and_says_why(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    pass_id = await made(site, visitor)

    assert (await visitor.post(f"{PAGE}/{pass_id}/end", on=f"{PAGE}/{pass_id}")).status_code == 303

    page = (await visitor.get(f"{PAGE}/{pass_id}")).text
    assert "Personalen avslutade den" in page
    assert "Ny tagg" not in page


WRONG = (
    ("tag", {"label": ""}, "högst 60 tecken"),
    ("tag", {"label": "Anna 19900101-2385"}, "inte ett kortnummer"),
    ("tag", {"kind": "visitor"}, "vem det är för"),
    ("tag", {"pin": ""}, "egen pinkod"),
    ("tag", {"pin": "12345"}, "4 siffror"),
    ("tag", {"pin": "1234"}, "bland de första"),
    ("tag", {"pin": "abcd"}, "bara siffror"),
    ("tag", {"when": "own", "begins": "sju"}, "06.00"),
    ("tag", {"when": "own", "days": ""}, "minst en dag"),
    ("tag", {"last": "2026-02-30"}, "Det är inget datum"),
    ("tag", {"last": "2026-11-01"}, "slut innan"),
    ("code", {"kind": "visitor", "pin": ""}, "en sista dag"),
    ("code", {"kind": "visitor", "pin": "", "last": "2027-06-01"}, "31 dagar"),
    ("code", {"kind": "visitor", "when": "always", "last": "2026-11-24"}, "vem det är för"),
)


async def test_what_is_wrong_is_said_and_nothing_is_made(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    for what, changed, sentence in WRONG:
        answer = await visitor.post(f"{PAGE}/new/{what}", CLEANER | changed, on=f"{PAGE}/new/{what}")

        assert answer.status_code == 422, changed
        assert sentence in answer.text, changed
        assert "7305" not in answer.text
    assert await rows(site) == []


async def test_a_patrons_tag_is_ordered_from_her_page_and_written_down_once(site: Site, sign_in: SignIn) -> None:
    await door(site)
    visitor = await sign_in("branch")
    form = {"card": ANNA, "reason": "here", "reader": "door-1"}

    page = (await visitor.post("/branches/nora/patrons", form, on="/branches/nora/patrons")).text
    assert "Ny tagg" in page
    answer = await visitor.post("/branches/nora/patrons/tag", form, on="/branches/nora/patrons")

    where = answer.headers["location"]
    assert await held(site, where.rpartition("/")[2], TAG) is TagOutcome.DONE
    assert "Taggen är klar" in (await visitor.get(where)).text
    actions = [row.action for row in await site.audit()]
    assert actions == ["patron.looked_up", "tag.ordered", "patron.tag_given"]
    assert ANNA not in f"{[row.model_dump() for row in await site.audit()]}"
    assert ANNA not in where


async def test_another_branchs_reader_pass_and_tag_are_not_found(site: Site, sign_in: SignIn) -> None:
    await door(site)
    visitor = await sign_in("consortium")
    pass_id = await made(site, visitor)
    on = f"{PAGE}/{pass_id}"

    for path in (f"/branches/lind/passes/{pass_id}", "/branches/nora/tags/none"):
        assert (await visitor.get(path)).status_code == 404
    for path, reader in ((f"{on}/tag", "door-9"), (f"/branches/lind/passes/{pass_id}/tag", "door-1")):
        assert (await visitor.post(path, {"reader": reader}, on=on)).status_code == 404
