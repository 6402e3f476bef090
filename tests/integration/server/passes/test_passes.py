"""Passes of a branch: digests only, told to its devices, ended for good."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from meroppet.rules.credentials import Pin
from meroppet.rules.intervals import Window
from meroppet.rules.passes import CODE_DIGITS, PassKind
from meroppet.wire.access import PassDocument
from meroppet.wire.digests import code_digest
from meroppet.wire.passes import pass_from_wire
from meroppet.wire.pin_verifier import pin_agrees
from server.audit.models import AuditEntry
from server.devices.service import report_stolen
from server.passes.models import AccessPass
from server.passes.service import (
    Approved,
    Ended,
    Made,
    PassView,
    Wanted,
    Wrong,
    approve,
    end_expired,
    end_pass,
    make_pass,
    pass_with,
    passes_of,
    put_tag,
    standing_pass,
    used,
)
from server.patrons.subjects import branch_keys

from .conftest import ALL, Place

PIN = Pin("7305")
MORNINGS = ((Window(300, 420),),) * 7
CLEANER = Wanted(kind=PassKind.CLEANER, label="cleaning, set 2", windows=MORNINGS, pin=PIN)
GUARD = Wanted(kind=PassKind.GUARD, label="guards", always=True, pin=PIN)


async def made(place: Place, wanted: Wanted, by: str = "ulla") -> Made:
    async with place.database.session(place.branch.scope) as session:
        done = await make_pass(session, place.keys, place.branch, wanted, by)
    assert isinstance(done, Made)
    return done


async def tagged(place: Place, pass_id: str, subject: str = "ab" * 16) -> None:
    async with place.database.session(place.branch.scope) as session:
        row = await standing_pass(session, place.branch, pass_id)
        assert row is not None
        await put_tag(session, place.branch, row, subject, "ulla")


async def seen(place: Place, pass_id: str) -> PassView:
    async with place.database.reading(place.branch.scope) as session:
        view = await pass_with(session, place.branch.id, pass_id)
    assert view is not None
    return view


def visitor(place: Place, days: int = 1) -> Wanted:
    until = place.clock.now() + timedelta(days=days)
    return Wanted(kind=PassKind.VISITOR, label="plumber", valid_until=until, once=True)


async def test_a_code_is_shown_once_and_kept_and_told_as_a_digest_only(place: Place) -> None:
    done = await made(place, visitor(place))

    assert len(done.code) == CODE_DIGITS
    assert done.code.isdigit()
    async with place.database.reading(ALL) as session:
        named = await branch_keys(session, place.keys, "nora")
        rows = await session.all(select(AccessPass))
        lines = await session.all(select(AuditEntry))
    assert named is not None
    told = await place.told()
    assert list(told) == [code_digest(named.digest, done.code)]
    assert done.code not in f"{told}{[row.model_dump() for row in rows]}{[line.data for line in lines]}"
    assert [line.action for line in lines] == ["pass.made"]


async def test_a_code_for_once_is_withdrawn_by_its_first_use(place: Place) -> None:
    done = await made(place, visitor(place))
    (subject,) = await place.told()

    async with place.database.session(place.branch.scope) as session:
        assert await used(session, "nora", [subject]) == 1
        assert await used(session, "nora", [subject]) == 0

    assert await place.told() == {subject: None}
    assert (await seen(place, done.id)).ended_why == Ended.USED


async def test_a_tags_pass_is_told_when_it_has_a_tag_and_its_pin_is_kept_as_what_it_is_checked_by(place: Place) -> None:
    done = await made(place, CLEANER)
    assert done.code == ""
    assert await place.told() == {}

    await tagged(place, done.id)

    (value,) = (await place.told()).values()
    held = pass_from_wire(PassDocument.model_validate_json(value or ""))
    async with place.database.reading(place.branch.scope) as session:
        named = await branch_keys(session, place.keys, "nora")
    assert named is not None
    assert held.verifier is not None
    assert held.windows == MORNINGS
    assert pin_agrees(named.pin, held.id, PIN, held.verifier)
    assert PIN.digits not in (value or "")


async def test_a_new_tag_ends_the_one_before_in_the_same_commit_and_keeps_the_pin(place: Place) -> None:
    done = await made(place, CLEANER)
    await tagged(place, done.id, "ab" * 16)
    first = await place.told()
    await tagged(place, done.id, "cd" * 16)

    told = await place.told()
    assert told == {"ab" * 16: None, "cd" * 16: first["ab" * 16]}


async def test_nobody_approves_her_own_pass_for_always_and_it_opens_nothing_before(place: Place) -> None:
    done = await made(place, GUARD)
    await tagged(place, done.id)
    assert await place.told() == {}
    assert (await seen(place, done.id)).awaits_approval

    async with place.database.session(place.branch.scope) as session:
        assert await approve(session, place.branch, done.id, "ulla") is Approved.OWN
    assert await place.told() == {}
    async with place.database.session(place.branch.scope) as session:
        assert await approve(session, place.branch, done.id, "sara") is Approved.GIVEN
        assert await approve(session, place.branch, done.id, "sara") is Approved.NOT_WAITING

    assert list(await place.told()) == ["ab" * 16]
    assert (await seen(place, done.id)).approved_by == "sara"


async def test_a_pass_ends_by_staff_once(place: Place) -> None:
    done = await made(place, CLEANER)
    await tagged(place, done.id)
    for is_there in (True, False):
        async with place.database.session(place.branch.scope) as session:
            assert await end_pass(session, place.branch, done.id, "sara") is is_there

    assert await place.told() == {"ab" * 16: None}
    view = await seen(place, done.id)
    assert (view.ended_by, view.ended_why, view.has_tag) == ("sara", Ended.BY_STAFF, False)


async def test_a_pass_past_its_end_is_withdrawn_by_itself(place: Place) -> None:
    done = await made(place, visitor(place))
    await made(place, CLEANER)
    place.clock.advance(timedelta(days=1))

    async with place.database.session(ALL) as session:
        assert await end_expired(session) == 1

    assert set((await place.told()).values()) == {None}
    assert (await seen(place, done.id)).ended_why == Ended.EXPIRED


async def test_a_stolen_device_ends_every_pass_of_its_branch(place: Place) -> None:
    door = await place.door()
    await made(place, visitor(place))
    async with place.database.session(place.branch.scope) as session:
        assert await report_stolen(session, place.keys, place.branch, door.id, "ulla")

    assert set((await place.told()).values()) == {None}
    async with place.database.reading(place.branch.scope) as session:
        (view,) = await passes_of(session, "nora")
    assert view.ended_why == Ended.KEYS_REPLACED


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"pin": None}, Wrong.NO_PIN),
        ({"pin": Pin("12345")}, Wrong.PIN_LENGTH),
        ({"pin": Pin("1234")}, Wrong.WEAK_PIN),
        ({"kind": PassKind.VISITOR, "windows": ((),) * 7}, Wrong.NO_END),
        ({"windows": ((Window(0, 1440),),) * 7}, Wrong.MOST_OF_THE_WEEK),
        ({"windows": ((Window(1, 1439),),) * 5 + ((),) * 2}, Wrong.MOST_OF_THE_WEEK),
    ],
)
async def test_a_pass_that_would_be_too_easy_is_not_made(
    place: Place, changed: dict[str, object], wrong: Wrong
) -> None:
    async with place.database.session(place.branch.scope) as session:
        done = await make_pass(session, place.keys, place.branch, replace(CLEANER, **changed), "ulla")  # type: ignore[arg-type]
    assert done is wrong


async def test_a_code_ends_soon_and_after_it_begins(place: Place) -> None:
    async with place.database.session(place.branch.scope) as session:
        late = await make_pass(session, place.keys, place.branch, visitor(place, days=32), "ulla")
        past = await make_pass(session, place.keys, place.branch, visitor(place, days=0), "ulla")
    assert (late, past) == (Wrong.END_TOO_LATE, Wrong.ENDS_BEFORE)
