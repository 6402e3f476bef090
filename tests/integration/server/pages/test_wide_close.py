"""Closing a whole municipality or consortium at once: who may, what is told beforehand, and who opens it again."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Interval
from server.db import unscoped
from server.organisations.service import add_branch, add_organisation
from server.schedules.service import schedule_of, set_pattern
from tests.integration.server.pages.conftest import HOURS, SEED, SignIn, Site, Visitor

TILL_TWO = replace(HOURS, weekly=((Interval(8 * 60, 26 * 60, BranchState.SELF_SERVICE),),) * 7)
WEST = "/hours/close?target=west"
TAKE_BACK = re.compile(r'action="(/hours/orders/[^"]+)".*?name="revision" value="([0-9]+)"', re.DOTALL)


async def _states(site: Site) -> dict[str, BranchState]:
    found = {}
    for name in ("nora", "lind", "teg"):
        at = await site.branch(name)
        async with site.parts.database.reading(at.scope) as session:
            view = await schedule_of(session, at.id)
            assert view is not None
            found[name] = view.hours.state_at(session.now).state
    return found


def _states_of(west: BranchState) -> dict[str, BranchState]:
    return {"nora": west, "lind": west, "teg": BranchState.SELF_SERVICE}


OPEN, SHUT = _states_of(BranchState.SELF_SERVICE), _states_of(BranchState.EMERGENCY_CLOSED)


async def _close(visitor: Visitor, to: str = WEST, **fields: str) -> str:
    done = await visitor.post(to, fields, on=to)
    assert done.status_code == 303
    address: str = done.headers["location"]
    return address


async def _take_back(visitor: Visitor) -> tuple[str, dict[str, str]]:
    found = TAKE_BACK.search((await visitor.get("/hours")).text)
    assert found is not None
    return found[1], {"revision": found[2]}


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        ("server", {"north": 200, "west": 200}),
        ("consortium", {"north": 404, "nora": 404, "west": 200, "nora-kommun": 200}),
        ("municipality", {"lind-kommun": 404, "west": 403, "nora-kommun": 200}),
        ("branch", {"nora-kommun": 403, "west": 403}),
        ("nobody", {"west": 401}),
    ],
)
async def test_whoever_decides_at_a_place_closes_it_and_nobody_else(
    site: Site, sign_in: SignIn, role: str, answers: dict[str, int]
) -> None:
    visitor = await sign_in(role)

    for target, status in answers.items():
        to = f"/hours/close?target={target}"
        page = await visitor.get(to)
        sent = await visitor.post(to, on="/" if role != "nobody" else "/sign-in")
        assert (page.status_code, sent.status_code) == (status, 303 if status == 200 else status), target

    assert (await _states(site) == OPEN) == (200 not in answers.values())


async def test_the_button_stands_where_a_place_has_several_branches(sign_in: SignIn) -> None:
    consortium, branch = await sign_in("consortium"), await sign_in("branch")

    page = (await consortium.get("/hours")).text

    assert 'href="/hours/close?target=west"' in page
    assert "target=nora-kommun" not in page
    assert "/hours/close" not in (await branch.get("/hours")).text


async def test_what_it_does_is_told_and_nothing_is_done_yet(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    page = (await visitor.get(WEST)).text

    assert "Dörrarna låses genast." in page
    assert "2 filialer är öppna nu." in page
    assert "Nora bibliotek" in page
    assert "Lind bibliotek" in page
    assert "Teg bibliotek" not in page
    assert page.count("i morgon 08.00") == 3
    assert await _states(site) == OPEN


async def test_everything_beneath_is_closed_and_undone_as_one(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    address = await _close(visitor)

    assert await _states(site) == SHUT
    page = await visitor.get(address)
    assert "Stängt omedelbart" in page.text
    assert "Ångra" in page.text
    undone = await visitor.post(f"{address}/undo", on=address)
    assert undone.status_code == 303
    assert await _states(site) == OPEN


async def test_maintenance_is_told_with_its_reason_in_both_languages(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    await _close(visitor, kind="maintenance", reason="fault", until="open")

    assert await _states(site) == _states_of(BranchState.MAINTENANCE)
    at = await site.branch("lind")
    async with site.parts.database.reading(at.scope) as session:
        view = await schedule_of(session, at.id)
    assert view is not None
    (order,) = view.schedule.orders
    assert dict(order.reasons) == {"sv": "Tekniskt fel", "en": "A technical fault"}
    assert order.end is None


async def test_the_rest_of_today_lasts_until_the_last_branch_is_done(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    async with site.parts.database.session(unscoped("another branch in town")) as session:
        made = await add_branch(session, "jarle", "Järle", "nora-kommun", "Europe/Stockholm", "", date.min)
        await set_pattern(session, made, TILL_TWO, SEED)

    await _close(visitor, "/hours/close?target=nora-kommun")

    async with site.parts.database.reading(unscoped("the test looks")) as session:
        view = await schedule_of(session, "jarle")
        assert view is not None
        assert view.hours.state_at(session.now).state is BranchState.EMERGENCY_CLOSED
        opens = view.hours.next_opening(session.now, frozenset({BranchState.SELF_SERVICE}), timedelta(days=3))
    assert opens is not None
    assert opens.astimezone(view.hours.zone).hour == 8
    assert (await _states(site))["lind"] is BranchState.SELF_SERVICE


async def test_closing_twice_leaves_one_order_and_one_way_back(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    await _close(visitor)
    assert "Redan stängt" in (await visitor.get(WEST)).text

    await _close(visitor, kind="maintenance")

    assert await _states(site) == _states_of(BranchState.MAINTENANCE)
    to, fields = await _take_back(visitor)
    done = await visitor.post(to, fields, on="/hours")
    assert done.status_code == 303
    assert await _states(site) == OPEN
    assert "/hours/orders/" not in (await visitor.get("/hours")).text


async def test_opening_again_is_undone_as_well(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    await _close(visitor)
    to, fields = await _take_back(visitor)
    done = (await visitor.post(to, fields, on="/hours")).headers["location"]
    assert await _states(site) == OPEN

    await visitor.post(f"{done}/undo", on=done)

    assert await _states(site) == SHUT


async def test_what_somebody_closed_anew_is_not_opened_from_an_old_page(site: Site, sign_in: SignIn) -> None:
    visitor, colleague = await sign_in("consortium"), await sign_in("server")
    await _close(visitor)
    to, fields = await _take_back(visitor)
    await _close(colleague, until="open", reason="safety")

    answer = await visitor.post(to, fields, on="/hours")

    assert answer.status_code == 409
    assert "Inget ändrades." in answer.text
    assert await _states(site) == SHUT


async def test_what_is_open_already_is_not_opened_twice(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    await _close(visitor)
    to, fields = await _take_back(visitor)
    await visitor.post(to, fields, on="/hours")

    assert (await visitor.post(to, fields, on="/hours")).status_code == 409
    assert (await visitor.post(to.replace("orders/", "orders/x"), fields, on="/hours")).status_code == 409
    assert await _states(site) == OPEN


async def test_a_branch_cannot_open_what_the_consortium_has_closed(site: Site, sign_in: SignIn) -> None:
    consortium, branch = await sign_in("consortium"), await sign_in("branch")
    await _close(consortium)
    to, fields = await _take_back(consortium)

    seen = (await branch.get("/hours")).text
    quick = await branch.post("/branches/nora/quick/reopen", on="/branches/nora/quick")
    directly = await branch.post(to, fields, on="/hours")

    assert "West" in seen
    assert "Stängt omedelbart" in seen
    assert "take-back" not in seen
    assert quick.status_code == 422
    assert directly.status_code == 403
    assert await _states(site) == SHUT


async def test_a_forged_form_closes_nothing(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    answer = await visitor.client.post(WEST, data={}, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403
    assert await _states(site) == OPEN


async def test_a_place_without_hours_has_nothing_to_close(site: Site, sign_in: SignIn) -> None:
    async with site.parts.database.session(unscoped("a new town")) as session:
        await add_organisation(session, "ny-kommun", "municipality", "Ny", parents=["west"])
        await add_branch(session, "ny", "Ny bibliotek", "ny-kommun", "Europe/Stockholm", "", date.min)
    visitor = await sign_in("consortium")
    to = "/hours/close?target=ny-kommun"

    page, sent = await visitor.get(to), await visitor.post(to, on="/hours")

    assert "Ingen av filialerna har öppettider ännu." in page.text
    assert sent.status_code == 422
