"""The desk's other work on a patron's page, and what another place's staff, or a wrong card, get of it: nothing."""

import re
from datetime import date

import pytest

from meroppet.ils.acs_simulator import Fault
from meroppet.ils.fake import FakeIls, Library, Patron
from meroppet.rules.credentials import CardNumber
from server.db import unscoped
from server.patrons.reminders import list_due
from server.patrons.service import PatronRights, rights_of
from server.registers.connecting import Ways
from server.staff.access import Grant, Role
from server.staff.service import NewAccount, add_account
from tests.integration.server.pages.conftest import ANNA, PASSWORD, SEED, SignIn, Site, Visitor

NEW, BERTIL = "20000001", "10000002"
HERE = {"card": ANNA, "reason": "here"}
GIVE = {**HERE, "permitted": "yes", "reach": "municipality"}
AT = "/branches/nora/patrons"


def _knows(site: Site, *patrons: tuple[str, str | None]) -> None:
    """From now on the register knows these: each a number and another name for the same patron, as a tag's."""
    made = [
        Patron(card=card, pin="1234", name=f"Ek {card[-1]}", birth_date=date(1980, 1, 1), user_name=tag)
        for card, tag in patrons
    ]
    library = Library(made, [], lambda: date(2026, 11, 23))
    site.register.library._patrons = library._patrons
    site.register.library._by_user_name = library._by_user_name


async def _known(site: Site, card: str, branch: str = "nora") -> PatronRights | None:
    at = await site.branch(branch)
    async with site.parts.database.reading(at.scope) as session:
        return await rights_of(session, site.parts.keys, at, CardNumber(card), register="west")


async def _post(visitor: Visitor, path: str, data: dict[str, str]) -> tuple[int, str]:
    answer = await visitor.post(f"{AT}/{path}" if path else AT, data, on="/")
    return answer.status_code, answer.text


