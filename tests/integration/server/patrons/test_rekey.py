"""Another number for a patron, or for all of a register: what she has follows, and nobody gets what is another's."""

from collections.abc import Sequence

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from server.patrons.brake import HeldKind, waiting
from server.patrons.reach import Reach
from server.patrons.rekey import Done, Outcome, Plan, carry_out, do_held, plan, read_lines
from server.patrons.renumbering import Renumbering, renumber
from server.patrons.service import Holder, known_or_new, subjects_of
from server.patrons.subjects import branch_keys
from server.schedules.listed import STAFF, cards_on, put_card

from .conftest import ASTRID, BERTIL, CECILIA, REGISTER, SEED, Place

NEW = "20000001"


async def renumbered(place: Place, *wanted: tuple[str, str]) -> int:
    async with place.database.session(SEED) as session:
        moves = [Renumbering(patron, CardNumber(number)) for patron, number in wanted]
        return len(await renumber(session, place.keys, "west", REGISTER, moves, by="eva"))


async def planned(place: Place, text: str) -> Plan:
    async with place.database.session(SEED) as session:
        return await plan(session, place.keys, "west", REGISTER, read_lines(text))


async def done(place: Place, text: str) -> Done:
    async with place.database.session(SEED) as session:
        found = await plan(session, place.keys, "west", REGISTER, read_lines(text))
        return await carry_out(session, place.keys, "west", REGISTER, found, by="eva")


async def doors(place: Place, cards: Sequence[str], branch: str = "nora") -> list[bool]:
    return [await place.door(card, branch) is not None for card in cards]


async def test_all_she_has_follows_her_new_number_and_the_old_one_opens_nothing(place: Place) -> None:
    patron = await place.give(ASTRID, Right(permitted=True, introduced=True), reach=Reach.MUNICIPALITY)

    assert await renumbered(place, (patron, NEW)) == 1

    for name in ("nora", "gyttorp"):
        assert await place.door(ASTRID, name) is None
        assert (await place.door(NEW, name) or {})["introduced"] is True
    assert await place.door(NEW, "lind") is None
    assert (await place.patron(ASTRID), await place.patron(NEW)) == (None, patron)


async def test_the_journal_still_names_her_by_the_number_she_had(place: Place) -> None:
    patron, at = await place.give(ASTRID), place.branches["nora"]
    await renumbered(place, (patron, NEW))

    async with place.database.reading(at.scope) as session:
        named = await branch_keys(session, place.keys, at.id)
        subjects = await subjects_of(session, place.keys, at, CardNumber(NEW), register=REGISTER)

    assert named is not None
    assert set(subjects) == {named.subject(CardNumber(NEW)), named.subject(CardNumber(ASTRID))}


async def test_nobody_gets_a_number_that_is_anothers_or_stands_on_her_card(place: Place) -> None:
    astrid = await place.give(ASTRID)
    await place.give(BERTIL)
    async with place.database.session(SEED) as session:
        holder = Holder(REGISTER, CardNumber(BERTIL), CardNumber("04A1B2C3"))
        await known_or_new(session, place.keys, "west", holder)

    assert await renumbered(place, (astrid, BERTIL)) == 0
    assert await renumbered(place, (astrid, "04A1B2C3")) == 0

    assert await place.patron(ASTRID) == astrid


async def test_two_who_change_numbers_and_a_chain_are_followed(place: Place) -> None:
    astrid, bertil = await place.give(ASTRID), await place.give(BERTIL, Right(permitted=False))
    cecilia = await place.give(CECILIA)

    assert await renumbered(place, (astrid, BERTIL), (bertil, CECILIA), (cecilia, ASTRID)) == 3

    assert [await place.patron(card) for card in (ASTRID, BERTIL, CECILIA)] == [cecilia, astrid, bertil]
    assert (await place.door(CECILIA) or {})["permitted"] is False
    assert (await place.door(BERTIL) or {})["permitted"] is True


async def test_a_dry_run_says_what_each_line_comes_to_and_changes_nothing(place: Place) -> None:
    for card in (ASTRID, BERTIL, CECILIA):
        await place.give(card)
    text = (
        "gammalt;nytt\n"
        f"{ASTRID};{NEW}\n"  # 2 moves
        "19999999;29999999\n"  # 3 unknown
        "30000009;30000009\n"  # 4 same
        "30000001;40000001\n30000001;40000002\n"  # 5, 6 twice
        f"{BERTIL};{CECILIA}\n"  # 7 taken
        "kort;?\n"  # 8 no number
        f"{ASTRID};{NEW}\n"  # 9 a line again
    )

    found = await planned(place, text)

    assert [outcome.value for outcome in found.outcomes] == [
        "moves", "unknown", "same", "twice", "twice", "taken", "no_number", "twice",
    ]  # fmt: skip
    assert [at for at, _ in found.conflicts] == [5, 6, 7, 8, 9]
    assert await doors(place, [ASTRID, NEW]) == [True, False]
    assert ASTRID not in repr(found)


async def test_doing_it_twice_is_doing_it_once(place: Place) -> None:
    await place.give(ASTRID)
    await place.give(BERTIL)
    text = f"{ASTRID},{NEW}"
    assert (await done(place, f"{text}\n{BERTIL},{ASTRID}")).held != ()
    one = await done(place, text)

    assert (one.moved, one.held) == (1, ())
    assert (await planned(place, text)).outcomes == (Outcome.DONE,)
    assert (await done(place, text)).moved == 0
    assert await doors(place, [ASTRID, NEW]) == [False, True]


async def test_another_consortiums_patrons_are_not_touched(place: Place) -> None:
    await place.give(ASTRID, branch="teg")

    found = await planned(place, f"{ASTRID},{NEW}")

    assert found.outcomes == (Outcome.UNKNOWN,)
    assert await renumbered(place, (str(await place.patron(ASTRID, "north")), NEW)) == 0
    assert await doors(place, [ASTRID, NEW], "teg") == [True, False]


async def test_a_list_that_moves_too_many_at_once_waits_for_a_person(place: Place) -> None:
    for number in range(3):
        await place.give(f"1000000{number}")
    text = "".join(f"1000000{number},2000000{number}\n" for number in range(3))

    first = await done(place, text)

    assert (first.moved, [view.kind for view in first.held]) == (0, [HeldKind.REKEY])
    assert await doors(place, ["10000000", "20000000"]) == [True, False]
    assert "2000000" not in str(first.held[0].payload)
    async with place.database.session(SEED) as session:
        (view,) = await waiting(session)
        assert await do_held(session, place.keys, view) == 3
    assert await doors(place, ["10000000", "20000000"]) == [False, True]


async def test_lists_of_a_branch_follow_too(place: Place) -> None:
    at = place.branches["nora"]
    async with place.database.session(at.scope) as session:
        await put_card(session, place.keys, at, STAFF, CardNumber("30000003"), "städ", "maj")

    assert (await done(place, "30000003,40000003")).listed == 1

    async with place.database.reading(at.scope) as session:
        named = await branch_keys(session, place.keys, at.id)
        (card,) = await cards_on(session, at, STAFF)
    assert named is not None
    assert (card.label, card.subject) == ("städ", named.subject(CardNumber("40000003")))
