"""Why didn't it open: what was refused is found by time and reason, and a card's verdict is told rule by rule."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from meroppet.rules import events
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.intervals import Window
from meroppet.rules.passes import PassKind
from meroppet.rules.reasons import Reason
from meroppet.wire.digests import subject_digest
from server.audit.models import AuditEntry
from server.organisations.service import BranchView
from server.passes.service import Made, Wanted, make_pass, put_tag, standing_pass
from server.patrons.service import Holder, set_right
from server.patrons.subjects import branch_keys
from server.policies.service import set_policy
from server.schedules.listed import STAFF, put_card
from tests.integration.server.pages.conftest import ANNA, SEED, SignIn, Site, Visitor
from tests.integration.server.pages.test_pages import EVERYBODY, _door, _journal

WHY = "/branches/nora/why"
EARLY = ((Window(5 * 60, 7 * 60),),) * 7


async def _right(site: Site, **changes: Any) -> None:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        right = Right(**{"permitted": True, "introduced": True, **changes})
        await set_right(session, site.parts.keys, at, Holder("west", CardNumber(ANNA)), right, by=SEED)


async def _subject(site: Site, at: BranchView) -> str:
    async with site.parts.database.reading(at.scope) as session:
        keys = await branch_keys(session, site.parts.keys, at.id)
    assert keys is not None
    return subject_digest(keys.digest, ANNA)


async def _ask(visitor: Visitor, **form: str) -> str:
    answer = await visitor.post(WHY, form, on=WHY)
    assert answer.status_code == 200
    return answer.text


def _noon(site: Site) -> dict[str, str]:
    """A time at which the branch is open, on the clock's day."""
    return {"day": site.parts.clock.now().date().isoformat(), "time": "12:00"}


async def test_a_patron_with_everything_in_order_would_be_let_in(site: Site, sign_in: SignIn) -> None:
    await _right(site)

    page = await _ask(await sign_in("branch"), card=ANNA, reason="contact", **_noon(site))

    assert "Släpps in med rätt pinkod" in page
    assert page.count('data-look="good"') >= 20
    assert 'data-look="bad"' not in page


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        ({"permitted": False}, Reason.NO_PERMISSION),
        ({"suspended_until": "in a month"}, Reason.SUSPENDED),
        ({"introduced": False}, Reason.INTRODUCTION_MISSING),
    ],
)
async def test_the_first_rule_that_says_no_decides(
    site: Site, sign_in: SignIn, right: dict[str, Any], reason: Reason
) -> None:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        await set_policy(session, at, Policy(minimum_age=18, introduction_required=True), SEED)
    if "suspended_until" in right:
        right = {"suspended_until": (site.parts.clock.now() + timedelta(days=30)).date()}
    await _right(site, **right)

    page = await _ask(await sign_in("branch"), card=ANNA, reason="contact", **_noon(site))

    assert f"<code>{reason.value}</code>" in page.replace("<wbr>", "")
    assert page.count('<li data-look="bad">') == 1


async def test_at_night_it_is_the_hours_and_for_the_staffs_list_not(site: Site, sign_in: SignIn) -> None:
    await _right(site)
    night = {"day": site.parts.clock.now().date().isoformat(), "time": "03:00"}
    visitor = await sign_in("branch")
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        await put_card(session, site.parts.keys, at, STAFF, CardNumber(ANNA), "Anna", SEED)

    page = await _ask(visitor, card=ANNA, reason="here", **night)

    assert "Släpps inte in" in page
    assert "<code>closed</code>" in page


