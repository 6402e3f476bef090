"""Quick actions and lists of cards over HTTP: who may, what is told beforehand, what is kept, and what never is."""

import re

import pytest

from meroppet.rules.branch import BranchState
from server.schedules.service import schedule_of
from tests.integration.server.pages.conftest import ANNA, SignIn, Site

DONE = re.compile(r"/branches/nora/quick\?done=([0-9]+)")


async def _state(site: Site, name: str = "nora") -> BranchState:
    at = await site.branch(name)
    async with site.parts.database.reading(at.scope) as session:
        view = await schedule_of(session, at.id)
        assert view is not None
        return view.hours.state_at(session.now).state


async def test_the_first_tap_changes_nothing(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    page = await visitor.get("/branches/nora/quick/close")

    assert page.status_code == 200
    assert "Dörrarna låses genast." in page.text
    assert await _state(site) is BranchState.SELF_SERVICE


async def test_the_second_tap_closes_and_undoing_opens(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    done = await visitor.post("/branches/nora/quick/close", on="/branches/nora/quick/close")
    found = DONE.search(done.headers["location"])
    assert found is not None
    assert await _state(site) is BranchState.EMERGENCY_CLOSED
    page = await visitor.get(done.headers["location"])
    assert "Ångra" in page.text

    undone = await visitor.post("/branches/nora/quick/undo", {"change": found[1]}, on=done.headers["location"])
    assert undone.status_code == 303
    assert await _state(site) is BranchState.SELF_SERVICE


async def test_undoing_what_has_changed_since_is_refused_in_words(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    done = await visitor.post("/branches/nora/quick/close", on="/branches/nora/quick/close")
    found = DONE.search(done.headers["location"])
    assert found is not None
    await visitor.post("/branches/nora/quick/reopen", on="/branches/nora/quick/reopen")

    again = await visitor.post("/branches/nora/quick/undo", {"change": found[1]}, on="/branches/nora/quick")

    assert again.status_code == 409
    assert "kan inte ångras" in again.text


async def test_reopening_what_nobody_closed_says_so(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    page = await visitor.get("/branches/nora/quick/reopen")
    answer = await visitor.post("/branches/nora/quick/reopen", on="/branches/nora/quick")

    assert "något som kan tas tillbaka" in page.text
    assert answer.status_code == 422


@pytest.mark.parametrize("action", ["close", "extend", "tonight", "reopen", "undo"])
async def test_a_forged_form_does_nothing(site: Site, sign_in: SignIn, action: str) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.client.post(
        f"/branches/nora/quick/{action}", data={"change": "1"}, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert answer.status_code == 403
    assert await _state(site) is BranchState.SELF_SERVICE


async def test_nobody_acts_at_a_branch_that_is_not_hers(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for path in ("quick", "quick/close", "hours/cards"):
        assert (await visitor.get(f"/branches/lind/{path}")).status_code == 404
    assert (await visitor.post("/branches/lind/quick/close", on="/branches/nora/quick")).status_code == 404


async def test_a_change_of_another_branch_is_neither_shown_nor_undone(site: Site, sign_in: SignIn) -> None:
    server, visitor = await sign_in("server"), await sign_in("branch")
    done = await server.post("/branches/lind/quick/close", on="/branches/lind/quick/close")
    change = done.headers["location"].rpartition("=")[2]

    assert (await visitor.get(f"/branches/nora/quick?done={change}")).status_code == 404
    answer = await visitor.post("/branches/nora/quick/undo", {"change": change}, on="/branches/nora/quick")
    assert answer.status_code == 404
    assert await _state(site, "lind") is BranchState.EMERGENCY_CLOSED


async def test_a_reason_is_kept_in_both_languages(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    await visitor.post("/branches/nora/quick/close", {"reason": "fault"}, on="/branches/nora/quick")

    at = await site.branch("nora")
    async with site.parts.database.reading(at.scope) as session:
        view = await schedule_of(session, at.id)
    assert view is not None
    assert [dict(order.reasons) for order in view.schedule.orders] == [
        {"sv": "Tekniskt fel", "en": "A technical fault"}
    ]


async def test_a_card_on_the_list_is_never_shown_again(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    path = "/branches/nora/hours/cards"

    added = await visitor.post(path, {"card": ANNA, "label": "Städ 2"}, on=path)
    page = await visitor.get(added.headers["location"])

    assert "Städ 2" in page.text
    assert ANNA not in page.text
    assert ANNA not in str([entry.model_dump() for entry in await site.audit()])
    subject = re.search(r'name="subject" value="([^"]+)"', page.text)
    assert subject is not None
    await visitor.post(f"{path}/remove", {"subject": subject[1]}, on=path)
    assert "Städ 2" not in (await visitor.get(path)).text


@pytest.mark.parametrize(
    ("card", "label"),
    [("å", "Städ"), (ANNA, ""), (ANNA, f"Städ {ANNA}"), (ANNA, "Anna 19800101-1234"), (ANNA, "a" * 61)],
)
async def test_a_label_that_holds_a_number_is_refused(sign_in: SignIn, card: str, label: str) -> None:
    visitor = await sign_in("branch")
    path = "/branches/nora/hours/cards"

    answer = await visitor.post(path, {"card": card, "label": label}, on=path)

    assert answer.status_code == 422
    assert f'value="{ANNA}"' not in answer.text


async def test_a_list_of_no_event_is_not_found(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    path = "/branches/nora/hours/cards"

    assert (await visitor.get(f"{path}?event=none")).status_code == 404
    answer = await visitor.post(path, {"card": ANNA, "label": "Gäst", "event": "none"}, on=path)
    assert answer.status_code == 404
