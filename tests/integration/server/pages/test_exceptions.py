"""Exceptions as staff write them on the pages: seen before they are saved, kept as drafts, undone, told in history."""

import re
from dataclasses import replace
from datetime import date

from meroppet.rules.exceptions import Closed, ExceptionDay, Level, ScheduleException
from server.db import unscoped
from server.schedules.exceptions import ExceptionView, exceptions_at, put_exception
from server.schedules.service import schedule_of
from server.schedules.targets import Target, target
from tests.integration.server.pages.conftest import SignIn, Site, Visitor

EVERYBODY = unscoped("the test looks at all")
NEW = "/hours/exceptions/new?target=nora"
FORM = {
    "title": "Planeringsdag",
    "reason-sv": "Personalen har planeringsdag",
    "reason-en": "Staff planning day",
    "stamp": "0.0",
    "first-0": "2026-12-03",
    "last-0": "",
    "what-0": "closed",
    "time-0": "",
    "hours-0": "",
    "staffed-0": "",
    "weekday-0": "3",
}


async def _place(site: Site, target_id: str) -> Target:
    async with site.parts.database.reading(EVERYBODY) as session:
        found = await target(session, target_id)
    assert found is not None
    return found


async def _decided(site: Site, target_id: str) -> list[ExceptionView]:
    at = await _place(site, target_id)
    async with site.parts.database.reading(EVERYBODY) as session:
        return await exceptions_at(session, at, drafts=True)


async def _send(visitor: Visitor, op: str, *, to: str = NEW, **changes: str) -> str:
    answer = await visitor.post(to, {**FORM, **changes, "op": op}, on=to)
    return answer.headers.get("location", "") or answer.text


async def _close(site: Site, target_id: str, title: str, day: date, *, draft: bool = False) -> None:
    at = await _place(site, target_id)
    days = (ExceptionDay(first=day, last=day, contents=(Closed(),)),)
    exception = ScheduleException(id=f"x-{target_id}", level=at.level, days=days, title=title)
    async with site.parts.database.session(at.scope) as session:
        await put_exception(session, at, exception, "seed", draft=draft)


