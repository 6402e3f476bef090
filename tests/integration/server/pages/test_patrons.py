"""What staff do for a patron on the pages: each look and each change is written down once."""

import re

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from meroppet.ils.acs_simulator import Fault
from meroppet.rules.credentials import CardNumber
from server.db import unscoped
from server.patrons.models import Patron
from server.patrons.service import Reach, rights_of
from server.replication.service import changes, position
from tests.integration.server.pages.conftest import ANNA, SignIn, Site


async def test_a_patron_is_shown_from_the_register_and_the_look_is_written_down_once(
    site: Site, sign_in: SignIn
) -> None:
    visitor = await sign_in("branch")

    page = (
        await visitor.post(
            "/branches/nora/patrons", {"card": f" {ANNA} ", "reason": "here"}, on="/branches/nora/patrons"
        )
    ).text

    assert "Anna Ek" in page
    assert "Släpps inte in" in page
    assert "<code>no_permission</code>" in page
    rows = await site.audit()
    assert [row.action for row in rows] == ["patron.looked_up"]
    assert ANNA not in rows[0].model_dump_json()
    assert "Anna" not in rows[0].model_dump_json()


async def test_a_right_is_given_suspended_and_taken(site: Site, sign_in: SignIn) -> None:
    visitor, at = await sign_in("municipality"), await site.branch("nora")
    form = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "municipality", "valid_until": "2027-06-30"}

    page = (await visitor.post("/branches/nora/patrons/right", form, on="/")).text

    assert "Släpps in med rätt pinkod" in page
    assert "Senast ändrad av Municipality" in page
    async with site.parts.database.reading(at.scope) as session:
        known = await rights_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    assert known is not None
    assert [(view.reach, view.right.permitted) for view in known.given] == [(Reach.MUNICIPALITY, True)]
    suspended = {"card": ANNA, "reason": "here", "why": "card_lent", "reach": "branch", "last": "2026-12-24"}
    page = (await visitor.post("/branches/nora/patrons/suspend", suspended, on="/")).text
    assert "<code>suspended</code>" in page
    number = re.findall(r'name="suspension" value="(\w+)"', page)[0]
    lifted = {"card": ANNA, "reason": "here", "suspension": number}
    page = (await visitor.post("/branches/nora/patrons/lift", lifted, on="/")).text
    assert "Släpps in med rätt pinkod" in page
    page = (await visitor.post("/branches/nora/patrons/right", {**form, "permitted": "no"}, on="/")).text
    assert "<code>no_permission</code>" in page
    assert [row.action for row in await site.audit()] == [
        "right.set", "right.suspended", "right.suspension_lifted", "right.set",
    ]  # fmt: skip


async def test_a_right_that_cannot_be_written_down_is_not_given(site: Site, sign_in: SignIn) -> None:
    visitor, at = await sign_in("branch"), await site.branch("nora")
    await site.parts.database.administer(lambda connection: connection.execute(text("DROP TABLE audit_entry")))

    with pytest.raises(DBAPIError):
        await visitor.post(
            "/branches/nora/patrons/right",
            {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch"},
            on="/",
        )

    async with site.parts.database.reading(at.scope) as session:
        assert await rights_of(session, site.parts.keys, at, CardNumber(ANNA), register="west") is None


async def test_nobody_gives_a_right_beyond_her_reach(site: Site, sign_in: SignIn) -> None:
    for role, reach, status in (
        ("branch", "branch", 200),
        ("branch", "municipality", 403),
        ("municipality", "consortium", 403),
        ("consortium", "consortium", 200),
    ):
        visitor = await sign_in(role)
        form = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": reach}
        answer = await visitor.post("/branches/nora/patrons/right", form, on="/")
        assert answer.status_code == status, (role, reach)


async def test_the_form_offers_a_reach_one_may_give(site: Site, sign_in: SignIn) -> None:
    wide = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "consortium"}
    await (await sign_in("consortium")).post("/branches/nora/patrons/right", wide, on="/")

    page = (
        await (await sign_in("branch")).post("/branches/nora/patrons", {"card": ANNA, "reason": "here"}, on="/")
    ).text

    assert set(re.findall(r'name="reach" value="(\w+)"', page)) == {"branch"}


async def _given(site: Site, branch: str) -> list[Reach]:
    at = await site.branch(branch)
    async with site.parts.database.reading(at.scope) as session:
        known = await rights_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    return [view.reach for view in known.given] if known else []


@pytest.mark.parametrize(
    ("role", "left", "left_next_door"),
    [
        ("branch", [Reach.MUNICIPALITY, Reach.CONSORTIUM], [Reach.BRANCH, Reach.CONSORTIUM]),
        ("municipality", [Reach.CONSORTIUM], [Reach.BRANCH, Reach.CONSORTIUM]),
        ("consortium", [], []),
        ("server", [], []),
    ],
)
async def test_a_patron_is_forgotten_as_far_as_a_role_reaches(
    site: Site, sign_in: SignIn, role: str, left: list[Reach], left_next_door: list[Reach]
) -> None:
    giver, visitor = await sign_in("consortium"), await sign_in(role)
    for branch, reach in (("nora", "branch"), ("nora", "municipality"), ("nora", "consortium"), ("lind", "branch")):
        form = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": reach}
        await giver.post(f"/branches/{branch}/patrons/right", form, on="/")

    page = await visitor.post("/branches/nora/patrons/forget", {"card": ANNA, "reason": "here"}, on="/")

    assert "Låntagaren är bortglömd här." in page.text
    assert await _given(site, "nora") == left
    assert await _given(site, "lind") == left_next_door
    rows = [row for row in await site.audit() if row.action != "right.set"]
    assert [(row.action, row.data["reach"]) for row in rows] == [
        ("patron.forgotten", "consortium" if role == "server" else role)
    ]
    assert ANNA not in rows[0].model_dump_json()
    async with site.parts.database.reading(unscoped("the test looks at all")) as session:
        assert await session.scalar(select(func.count()).select_from(Patron)) == (1 if left else 0)