async def test_nobody_is_shown_before_it_is_said_why(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    for reason in ("", "curious", "here "):
        status, page = await _post(visitor, "", {"card": ANNA, "reason": reason})
        assert (status, "Anna Ek" in page) == (200, False), reason
        for path in ("right", "seen", "number", "suspend", "lift", "notice"):
            status, _ = await _post(visitor, path, {**GIVE, "reason": reason})
            assert status == 422, (path, reason)

    assert site.register.control.requests == 0
    assert await site.audit() == []


async def test_every_look_says_why_and_names_nobody(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    last = (date(2026, 12, 1)).isoformat()
    await _post(visitor, "", {"card": ANNA, "reason": "incident"})
    await _post(visitor, "right", {**HERE, "permitted": "yes", "reach": "branch", "introduced": "yes"})
    await _post(visitor, "suspend", {**HERE, "why": "other", "reach": "branch", "last": last})
    await _post(visitor, "several", {"cards": ANNA, "deed": "grant", "reach": "branch", "reason": "upkeep"})
    await _post(visitor, "ending", {"reason": "upkeep"})

    rows = await site.audit()

    assert [(row.action, row.data["why"]) for row in rows] == [
        ("patron.looked_up", "incident"), ("right.set", "here"), ("right.suspended", "here"),
        ("patron.several_looked_up", "upkeep"), ("right.ending_read", "upkeep"),
    ]  # fmt: skip
    written = " ".join(row.model_dump_json() for row in rows)
    assert not any(said in written for said in (ANNA, "Anna", "Ek"))


async def test_another_municipalitys_staff_reach_nothing_of_it(site: Site, sign_in: SignIn) -> None:
    await _post(await sign_in("consortium"), "right", {**HERE, "permitted": "yes", "reach": "consortium"})
    suspended = {**HERE, "why": "other", "reach": "municipality", "last": "2026-12-01"}
    _, page = await _post(await sign_in("municipality"), "suspend", suspended)
    number = re.findall(r'name="suspension" value="(\w+)"', page)[0]
    made, grants = NewAccount("Eve", "eve", PASSWORD), [Grant(Role.MUNICIPALITY, "lind-kommun")]
    await add_account(site.parts.database, site.parts.passwords, made, grants, SEED)
    stranger = await sign_in("eve")

    for path in ("", "/right", "/seen", "/number", "/suspend", "/lift", "/notice", "/forget", "/several", "/ending"):
        answer = await stranger.post(f"{AT}{path}", {**GIVE, "suspension": number}, on="/")
        assert answer.status_code == 404, path
    for path in ("lift", "notice"):
        there = {**HERE, "suspension": number}
        answer = await stranger.post(f"/branches/lind/patrons/{path}", there, on="/")
        assert answer.status_code == 422, path

    known = await _known(site, ANNA)
    assert known is not None
    assert known.effective is not None
    assert known.effective.suspended_until == date(2026, 12, 1)


async def test_an_introduction_is_noted_and_taken_back(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    seen = {**HERE, "what": "introduction"}

    await _post(visitor, "seen", {**seen, "on": "2026-11-20"})
    noted = await _known(site, ANNA, "nora")
    tomorrow, _ = await _post(visitor, "seen", {**seen, "on": "2027-01-01"})
    await _post(visitor, "seen", {**seen, "undo": "yes"})

    assert noted is not None
    assert noted.effective is not None
    assert (noted.effective.permitted, noted.effective.introduced) == (None, True)
    assert [view.introduced_on for view in noted.given] == [date(2026, 11, 20)]
    assert tomorrow == 422
    after = await _known(site, ANNA)
    assert after is None or after.given == ()


async def test_who_needs_longer_at_the_door_is_given_it_and_a_new_permission_keeps_it(
    site: Site, sign_in: SignIn
) -> None:
    visitor = await sign_in("branch")
    status, page = await _post(visitor, "seen", {**HERE, "what": "longer"})
    assert (status, "Längre tid vid dörren" in page) == (200, True)
    await _post(visitor, "right", {**GIVE, "reach": "branch"})
    known = await _known(site, ANNA)
    assert known is not None
    assert known.effective is not None
    assert (known.effective.extended, known.effective.permitted) == (True, True)

    await _post(visitor, "seen", {**HERE, "what": "longer", "undo": "yes"})
    known = await _known(site, ANNA)
    assert known is not None
    assert known.effective is not None
    assert (known.effective.extended, known.effective.permitted) == (False, True)


async def test_a_replaced_card_gets_what_the_old_one_had(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    await _post(visitor, "right", {**HERE, "permitted": "yes", "reach": "branch", "introduced": "yes"})
    _knows(site, (NEW, None))

    status, page = await _post(visitor, "number", {"card": NEW, "reason": "here", "old": ANNA})

    assert status == 200
    assert "Behörigheten har följt med till det nya kortet." in page
    assert "Släpps in med rätt pinkod" in page
    assert await _known(site, ANNA) is None
    assert (await site.audit())[-1].action == "right.renumbered"


@pytest.mark.parametrize("why", ["anothers", "silent", "not_ours", "no_access", "itself"])
async def test_a_card_gets_nothing_of_another_that_is_not_hers(site: Site, sign_in: SignIn, why: str) -> None:
    visitor, old = await sign_in("branch"), ANNA
    if why == "not_ours":
        elsewhere = await sign_in("consortium")
        given = {**HERE, "permitted": "yes", "reach": "branch"}
        await elsewhere.post("/branches/lind/patrons/right", given, on="/")
    elif why != "no_access":
        await _post(visitor, "right", {**HERE, "permitted": "yes", "reach": "branch"})
    _knows(site, (NEW, None), *([(ANNA, None)] if why == "anothers" else []))
    if why == "silent":
        site.register.control.fault = Fault.CLOSE
    if why == "itself":
        old = NEW

    status, _ = await _post(visitor, "number", {"card": NEW, "reason": "here", "old": old})

    assert status == 422
    assert await _known(site, NEW) is None
    assert "right.renumbered" not in [row.action for row in await site.audit()]


async def test_a_card_that_the_register_numbers_anew_keeps_what_it_had(site: Site, sign_in: SignIn) -> None:
    visitor, tag = await sign_in("branch"), "04A1B2C3"
    # A register like Koha over REST, which says whose a tag is by her number.
    ils = FakeIls(site.register.library, "nora")
    site.parts.registers._open["nora"] = Ways(ils, ils)
    _knows(site, (BERTIL, tag))
    here = {"card": tag, "reason": "here"}
    await _post(visitor, "right", {**here, "permitted": "yes", "reach": "branch"})
    _knows(site, (NEW, tag))

    _, page = await _post(visitor, "", here)
    assert "<code>no_permission</code>" in page
    assert "Bibliotekssystemet har ett annat nummer för kortet än förut." in page
    _, page = await _post(visitor, "number", here)

    assert "Släpps in med rätt pinkod" in page
    assert await _known(site, BERTIL) is None
    assert await _known(site, NEW) is not None


async def test_the_list_of_endings_as_a_file_has_the_numbers_and_is_kept_nowhere(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    await _post(visitor, "right", {**HERE, "permitted": "yes", "reach": "branch", "valid_until": "2026-12-01"})
    async with site.parts.database.session(unscoped("the daily job")) as session:
        assert await list_due(session) == 1

    answer = await visitor.post(f"{AT}/ending", {"reason": "upkeep", "op": "file"}, on="/")

    assert answer.text.lstrip("\ufeff").splitlines() == ["card;last_day", f"{ANNA};2026-12-01"]
    assert answer.headers["cache-control"] == "no-store"
    assert ANNA not in (await site.audit())[-1].model_dump_json()
