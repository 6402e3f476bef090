"""Staff answer applications: one or many, at their own branch, each answer written down; a right comes of a yes."""

import asyncio
from datetime import date

import pytest

from tests.integration.server.applications.conftest import ANNA, BO, BOTH, Browser, Pages
from tests.integration.server.applications.test_own_pages import applications, right_of, shown

LIST = "/branches/nora/applications"


async def applied(pages: Pages, *numbers: str, at: str = "nora") -> dict[str, str]:
    """These patrons apply at a branch; their applications' ids."""
    made: dict[str, str] = {}
    for number in numbers:
        browser = await pages.with_card(number)
        form = {"shown": await shown(browser, at), "answer": "yes"}
        await browser.post(f"/my/apply/{at}", form, on=f"/my/apply/{at}")
        new = {row.id for row in await applications(pages)} - set(made.values())
        made[number] = new.pop()
    return made


async def decide(staff: Browser, *ids: str, **form: str) -> int:
    """Send the form; the status of the answer."""
    answer = await staff.post(f"{LIST}/decide", {"application": list(ids), "reach": "branch", **form}, on=LIST)
    return answer.status_code


@BOTH
async def test_many_are_approved_at_once_and_each_becomes_a_right(pages: Pages) -> None:
    ids = await applied(pages, ANNA, BO)
    staff = await pages.staff()
    page = await staff.get(LIST)
    assert "0001" in page.text
    assert ANNA not in page.text

    status = await decide(staff, *ids.values(), decision="approve", valid_until="2027-06-30", introduced="yes")

    assert status == 303
    for number in (ANNA, BO):
        right = await right_of(pages, number, "nora")
        assert right is not None
        assert (right.permitted, right.valid_until, right.introduced) == (True, date(2027, 6, 30), True)
    rows = [entry for entry in await pages.audit() if entry.action == "application.approved"]
    assert len(rows) == 2
    assert all(ANNA not in str(entry.data) and BO not in str(entry.data) for entry in rows)
    answered = await staff.get(f"{LIST}?done=approved&many=2")
    assert answered.status_code == 200


@BOTH
async def test_two_who_answer_at_the_same_moment_answer_once(pages: Pages) -> None:
    ids = await applied(pages, ANNA)
    first, second = await pages.staff(), await pages.staff()

    await asyncio.gather(
        decide(first, ids[ANNA], decision="approve"),
        decide(second, ids[ANNA], decision="refuse", refusal="too_young"),
    )

    (row,) = await applications(pages)
    said = [entry.action for entry in await pages.audit() if entry.action.startswith("application.")]
    assert said == ["application.made", f"application.{row.state}"]


async def test_a_refusal_needs_a_reason_and_gives_no_right(pages: Pages) -> None:
    ids = await applied(pages, ANNA)
    staff = await pages.staff()

    assert await decide(staff, ids[ANNA], decision="refuse") == 422
    assert await decide(staff, ids[ANNA], decision="refuse", refusal="nonsense") == 422
    assert await decide(staff, ids[ANNA], decision="refuse", refusal="too_young") == 303

    right = await right_of(pages, ANNA, "nora")
    assert right is None or right.permitted is None
    (row,) = await applications(pages)
    assert (row.state, row.reason) == ("refused", "too_young")


@pytest.mark.parametrize(
    "form",
    [
        {"decision": "approve", "reach": "moon"},
        {"decision": "approve", "valid_until": "tomorrow"},
        {"decision": "maybe"},
        {},
    ],
)
async def test_a_form_that_says_nothing_sensible_changes_nothing(pages: Pages, form: dict[str, str]) -> None:
    ids = await applied(pages, ANNA)
    staff = await pages.staff()

    assert await decide(staff, ids[ANNA], **form) == 422

    assert (await applications(pages))[0].state == "waiting"


async def test_nobody_gives_a_right_further_than_her_own_role(pages: Pages) -> None:
    ids = await applied(pages, ANNA)
    staff = await pages.staff()

    assert await decide(staff, ids[ANNA], decision="approve", reach="municipality") == 403
    assert (await applications(pages))[0].state == "waiting"


async def test_another_branchs_application_cannot_be_answered_or_looked_at(pages: Pages) -> None:
    ids = await applied(pages, ANNA, at="lind")
    staff = await pages.staff()

    assert await decide(staff, ids[ANNA], decision="approve") == 303
    looked = await staff.post(f"{LIST}/{ids[ANNA]}/look", {"reason": "here"}, on=LIST)

    assert looked.status_code == 404
    assert (await applications(pages))[0].state == "waiting"
    assert await right_of(pages, ANNA, "lind") is None or not (await right_of(pages, ANNA, "lind")).permitted  # type: ignore[union-attr]
    assert (await staff.get("/branches/lind/applications")).status_code == 404


async def test_an_application_is_answered_once(pages: Pages) -> None:
    ids = await applied(pages, ANNA)
    staff = await pages.staff()
    await decide(staff, ids[ANNA], decision="refuse", refusal="come_by")

    assert await decide(staff, ids[ANNA], decision="approve") == 303

    assert (await applications(pages))[0].state == "refused"
    right = await right_of(pages, ANNA, "nora")
    assert right is None or not right.permitted


async def test_to_see_who_it_is_needs_a_reason_and_is_written_down_once(pages: Pages) -> None:
    ids = await applied(pages, ANNA)
    staff = await pages.staff()
    before = len(await pages.audit())

    without = await staff.post(f"{LIST}/{ids[ANNA]}/look", on=LIST)
    assert without.status_code == 422
    assert "Anna Ek" not in without.text
    assert len(await pages.audit()) == before

    looked = await staff.post(f"{LIST}/{ids[ANNA]}/look", {"reason": "contact"}, on=LIST)

    assert "Anna Ek" in looked.text
    assert 'id="application-title"' in looked.text
    (entry,) = (await pages.audit())[before:]
    assert (entry.action, entry.data["why"], entry.data["application"]) == ("patron.looked_up", "contact", ids[ANNA])
