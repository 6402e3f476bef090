"""Staff begin a card's count of wrong PINs anew, and let a door ask again, each with a reason that is written down."""

import pytest

from meroppet.rules.credentials import CardNumber
from server.attempts.service import standing
from tests.fakes.tried_pins import guessed_at, place_at, wrong_pins
from tests.integration.server.pages.conftest import ANNA, SignIn, Site

PATRONS, PINS = "/branches/nora/patrons", "/branches/nora/pins"
LOOK = {"card": ANNA, "reason": "here"}


async def failures(site: Site) -> int:
    at = await site.branch("nora")
    async with site.parts.database.reading(place_at(at).scope) as session:
        return (await standing(session, site.parts.keys, place_at(at), [CardNumber(ANNA)], None)).failures


@pytest.mark.parametrize(
    ("times", "limit", "said"),
    [
        (1, None, "Räknas, inte låst"),
        (2, 3, "En felaktig pinkod till kan låsa kontot i bibliotekssystemet"),
        (5, None, "Låst till 12.15"),
        (3, 3, "Därför skickas ingen pinkod"),
    ],
)
async def test_a_patrons_page_says_how_her_pins_stand(
    site: Site, sign_in: SignIn, times: int, limit: int | None, said: str
) -> None:
    await wrong_pins(site.parts, await site.branch("nora"), ANNA, times, limit=limit)
    visitor = await sign_in("branch")

    page = (await visitor.post(PATRONS, LOOK, on=PATRONS)).text

    assert said in page
    assert f"{times} felaktig" in page


async def test_a_reset_clears_the_card_and_is_written_down_once_without_the_card(site: Site, sign_in: SignIn) -> None:
    await wrong_pins(site.parts, await site.branch("nora"), ANNA, 5)
    visitor = await sign_in("branch")

    page = (await visitor.post(f"{PATRONS}/pins", {**LOOK, "because": "new_pin"}, on=PATRONS)).text

    assert "Räkningen börjar om." in page
    assert await failures(site) == 0
    (row,) = await site.audit()
    assert (row.action, row.data["because"], row.data["failures"]) == ("pins.reset", "new_pin", 5)
    assert ANNA not in row.model_dump_json()


@pytest.mark.parametrize("wrong", [{"because": ""}, {"because": "asked nicely"}, {"reason": ""}, {"card": "x"}])
async def test_a_reset_without_a_reason_changes_nothing(site: Site, sign_in: SignIn, wrong: dict[str, str]) -> None:
    await wrong_pins(site.parts, await site.branch("nora"), ANNA, 5)
    visitor = await sign_in("branch")

    answer = await visitor.post(f"{PATRONS}/pins", {**LOOK, "because": "new_pin", **wrong}, on=PATRONS)

    assert answer.status_code == 422
    assert await failures(site) == 5
    assert await site.audit() == []


async def test_a_door_at_which_pins_are_guessed_stands_on_the_branchs_page_until_somebody_has_looked(
    site: Site, sign_in: SignIn
) -> None:
    await guessed_at(site.parts, await site.branch("nora"), "door-1", "Entrén", 30)
    visitor = await sign_in("branch")
    assert "Många felaktiga pinkoder vid Entrén" in (await visitor.get("/branches/nora")).text
    assert "30 felaktiga pinkoder här" in (await visitor.get(PINS)).text

    refused = await visitor.post(PINS, {"device": "door-1", "because": ""}, on=PINS)
    assert refused.status_code == 422
    assert await site.audit() == []
    done = await visitor.post(PINS, {"device": "door-1", "because": "stopped"}, on=PINS)

    assert done.status_code == 303
    assert "Ingen dörr har sett många felaktiga pinkoder" in (await visitor.get(PINS)).text
    assert "Många felaktiga pinkoder" not in (await visitor.get("/branches/nora")).text
    assert [(row.action, row.data["because"]) for row in await site.audit()] == [("door.guesses_seen", "stopped")]
    again = await visitor.post(PINS, {"device": "door-1", "because": "stopped"}, on=PINS)
    assert again.status_code == 404


async def test_a_hundred_guesses_are_said_to_end_the_asking(site: Site, sign_in: SignIn) -> None:
    await guessed_at(site.parts, await site.branch("nora"), "door-1", "Entrén", 100)
    visitor = await sign_in("branch")

    assert "frågar den ingen" in (await visitor.get("/branches/nora")).text
    assert "Frågar ingen efter pinkod" in (await visitor.get(PINS)).text