async def test_forgetting_is_told_to_the_doors_as_a_tombstone(site: Site, sign_in: SignIn) -> None:
    visitor, at = await sign_in("branch"), await site.branch("nora")
    await visitor.post(
        "/branches/nora/patrons/right", {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch"}, on="/"
    )
    async with site.parts.database.reading(at.scope) as session:
        before = await position(session, at.consortium)

    with site.parts.hub.listening(at.consortium) as ear:
        await visitor.post("/branches/nora/patrons/forget", {"card": ANNA, "reason": "here"}, on="/")
        assert at.consortium in await ear.heard(1.0)

    async with site.parts.database.reading(at.scope) as session:
        told = await changes(session, at.consortium, [at.id], before.number)
    assert told is not None
    assert [item.kind for item in told.tombstones] == ["right"]
    assert told.upserts == ()


async def test_the_page_shows_what_forgetting_removes_and_what_stays(site: Site, sign_in: SignIn) -> None:
    giver, visitor = await sign_in("consortium"), await sign_in("branch")
    await giver.post(
        "/branches/nora/patrons/right",
        {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "municipality"},
        on="/",
    )
    assert (
        "Glöm låntagaren här"
        not in (await visitor.post("/branches/nora/patrons", {"card": ANNA, "reason": "here"}, on="/")).text
    )

    await giver.post(
        "/branches/nora/patrons/right", {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch"}, on="/"
    )
    page = (await visitor.post("/branches/nora/patrons", {"card": ANNA, "reason": "here"}, on="/")).text

    assert "Det här tas bort: behörigheten till Nora bibliotek." in page
    assert "behörigheten till Nora." in page.split("Det här blir kvar")[1]


async def test_who_has_no_right_in_reach_is_not_forgotten(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post("/branches/nora/patrons/forget", {"card": ANNA, "reason": "here"}, on="/")

    assert answer.status_code == 422
    assert await site.audit() == []


async def test_what_cannot_be_written_down_is_not_forgotten(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    await visitor.post(
        "/branches/nora/patrons/right", {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch"}, on="/"
    )
    await site.parts.database.administer(lambda connection: connection.execute(text("DROP TABLE audit_entry")))

    with pytest.raises(DBAPIError):
        await visitor.post("/branches/nora/patrons/forget", {"card": ANNA, "reason": "here"}, on="/")

    assert await _given(site, "nora") == [Reach.BRANCH]


async def test_while_the_register_is_silent_a_known_right_can_still_be_ended(site: Site, sign_in: SignIn) -> None:
    visitor, at = await sign_in("branch"), await site.branch("nora")
    form = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch"}
    await visitor.post("/branches/nora/patrons/right", form, on="/")
    site.register.control.fault = Fault.CLOSE

    page = await visitor.post("/branches/nora/patrons/right", {**form, "permitted": "no"}, on="/")

    assert page.status_code == 200
    assert "Bibliotekssystemet svarar inte." in page.text
    async with site.parts.database.reading(at.scope) as session:
        known = await rights_of(session, site.parts.keys, at, CardNumber(ANNA), register="west")
    assert known is not None
    assert known.effective is not None
    assert known.effective.permitted is False
    stranger = await visitor.post("/branches/nora/patrons/right", {**form, "card": "99999999"}, on="/")
    assert stranger.status_code == 422


@pytest.mark.parametrize("card", ["", "12", "abc def", "1" * 33, "1234<script>", "x" * 10_000])
async def test_what_can_be_no_card_number_is_refused_and_asks_nobody(site: Site, sign_in: SignIn, card: str) -> None:
    visitor = await sign_in("branch")
    for path in (
        "patrons",
        # Without a card the page "why" is asked about nobody: it lists what was refused.
        *(["why"] if card else []),
        "patrons/right",
        "patrons/forget",
        "patrons/seen",
        "patrons/number",
        "patrons/suspend",
    ):
        answer = await visitor.post(
            f"/branches/nora/{path}", {"card": card, "reason": "here", "permitted": "yes", "reach": "branch"}, on="/"
        )
        assert answer.status_code == 422
        assert "<script>" not in answer.text.split("<main")[1]
    assert site.register.control.requests == 0
    assert await site.audit() == []


@pytest.mark.parametrize("day", ["2027-13-01", "tomorrow", "31/1 2027"])
async def test_what_is_no_date_changes_nothing(site: Site, sign_in: SignIn, day: str) -> None:
    visitor, at = await sign_in("branch"), await site.branch("nora")
    form = {"card": ANNA, "reason": "here", "permitted": "yes", "reach": "branch", "valid_until": day}

    assert (await visitor.post("/branches/nora/patrons/right", form, on="/")).status_code == 422

    async with site.parts.database.reading(at.scope) as session:
        assert await rights_of(session, site.parts.keys, at, CardNumber(ANNA), register="west") is None
