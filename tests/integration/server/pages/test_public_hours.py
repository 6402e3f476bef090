"""Hours are public without signing in: feeds and pages that say what the doors do, cached, and silent about staff."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest
from icalendar import Calendar

from meroppet.rules.exceptions import Closed, ExceptionDay, Level, ScheduleException
from server.db import unscoped
from server.schedules.exceptions import put_exception
from server.schedules.service import schedule_of
from server.schedules.targets import target
from server.settings import PublicPages
from server.web.site import staff_pages
from tests.integration.server.pages.conftest import SignIn, Site

FEEDS = (
    "branches/nora/hours.json",
    "branches/nora/hours.jsonld",
    "branches/nora/hours.ics",
    "branches/nora/open",
    "consortia/west/hours.json",
    "consortia/west/hours.ics",
    "consortia/west/open",
)


def _client(site: Site, public: PublicPages | None = None) -> httpx2.AsyncClient:
    app = site.app if public is None else staff_pages(replace(site.parts, public=public))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://staff.test")


async def _close(site: Site) -> None:
    today = site.parts.clock.now().date()
    exception = ScheduleException(
        id="secret-id",
        level=Level.BRANCH,
        days=(ExceptionDay(first=today, last=today + timedelta(days=1), contents=(Closed(),)),),
        title="Anna är sjuk",
        reasons=(("sv", "Vi städar."), ("en", "We are cleaning.")),
    )
    async with site.parts.database.session(unscoped("a test's decision")) as session:
        at = await target(session, "nora")
        assert at is not None
        async with session.within(at.scope):
            await put_exception(session, at, exception, "Berit Ek")


async def test_anybody_may_read_and_no_cookie_is_set(site: Site) -> None:
    async with _client(site) as client:
        for path in FEEDS:
            answer = await client.get(f"/public/{path}")

            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert answer.headers["cache-control"] == "public, max-age=30"
            again = await client.get(f"/public/{path}", headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


async def test_reasons_are_public_and_titles_names_and_ids_are_not(site: Site) -> None:
    await _close(site)
    async with _client(site) as client:
        texts = [(await client.get(f"/public/{path}?lang=sv")).text for path in FEEDS]

    for text in texts:
        assert "Vi städar." in text
        assert not any(private in text for private in ("Anna", "secret-id", "Berit", "seed"))


async def test_the_json_says_what_the_door_does(site: Site) -> None:
    await _close(site)
    async with site.parts.database.reading((await site.branch("nora")).scope) as session:
        view = await schedule_of(session, "nora")
    assert view is not None
    async with _client(site) as client:
        told = (await client.get("/public/branches/nora/hours.json")).json()

    start, end = (datetime.fromisoformat(told["spans"][at][key]) for at, key in ((0, "start"), (-1, "end")))
    assert [span.state.value for span in view.hours.spans(start, end)] == [span["state"] for span in told["spans"]]
    assert told["now"]["state"] == view.hours.state_at(site.parts.clock.now()).state.value


async def test_a_change_is_seen_at_once_and_not_after_a_minute(site: Site) -> None:
    async with _client(site) as client:
        before = await client.get("/public/branches/nora/hours.json")
        await _close(site)
        after = await client.get("/public/branches/nora/hours.json")

    assert before.headers["etag"] != after.headers["etag"]
    assert after.json()["now"]["state"] == "closed"


async def test_a_consortiums_calendar_names_each_branch(site: Site) -> None:
    async with _client(site) as client:
        events = Calendar.from_ical((await client.get("/public/consortia/west/hours.ics")).text).walk("VEVENT")

    assert {str(event["LOCATION"]) for event in events} == {"Nora bibliotek", "Lind bibliotek"}


async def test_what_is_not_there_is_not_found(site: Site) -> None:
    none = ("branches/west/open", "branches/none/hours.json", "consortia/nora/open", "consortia/nora-kommun/hours.ics")
    async with _client(site) as client:
        assert {(await client.get(f"/public/{path}")).status_code for path in none} == {404}


async def test_a_setting_turns_them_off(site: Site) -> None:
    async with _client(site, PublicPages(hours=False)) as client:
        assert {(await client.get(f"/public/{path}")).status_code for path in FEEDS} == {404}


async def test_only_named_sites_may_frame_the_public_pages_and_nobody_the_others(site: Site) -> None:
    async with _client(site) as client:
        nobody = (await client.get("/public/branches/nora/open")).headers
    async with _client(site, PublicPages(frame_ancestors=("https://www.nora.se",))) as client:
        town = (await client.get("/public/branches/nora/open")).headers
        staff = (await client.get("/sign-in")).headers

    assert "frame-ancestors 'none'" in nobody["content-security-policy"]
    assert nobody["x-frame-options"] == "DENY"
    assert "frame-ancestors https://www.nora.se" in town["content-security-policy"]
    assert "x-frame-options" not in town
    assert "frame-ancestors 'none'" in staff["content-security-policy"]
    assert staff["x-frame-options"] == "DENY"


@pytest.mark.parametrize("site_name", ["'self'; script-src *", "nora.se", "https://a b", "javascript:x"])
def test_a_setting_cannot_say_more_than_sites(site_name: str) -> None:
    with pytest.raises(ValueError, match="frame_ancestors"):
        PublicPages(frame_ancestors=(site_name,))


async def test_other_sites_scripts_may_read_the_feeds_and_not_the_pages(site: Site) -> None:
    async with _client(site) as client:
        assert (await client.get("/public/branches/nora/hours.json")).headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in (await client.get("/public/branches/nora/open")).headers


async def test_a_list_is_looked_at_before_it_is_written(site: Site, sign_in: SignIn) -> None:
    visitor, on = await sign_in("branch"), "/branches/nora/hours/import"
    page = await visitor.get(on)
    token = page.text.split('name="token" value="')[1][:64]
    tomorrow = site.parts.clock.now().date() + timedelta(days=1)
    review = page
    for text, status in ((f"{tomorrow};stäng", 422), (f"{tomorrow};stängt;<script>alert(1)</script>", 200)):
        review = await visitor.client.post(
            on,
            data={"token": token},
            files={"file": ("a.csv", text.encode(), "text/csv")},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert review.status_code == status
        assert "<script>alert" not in review.text

    carried = {
        name: review.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("name", "content", "agreed")
    }
    stale = await visitor.post(on, {**carried, "op": "save", "agreed": "0" * 64}, on=on)
    saved = await visitor.post(on, {**carried, "op": "save"}, on=on)

    assert (stale.status_code, saved.status_code) == (200, 303)
    async with site.parts.database.reading((await site.branch("nora")).scope) as session:
        view = await schedule_of(session, "nora")
    assert view is not None
    assert [own.id for own in view.schedule.exceptions] == [f"list-{tomorrow:%Y%m%d}"]
    assert "schedule.exception.set" in [entry.action for entry in await site.audit()]


async def test_a_file_that_is_none_is_asked_for_again(site: Site, sign_in: SignIn) -> None:
    visitor, on = await sign_in("branch"), "/branches/nora/hours/import"

    for data in ({}, {"name": "a.csv", "content": "%%%"}, {"name": "a.csv", "content": ""}):
        assert (await visitor.post(on, data, on=on)).status_code == 422