async def test_a_change_is_seen_before_it_is_saved_and_then_published(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    page = await _send(visitor, "preview")

    assert "Vad dörrarna gör" in page
    assert "tors 3 dec." in page
    assert "08–22" in page
    assert "stängt" in page
    assert await _decided(site, "nora") == []

    address = await _send(visitor, "save")

    assert address.startswith("/hours/changes/")
    assert [view.exception.title for view in await _decided(site, "nora")] == ["Planeringsdag"]
    assert "Publicerat." in (await visitor.get(address)).text
    assert [row.action for row in await site.audit()][-1:] == ["schedule.exception.set"]


async def test_what_is_odd_is_said_in_words_before_anything_is_saved(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    day = {f"start-{at}-0": "0" for at in range(7)} | {f"end-{at}-0": "24" for at in range(7)}
    week = day | {f"state-{at}-0": "staffed" for at in range(7)}

    review = (await visitor.post("/branches/nora/hours", {**week, "op": "review"}, on="/")).text
    assert "medan det är öppet: dygnet har 25 timmar." in review

    version = review.split('name="version" value="')[1].split('"')[0]
    saved = await visitor.post("/branches/nora/hours", {**week, "op": "save", "version": version}, on="/")
    assert saved.status_code == 303
    assert "12–13, mitt i bemannad tid." in await _send(visitor, "preview", **{"hours-0": "12-13"})
    past = await _send(visitor, "preview", **{"first-0": "2026-01-01"})
    assert "Alla dess dagar har passerat" in past


async def test_what_cannot_be_meant_is_told_at_its_field_and_nothing_is_lost(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post(
        NEW, {**FORM, "title": "", "what-0": "other_hours", "hours-0": "i bland", "op": "save"}, on=NEW
    )

    assert answer.status_code == 422
    assert "Ge den ett namn" in answer.text
    assert "”i bland” gick inte att förstå" in answer.text
    assert 'value="i bland"' in answer.text
    assert 'value="Personalen har planeringsdag"' in answer.text
    assert await _decided(site, "nora") == []


async def test_rows_are_added_copied_and_pasted_without_any_script(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    assert (await _send(visitor, "add")).count('name="first-') == 2
    assert (await _send(visitor, "copy-0")).count('name="first-') == 2
    assert (await _send(visitor, "remove-0")).count('name="first-') == 0
    pasted = await _send(visitor, "paste", paste="24-26 december stängt\nvi får se")
    assert pasted.count('name="first-') == 2
    assert 'value="2026-12-24"' in pasted
    assert "”vi får se”: inget datum hittades" in pasted


async def test_a_draft_holds_for_no_door_until_it_is_published(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    address = await _send(visitor, "draft")

    assert "Ingen dörr följer det" in (await visitor.get(address)).text
    (draft,) = await _decided(site, "nora")
    assert draft.is_draft
    assert "Utkast: Planeringsdag" in (await visitor.get("/branches/nora/hours/calendar?month=2026-12")).text
    assert "Planeringsdag" in (await visitor.get("/hours")).text

    own = f"/hours/exceptions/{draft.id}?target=nora"
    stamp = re.search(r'name="stamp" value="([^"]+)"', (await visitor.get(own)).text)
    assert stamp is not None
    await _send(visitor, "save", to=own, stamp=stamp[1], **{"first-0": "2026-12-10"})

    (published,) = await _decided(site, "nora")
    assert not published.is_draft
    assert published.exception.days[0].first == date(2026, 12, 10)


async def test_a_draft_is_thrown_away(site: Site, sign_in: SignIn) -> None:
    await _close(site, "nora", "Kanske", date(2026, 12, 3), draft=True)
    visitor = await sign_in("branch")

    await visitor.post("/hours/exceptions/x-nora/discard?target=nora", on="/hours/exceptions/x-nora?target=nora")

    assert await _decided(site, "nora") == []


async def test_nobody_overwrites_what_somebody_else_has_changed_meanwhile(site: Site, sign_in: SignIn) -> None:
    await _close(site, "nora", "Först", date(2026, 12, 3))
    visitor = await sign_in("branch")
    own = "/hours/exceptions/x-nora?target=nora"

    answer = await visitor.post(own, {**FORM, "stamp": "0.0", "op": "save"}, on=own)

    assert answer.status_code == 409
    assert "Någon annan har ändrat detta" in answer.text
    assert (await _decided(site, "nora"))[0].exception.title == "Först"


async def test_what_was_saved_is_undone_from_its_page(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    address = await _send(visitor, "save")

    answer = await visitor.post(f"{address}/undo", on=address)

    assert answer.status_code == 303
    assert await _decided(site, "nora") == []
    assert "Det är som det var" in (await visitor.get(answer.headers["location"])).text
    again = await visitor.post(f"{address}/undo", on="/hours")
    assert again.status_code == 409


async def test_taking_back_shows_what_comes_of_it_first(site: Site, sign_in: SignIn) -> None:
    await _close(site, "nora", "Planeringsdag", date(2026, 12, 3))
    visitor = await sign_in("branch")
    removal = "/hours/exceptions/x-nora/remove?target=nora"

    page = (await visitor.get(removal)).text

    assert "Ta tillbaka: vad dörrarna gör" in page
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp is not None
    answer = await visitor.post(removal, {"stamp": stamp[1], "why": "inställt"}, on=removal)
    assert answer.status_code == 303
    assert await _decided(site, "nora") == []
    assert "inställt" in (await visitor.get("/branches/nora/hours/history")).text


async def test_week_15_closes_all_branches_of_the_consortium_and_no_other(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    wide = "/hours/exceptions/new?target=west"
    rows = {
        "first-0": "2027-04-12", "what-0": "no_self_service", "hours-0": "15-24", "weekday-0": "0",
        "first-1": "2027-04-13", "last-1": "2027-04-15", "what-1": "closed", "weekday-1": "2",
        "first-2": "2027-04-16", "what-2": "not_before", "time-2": "10", "weekday-2": "4",
    }  # fmt: skip

    page = await _send(visitor, "preview", to=wide, **rows)
    assert "Nora bibliotek" in page
    assert "Lind bibliotek" in page
    assert "Teg bibliotek" not in page
    await _send(visitor, "save", to=wide, **rows)

    async with site.parts.database.reading(EVERYBODY) as session:
        views = {name: await schedule_of(session, name) for name in ("nora", "lind", "teg")}
    told = {name: len(view.schedule.exceptions) for name, view in views.items() if view}
    assert told == {"nora": 1, "lind": 1, "teg": 0}


async def test_the_day_says_which_rule_won_and_which_gave_way(site: Site, sign_in: SignIn) -> None:
    await _close(site, "west", "Systembyte", date(2026, 12, 3))
    visitor = await sign_in("branch")

    page = (await visitor.get("/branches/nora/hours/calendar/2026-12-03")).text

    assert "”Systembyte”, beslutad av konsortiet" in page
    assert "Den vanliga veckan" in page
    assert "Bara personal för West kan ändra den." in page
    month = (await visitor.get("/branches/nora/hours/calendar?month=2026-12")).text
    assert "Systembyte" in month
    assert "December 2026" in month


async def test_a_month_that_is_none_is_this_month(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for month in ("", "2026-13", "hej", "9999-01"):
        assert "November 2026" in (await visitor.get(f"/branches/nora/hours/calendar?month={month}")).text


async def test_a_day_that_is_none_is_not_found(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for day in ("2026-02-30", "hej", "0001-01-01"):
        assert (await visitor.get(f"/branches/nora/hours/calendar/{day}")).status_code == 404


async def test_one_decides_where_ones_role_reaches(site: Site, sign_in: SignIn) -> None:
    table = {
        "nobody": {"nora": 401},
        "branch": {"nora": 200, "lind": 404, "nora-kommun": 403, "west": 403, "north": 404},
        "municipality": {"nora-kommun": 200, "west": 403},
        "consortium": {"west": 200, "north": 404},
        "server": {"north": 200, "nowhere": 404},
    }

    for role, reaches in table.items():
        visitor = await sign_in(role)
        for target_id, status in reaches.items():
            for page in ("exceptions/new", "history"):
                answer = await visitor.get(f"/hours/{page}?target={target_id}")
                assert answer.status_code == status, (role, target_id, page)


async def test_a_change_is_shown_and_undone_only_by_who_may_decide_there(site: Site, sign_in: SignIn) -> None:
    address = await _send(await sign_in("consortium"), "save", to="/hours/exceptions/new?target=west")
    branch, server = await sign_in("branch"), await sign_in("server")

    assert (await branch.get(address)).status_code == 403
    assert (await branch.post(f"{address}/undo", on="/hours")).status_code == 403
    assert (await server.get(address)).status_code == 200
    assert (await server.get("/hours/changes/999999")).status_code == 404


async def test_the_list_has_what_comes_first_and_teaches_where_it_is_empty(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    assert "Inga kommande avvikelser" in (await visitor.get("/hours")).text
    await _close(site, "west", "Senare", date(2027, 1, 3))
    await _close(site, "nora", "Snart", date(2026, 12, 3))
    await _close(site, "lind", "Redan", date(2026, 11, 3))
    await _close(site, "teg", "Annanstans", date(2026, 12, 3))

    page = (await visitor.get("/hours")).text

    assert page.index("Snart") < page.index("Senare") < page.index("Redan")
    assert "Annanstans" not in page
    assert "Senare" not in (await visitor.get("/hours?place=nora")).text


async def test_the_history_tells_who_when_and_what_on_every_level(site: Site, sign_in: SignIn) -> None:
    consortium = await sign_in("consortium")
    await _send(consortium, "save", to="/hours/exceptions/new?target=west", title="Systembyte")
    branch = await sign_in("branch")

    page = (await branch.get("/branches/nora/hours/history")).text

    assert "Systembyte" in page
    assert "Consortium" in page
    assert "23 november 2026" in page
    own = (await consortium.get("/hours/history?target=west")).text
    assert "Systembyte" in own
    assert "Ångra" in own


async def test_whoever_decides_in_several_places_is_asked_where(site: Site, sign_in: SignIn) -> None:
    one, several = await sign_in("branch"), await sign_in("municipality")

    assert (await one.get("/hours/exceptions")).headers["location"] == "/hours/exceptions/new?target=nora"
    page = (await several.get("/hours/exceptions?day=2026-12-24")).text
    assert 'href="/hours/exceptions/new?target=nora-kommun&amp;day=2026-12-24"' in page


async def test_a_language_the_form_does_not_ask_for_is_kept(site: Site, sign_in: SignIn) -> None:
    await _close(site, "nora", "Först", date(2026, 12, 3))
    (view,) = await _decided(site, "nora")
    at = await _place(site, "nora")
    finnish = replace(view.exception, level=Level.BRANCH, reasons=(("fi", "Suljettu"),))
    async with site.parts.database.session(at.scope) as session:
        await put_exception(session, at, finnish, "seed")
    visitor = await sign_in("branch")

    assert 'name="reason-fi" value="Suljettu"' in (await visitor.get("/hours/exceptions/x-nora?target=nora")).text
