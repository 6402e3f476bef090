"""What staff say a branch's hours are: a form, a look at what it changes, and only then saving."""

from datetime import date

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, Order, OrderKind, ScheduleException
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Treatment
from server.db import unscoped
from server.organisations.service import add_branch
from server.schedules.exceptions import put_exception
from server.schedules.orders import give_order
from server.schedules.pattern_drafts import pattern_draft
from server.schedules.service import ScheduleView, schedule_of
from server.schedules.targets import of_branch
from tests.integration.server.pages.conftest import HOURS, SignIn, Site, Visitor

WEEK = {f"{name}-{day}-0": value for day in range(7) for name, value in (("start", "8"), ("end", "22"))}
WEEK |= {f"state-{day}-0": "self_service" for day in range(7)}
PAGE = "/branches/nora/hours"
PAGES = (PAGE, *(f"{PAGE}/{name}" for name in ("holidays", "seasons", "seasons/new", "closing", "host")))


async def _hours(site: Site, branch: str = "nora") -> ScheduleView:
    at = await site.branch(branch)
    async with site.parts.database.reading(at.scope) as session:
        found = await schedule_of(session, branch)
    assert found is not None
    return found


async def _save(visitor: Visitor, site: Site, path: str, form: dict[str, str]) -> str:
    """Send it off with the version that stands; the page one comes to."""
    version = str((await _hours(site)).version)
    answer = await visitor.post(path, {**form, "version": version, "op": "save"}, on="/")
    assert answer.status_code == 303, answer.text
    return (await visitor.get(answer.headers["location"])).text


@pytest.mark.parametrize("lang", ["sv", "en"])
async def test_every_page_of_hours_can_be_seen_and_leads_to_the_others(sign_in: SignIn, lang: str) -> None:
    visitor = await sign_in("branch")

    for path in PAGES:
        page = await visitor.get(f"{path}?lang={lang}")

        assert page.status_code == 200
        for name in ("holidays", "seasons", "closing", "host", "calendar", "history"):
            assert f'href="{PAGE}/{name}"' in page.text