async def test_a_look_at_a_card_needs_a_reason_and_is_written_down_once(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    asked = await _ask(visitor, card=ANNA)
    assert 'class="s-asking"' in asked
    assert [row.action for row in await site.audit()] == []

    page = await _ask(visitor, card=ANNA, reason="incident", **_noon(site))

    (row,) = [row for row in await site.audit() if row.action != "staff.signed_in"]
    assert row.action == "patron.asked"
    assert row.data["why"] == "incident"
    assert ANNA not in str(row.data)
    assert ANNA not in page.split("<main")[1].split("</form>")[1]


async def test_what_was_refused_is_found_by_time_and_reason_and_names_nobody(site: Site, sign_in: SignIn) -> None:
    door, at = await _door(site), await site.branch("nora")
    subject = await _subject(site, at)
    await _journal(
        site,
        door,
        (events.AccessRefused(attempt="a", reason=Reason.WRONG_PIN), subject),
        (events.AccessRefused(attempt="b", reason=Reason.UNDERAGE), "f" * 32),
        (events.AccessGranted(attempt="c", checked="ils"), "e" * 32),
    )
    visitor = await sign_in("branch")
    now = site.parts.clock.now().astimezone(at.wall)

    everything = await _ask(visitor, day=now.date().isoformat(), time=now.strftime("%H:%M"))
    underage = await _ask(visitor, code="underage")
    earlier = await _ask(visitor, time=(now - timedelta(hours=3)).strftime("%H:%M"))

    assert "<code>wrong_pin</code>" in everything
    assert "<code>underage</code>" in everything
    assert "Insläppt" not in everything
    assert "<code>wrong_pin</code>" not in underage.split("</form>", 2)[-1]
    assert "<code>underage</code>" in underage
    assert "Inget nekades då" in earlier
    async with site.parts.database.reading(EVERYBODY) as session:
        looked = await session.all(select(col(AuditEntry.action)).where(col(AuditEntry.action) == "patron.asked"))
    assert list(looked) == []


async def test_one_search_tells_why_it_did_not_open_at_five_past_six(site: Site, sign_in: SignIn) -> None:
    door, at = await _door(site), await site.branch("nora")
    subject = await _subject(site, at)
    await _journal(
        site,
        door,
        (events.AccessRefused(attempt="a", reason=Reason.NO_PERMISSION), subject),
        (events.AccessRefused(attempt="b", reason=Reason.UNDERAGE), "f" * 32),
    )
    now = site.parts.clock.now().astimezone(at.wall)

    page = await _ask(
        await sign_in("branch"), card=ANNA, reason="contact", day=now.date().isoformat(), time=now.strftime("%H:%M")
    )

    happened = page.split('id="found-title"')[1]
    assert "no_permission" in happened
    assert "underage" not in happened


@pytest.mark.parametrize("bad", [{"time": "25:00"}, {"time": "kvart över"}, {"day": "igår"}, {"card": "x"}])
async def test_what_cannot_be_meant_is_said_so(site: Site, sign_in: SignIn, bad: dict[str, str]) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post(WHY, {**bad, "reason": "here"}, on=WHY)

    assert answer.status_code == 422
    assert await site.audit() == []


async def test_a_card_no_library_knows_is_told_so_and_nothing_more(site: Site, sign_in: SignIn) -> None:
    page = await _ask(await sign_in("branch"), card="99999999", reason="here", **_noon(site))

    assert "<code>unknown_card</code>" in page.replace("<wbr>", "")
    assert "Ålder" not in page.split('class="w-rules"')[1]


async def test_while_the_register_is_silent_there_is_no_yes(site: Site, sign_in: SignIn) -> None:
    await _right(site)
    visitor = await sign_in("branch")
    await site.register.close()

    page = await _ask(visitor, card=ANNA, reason="here", **_noon(site))

    assert "<code>ils_unavailable</code>" in page.replace("<wbr>", "")
    assert "Släpps inte in" in page


async def test_a_tag_that_was_handed_out_is_asked_about_like_a_card(site: Site, sign_in: SignIn) -> None:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        wanted = Wanted(kind=PassKind.CLEANER, label="Städ", windows=EARLY, pin=Pin("7093"))
        made = await make_pass(session, site.parts.keys, at, wanted, SEED)
        assert isinstance(made, Made)
        row = await standing_pass(session, at, made.id)
        keys = await branch_keys(session, site.parts.keys, at.id)
        assert row is not None
        assert keys is not None
        await put_tag(session, at, row, keys.subject(CardNumber("04C1EA4E12A380")), SEED)
    visitor = await sign_in("branch")

    noon = await _ask(visitor, card="04C1EA4E12A380", reason="here", **_noon(site))
    early = await _ask(visitor, card="04C1EA4E12A380", reason="here", **{**_noon(site), "time": "05:30"})

    assert "<code>pass_not_now</code>" in noon.replace("<wbr>", "")
    assert "Släpps in med rätt pinkod" in early