async def test_what_makes_no_sense_is_named_by_day_and_value(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    answer = await visitor.post(PAGE, {**WEEK, "end-6-0": "2500", "op": "review"}, on="/")

    assert answer.status_code == 422
    assert "Söndag: ”2500” är inget klockslag. Skriv som 08.00." in answer.text


async def test_hours_show_their_effect_before_they_are_saved(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    changed = {**WEEK, "start-0-0": "14", "end-0-0": "24"}
    before = (await _hours(site)).version

    answer = await visitor.post(PAGE, {**changed, "op": "review"}, on="/")

    assert "14.00–24.00" in answer.text
    assert "Så fort du sparar ändras läget: från meröppet till stängt." in answer.text
    assert "Det gör dörrarna annorlunda de närmaste 3 veckorna" in answer.text
    assert (await _hours(site)).version == before


async def test_saved_hours_go_out_and_say_who_saved_them(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    page = await _save(visitor, site, PAGE, {**WEEK, "end-0-0": "24"})

    assert (await _hours(site)).schedule.weekly[0][0].end == 24 * 60
    assert "Ändrades senast av Branch" in page
    assert [(row.action, row.branch_id) for row in await site.audit()] == [("schedule.pattern.set", "nora")]


async def test_hours_changed_by_another_meanwhile_are_not_written_over_unseen(site: Site, sign_in: SignIn) -> None:
    mine, hers = await sign_in("branch"), await sign_in("municipality")
    version = str((await _hours(site)).version)
    await hers.post(PAGE, {**WEEK, "end-0-0": "20", "version": version, "op": "save"}, on="/")

    answer = await mine.post(PAGE, {**WEEK, "end-0-0": "21", "version": version, "op": "save"}, on="/")

    assert answer.status_code == 200
    assert "Någon ändrade tiderna under tiden." in answer.text
    assert "20.00" in answer.text


async def test_saving_without_having_looked_is_looking(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    before = (await _hours(site)).version

    answer = await visitor.post(PAGE, {**WEEK, "end-0-0": "21", "op": "save"}, on="/")

    assert answer.status_code == 200
    assert (await _hours(site)).version == before


async def test_staffed_hours_lie_over_self_service_and_run_past_midnight(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    form = {**WEEK, "start-4-1": "20", "end-4-1": "1", "state-4-1": "staffed"}

    looked = await visitor.post(PAGE, {**form, "op": "review"}, on="/")
    await _save(visitor, site, PAGE, form)

    assert "(slutar nästa dag)" in looked.text
    assert (await _hours(site)).schedule.weekly[4] == (
        Interval(480, 1320, BranchState.SELF_SERVICE),
        Interval(1200, 1500, BranchState.STAFFED),
    )


async def test_without_a_script_the_buttons_add_and_copy_lines(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    added = await visitor.post(PAGE, {**WEEK, "op": "add-0"}, on="/")
    copied = await visitor.post(PAGE, {**WEEK, "end-0-0": "23.30", "op": "copy-0"}, on="/")

    assert 'name="start-0-1"' in added.text
    assert copied.text.count('value="23.30"') == 7


async def test_a_season_is_added_changed_and_removed(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    season = {"name": "Sommar", "first-day": "15", "first-month": "6", "last-day": "15", "last-month": "8"}

    page = await _save(visitor, site, f"{PAGE}/seasons/new", {**WEEK, **season, "end-0-0": "18"})

    assert "15 juni – 15 augusti" in page
    await _save(visitor, site, f"{PAGE}/seasons/sommar", {**WEEK, **season, "name": "Högsommar"})
    assert [own.name for own in (await _hours(site)).schedule.seasons] == ["Högsommar"]
    looked = await visitor.post(f"{PAGE}/seasons/sommar", {**WEEK, **season, "op": "remove"}, on="/")
    assert 'name="remove" value="yes"' in looked.text
    page = await _save(visitor, site, f"{PAGE}/seasons/sommar", {"remove": "yes"})
    assert "Inga säsonger" in page
    assert (await visitor.get(f"{PAGE}/seasons/sommar")).status_code == 404


async def test_holidays_are_decided_one_by_one_or_all_at_once(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    form = {"treat-julafton": "shorter", "hours-julafton": "10-15", "treat-juldagen": "closed"}

    at_once = await visitor.post(f"{PAGE}/holidays", {**form, "op": "all-holiday-self_service_only"}, on="/")
    refused = await visitor.post(f"{PAGE}/holidays", {**form, "hours-julafton": "", "op": "review"}, on="/")
    await _save(visitor, site, f"{PAGE}/holidays", form)

    assert at_once.text.count('<option value="self_service_only" selected>') > 10
    assert "Julafton: skriv en tid, som 10.00–15.00." in refused.text
    rules = {rule.key: rule for rule in (await _hours(site)).schedule.holiday_rules}
    assert rules["julafton"].window == Window(600, 900)
    assert rules["juldagen"].treatment is Treatment.CLOSED


async def test_a_change_far_ahead_is_told_by_its_first_day(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    looked = await visitor.post(f"{PAGE}/holidays", {"treat-midsommarafton": "closed", "op": "review"}, on="/")

    assert "Första dagen som skiljer sig är fredag" in looked.text


async def test_a_branch_in_a_shop_follows_the_shop(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    form = {**WEEK, "host": "yes", "name": "ICA Nora", "end-0-0": "19", "first-dated-0": "2031-05-01"}

    page = await _save(visitor, site, f"{PAGE}/host", form)

    host = (await _hours(site)).schedule.host
    assert host is not None
    assert (host.name, host.weekly[0], host.days[0].windows) == ("ICA Nora", (Window(480, 1140),), ())
    assert "ICA Nora" in page
    await _save(visitor, site, f"{PAGE}/host", {"host": "no"})
    assert (await _hours(site)).schedule.host is None


async def test_what_happens_around_closing_is_chosen(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    form = {"announce-15": "yes", "announce-1": "yes", "gap": "10", "lights": "", "alarm": "20", "last_entry": "30"}

    refused = await visitor.post(f"{PAGE}/closing", {**form, "gap": "16", "op": "review"}, on="/")
    page = await _save(visitor, site, f"{PAGE}/closing", {**form, "first_person_in": "yes"})

    assert "”16” är inget heltal från 0 till 15." in refused.text
    schedule = (await _hours(site)).schedule
    assert (schedule.closing.announcements, schedule.closing.gap, schedule.closing.lights) == ((15, 1), 10, None)
    assert schedule.first_person_in
    assert "Utrop: biblioteket stänger om 15 minuter." in page


async def test_one_page_changes_nothing_of_what_the_others_say(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    await _save(visitor, site, f"{PAGE}/holidays", {"treat-julafton": "closed"})
    await _save(visitor, site, f"{PAGE}/closing", {"announce-10": "yes"})

    await _save(visitor, site, PAGE, {**WEEK, "end-0-0": "20"})

    schedule = (await _hours(site)).schedule
    assert [rule.key for rule in schedule.holiday_rules] == ["julafton"]
    assert schedule.closing.announcements == (10,)


async def test_a_draft_is_heard_of_by_nobody_until_it_is_saved(site: Site, sign_in: SignIn) -> None:
    visitor, at = await sign_in("branch"), await site.branch("nora")
    before = await _hours(site)

    kept = await visitor.post(PAGE, {**WEEK, "end-0-0": "20", "op": "keep"}, on="/")

    assert kept.headers["location"] == f"{PAGE}?draft=yes"
    assert (await _hours(site)).version == before.version
    assert "Det finns ett utkast till nya tider." in (await visitor.get(f"{PAGE}/holidays")).text
    assert 'value="20.00"' in (await visitor.get(f"{PAGE}?draft=yes")).text
    await visitor.post(f"{PAGE}/holidays", {"treat-julafton": "closed", "draft": "yes", "op": "keep"}, on="/")
    await _save(visitor, site, f"{PAGE}/closing", {"announce-5": "yes", "draft": "yes"})
    after = (await _hours(site)).schedule
    assert (after.weekly[0][0].end, len(after.holiday_rules), after.closing.announcements) == (1200, 1, (5,))
    async with site.parts.database.reading(at.scope) as session:
        assert await pattern_draft(session, at) is None


async def test_a_draft_can_be_thrown_away(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    for path in (PAGE, f"{PAGE}/seasons"):
        await visitor.post(PAGE, {**WEEK, "end-0-0": "20", "op": "keep"}, on="/")

        await visitor.post(path, {"op": "discard"}, on="/")

        assert "Det finns ett utkast" not in (await visitor.get(PAGE)).text


async def test_a_branch_of_which_nothing_is_said_gets_a_proposal(site: Site, sign_in: SignIn) -> None:
    async with site.parts.database.session(unscoped("a new branch")) as session:
        await add_branch(session, "nova", "Nova", "nora-kommun", "Europe/Stockholm", "0587", date.min)
    visitor = await sign_in("municipality")

    page = (await visitor.get("/branches/nova/hours")).text
    review = await visitor.post("/branches/nova/hours", {**WEEK, "version": "0", "op": "review"}, on="/")
    answer = await visitor.post("/branches/nova/hours", {**WEEK, "version": "0", "op": "save"}, on="/")

    assert review.text.count("Flera helgdagar är vanliga dagar här") == 1
    assert review.text.count("ingen har bestämt") == 1
    assert "Filialen har inga öppettider än; dörren hålls stängd." in page
    assert 'value="06.00"' in page
    assert answer.status_code == 303
    assert (await _hours(site, "nova")).schedule.weekly == HOURS.weekly


async def test_the_first_page_tells_why_a_branch_is_closed_and_how_long(site: Site, sign_in: SignIn) -> None:
    at, now = await site.branch("nora"), site.parts.clock.now()
    today = now.astimezone(at.wall).date()
    shut = ScheduleException(
        id="kick-off",
        level=Level.BRANCH,
        days=(ExceptionDay(first=today, last=today, contents=(Closed(),)),),
        reasons=(("sv", "Personalen utbildas"), ("en", "Staff are in training")),
    )
    async with site.parts.database.session(at.scope) as session:
        await put_exception(session, of_branch(at), shut, "seed")
    visitor = await sign_in("branch")

    for path in ("/", "/branches/nora"):
        page = (await visitor.get(f"{path}?lang=sv")).text

        assert "Personalen utbildas" in page
        assert 'data-look="off"' in page
        assert "08.00, sedan meröppet" in page
    assert "Staff are in training" in (await visitor.get("/?lang=en")).text


@pytest.mark.parametrize(
    ("kind", "look", "word"),
    [(OrderKind.EMERGENCY_CLOSED, "bad", "Stängt omedelbart"), (OrderKind.MAINTENANCE, "wait", "Underhåll")],
)
async def test_each_state_has_its_own_word_and_look(
    site: Site, sign_in: SignIn, kind: OrderKind, look: str, word: str
) -> None:
    at = await site.branch("nora")
    order = Order(id="now", level=Level.BRANCH, kind=kind, start=site.parts.clock.now())
    async with site.parts.database.session(at.scope) as session:
        await give_order(session, of_branch(at), order, "seed", "")
    visitor = await sign_in("branch")

    page = (await visitor.get("/branches/nora?lang=sv")).text

    assert f"<span>{word}</span>" in page
    assert f'data-look="{look}"' in page
