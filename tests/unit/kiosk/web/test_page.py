"""The page shows the session and nothing else, in both languages, and listens only to itself."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import count

import httpx2
import pytest

from kiosk.panel import Panel
from kiosk.ports import Branch
from kiosk.session import SessionShell, Surfaces
from kiosk.web.live import message, stages
from kiosk.web.rendering import Rendering
from kiosk.web.routes import INTENTS, create_app
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    Order,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Window
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import ClosingPlan
from meroppet.rules.session import CardShown, ItemSeen, Line, LineState, Screen, Session, Task
from tests.fakes.kiosk_parts import (
    MORNING,
    NORA,
    SCHEDULE,
    TODAY,
    FixedSurroundings,
    ManualClock,
    MemoryAttempts,
    MemoryJournal,
    register,
)


class Page:
    """One kiosk with its page, called without a socket."""

    def __init__(self) -> None:
        self.clock, self.surroundings, self.journal = ManualClock(), FixedSurroundings(), MemoryJournal()
        numbers = count(1)
        surfaces = Surfaces(register(), self.journal, MemoryAttempts(), self.surroundings, self.clock)
        self.kiosk = SessionShell(surfaces, lambda: f"s{next(numbers)}")
        self.rendering = Rendering(self.kiosk, self.surroundings, self.clock, keypad=True)
        app = create_app(self.kiosk, self.rendering, Panel(1080, 1920, 299, 600), frozenset({"127.0.0.1"}))
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1")

    async def touch(self, intent: str, **form: str) -> httpx2.Response:
        return await self.client.post(f"/do/{intent}", data=form, headers={"HX-Request": "true"})

    async def text(self) -> str:
        return (await self.client.get("/")).text


@pytest.fixture
async def page():
    page = Page()
    task = asyncio.create_task(page.kiosk.run())
    yield page
    task.cancel()
    await page.client.aclose()


async def test_an_idle_screen_says_where_when_and_whom_to_call(page):
    text = await page.text()

    for said in ("Nora bibliotek", "en del av Bergslagsbibblan", "09.30", "Öppet till 22.00", "0587-810 00"):
        assert said in text
    assert "Personal här från 10.00" in text
    assert "English" in text


async def test_a_touch_changes_the_screen_before_it_is_answered(page):
    answer = await page.touch("choose", task="borrow")

    assert answer.status_code == 204
    assert "Visa ditt lånekort" in await page.text()


async def test_without_script_a_touch_leads_back_to_the_page(page):
    answer = await page.client.post("/do/choose", data={"task": "borrow"})

    assert answer.status_code == 303
    assert page.kiosk.session.screen is Screen.CARD


async def test_a_pin_is_shown_as_dots_only(page):
    await page.touch("choose", task="borrow")
    page.kiosk.happen(CardShown("2900100000017"))
    for digit in "973":
        await page.touch("key", key=digit)

    text = await page.text()
    assert text.count("data-filled") == 3
    assert "973" not in text
    assert "2900100000017" not in text


async def test_the_language_is_the_screens_and_not_the_browsers(page):
    await page.touch("language", lang="en")

    assert "What would you like to do?" in await page.text()
    await page.touch("language", lang="xx")
    assert "What would you like to do?" in await page.text()


@pytest.mark.parametrize(
    ("form", "status"), [({"task": "steal"}, 400), ({}, 400), ({"task": "borrow"}, 204)], ids=["odd", "empty", "good"]
)
async def test_what_cannot_be_meant_is_refused(page, form, status):
    assert (await page.touch("choose", **form)).status_code == status


async def test_there_is_nothing_else_to_touch(page):
    assert (await page.touch("open-the-door")).status_code == 404


async def test_another_page_in_the_same_browser_has_no_business_here(page):
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert (await page.client.post("/do/choose", data={"task": "borrow"}, headers=headers)).status_code == 403
    answer = await page.client.post("http://rebound.example/do/choose", data={"task": "borrow"})
    assert answer.status_code == 403
    assert page.kiosk.session.screen is Screen.IDLE


async def test_an_older_browser_is_believed_only_from_this_very_page(page):
    for origin in ("http://evil.example", "http://127.0.0.1:8082", "null"):
        answer = await page.client.post("/do/choose", data={"task": "borrow"}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert page.kiosk.session.screen is Screen.IDLE

    answer = await page.client.post("/do/choose", data={"task": "borrow"}, headers={"Origin": "http://127.0.0.1"})
    assert answer.status_code == 303


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.evil.example", "[::1", "", "a@127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/", "/live", "/panel.css", "/static/kiosk/kiosk.css"])
async def test_under_another_name_the_screen_cannot_be_read(page, host, path):
    assert (await page.client.get(path, headers={"Host": host})).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8081"])
async def test_under_its_own_name_the_screen_is_shown_at_any_port(page, host):
    assert (await page.client.get("/", headers={"Host": host})).status_code == 200


SESSIONS = [
    Session(),
    Session(screen=Screen.CARD, id="x", task=Task.BORROW, typed="29001"),
    Session(screen=Screen.PIN, id="x", task=Task.BORROW, typed="12"),
    Session(screen=Screen.CHECKING, id="x", task=Task.BORROW),
    Session(screen=Screen.ITEMS, id="x", task=Task.BORROW, holds_ready=2),
    *(Session(screen=Screen.REFUSED, id="x", task=Task.BORROW, reason=reason) for reason in Reason),
    *(
        Session(screen=screen, id="x", task=task, lines=(Line("1", state, title="<b>", destination=where, reason=why),))
        for screen in (Screen.ITEMS, Screen.RECEIPT)
        for task in Task
        for state in LineState
        for where, why in (("shelf", "refused"), ("transit:AVESTA", "limit"), ("hold_here", "uncertain"), ("", "odd"))
    ),
]


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_screen_can_be_shown_with_its_help_number_and_no_code(lang):
    page = Page()
    page.kiosk.present(page.kiosk.presentation.speaking(lang))
    for session in SESSIONS:
        page.kiosk.session = session
        text = page.rendering.stage(page.rendering.picture())

        assert NORA.help_number in text
        assert "<b>" not in text
        for code in ("unknown_card", "bad_input", "ils_unavailable", "already_on_loan"):
            assert code not in text


@pytest.mark.parametrize(
    ("task", "counts"),
    [
        (Task.BORROW, ("0 lånade", "1 lånad", "2 lånade")),
        (Task.RETURN, ("0 återlämnade", "1 återlämnad", "2 återlämnade")),
    ],
)
def test_the_count_of_items_agrees_in_number(task, counts):
    page = Page()
    for number, said in enumerate(counts):
        done = tuple(Line(str(barcode), LineState.DONE) for barcode in range(number))
        waiting = Line("9", LineState.WAITING)
        page.kiosk.session = Session(screen=Screen.ITEMS, id="x", task=task, lines=(*done, waiting))

        assert f'role="status">{said}</p>' in page.rendering.stage(page.rendering.picture())


def test_a_refusal_never_tells_a_wrong_pin_from_an_unknown_card():
    page = Page()
    said = set()
    for reason in (Reason.WRONG_PIN, Reason.UNKNOWN_CARD, Reason.PIN_NOT_VERIFIED):
        page.kiosk.session = Session(screen=Screen.REFUSED, id="x", task=Task.BORROW, reason=reason)
        said.add(page.rendering.stage(page.rendering.picture()))

    assert len(said) == 1


async def test_twenty_seconds_before_the_end_the_person_is_asked(page):
    await page.touch("choose", task="borrow")
    page.clock.forward(105)

    assert "Är du kvar?" in await page.text()
    await page.touch("stay")
    assert "Är du kvar?" not in await page.text()


async def test_an_unreachable_server_is_said_on_the_idle_screen(page):
    page.surroundings.link = False

    assert "Det går inte att låna och lämna tillbaka just nu." in await page.text()


def exceptional(content: Content, lang_reason: str = "Vattenläcka på plan 2.") -> Branch:
    """Nora on a day that is otherwise."""
    day = ExceptionDay(first=TODAY, last=TODAY, contents=(content,))
    why = (("sv", lang_reason),)
    exception = ScheduleException(id="x", level=Level.BRANCH, days=(day,), reasons=why)
    return replace(NORA, hours=Hours(replace(SCHEDULE, exceptions=(exception,))))


EMERGENCY = Order(
    id="o",
    level=Level.BRANCH,
    kind=OrderKind.EMERGENCY_CLOSED,
    start=MORNING,
    end=MORNING + timedelta(hours=3),
    reasons=(("sv", "Vattenläcka på plan 2."), ("en", "A water leak.")),
)
SHUT = replace(NORA, hours=Hours(replace(SCHEDULE, orders=(EMERGENCY,))))


async def test_an_emergency_is_said_large_with_its_reason_and_the_way_out(page):
    page.surroundings.here = SHUT

    text = await page.text()
    for said in (
        "Biblioteket är stängt just nu",
        "Vattenläcka på plan 2.",
        "Öppnar 12.30",
        "Vägen ut är alltid öppen.",
    ):
        assert said in text
    assert "Vad vill du göra?" not in text
    assert 'data-color-scheme="light"' in text


@pytest.mark.parametrize("task", ["borrow", "return"])
async def test_in_an_emergency_nothing_is_begun(page, task):
    page.surroundings.here = SHUT

    await page.touch("choose", task=task)

    assert page.kiosk.session.screen is Screen.IDLE


async def test_close_now_is_seen_at_its_second_and_not_at_the_next_whole_minute(page):
    now = MORNING + timedelta(seconds=20)
    order = replace(EMERGENCY, start=now)
    page.surroundings.here = replace(NORA, hours=Hours(replace(SCHEDULE, orders=(order,))))
    page.clock.forward(19)
    assert "Vad vill du göra?" in await page.text()

    page.clock.forward(1)
    assert "Biblioteket är stängt just nu" in await page.text()


async def test_whoever_has_begun_may_finish_in_an_emergency(page):
    await page.touch("choose", task="return")
    page.surroundings.here = SHUT

    page.kiosk.happen(ItemSeen("3010000000052"))
    await page.kiosk.heard()
    text = await page.text()
    assert "Biblioteket är stängt." in text
    assert "Du kan göra klart här. Vägen ut är öppen." in text
    assert page.kiosk.session.screen is Screen.ITEMS
    await page.touch("finish")
    assert page.kiosk.session.screen is Screen.RECEIPT


async def test_maintenance_says_closed_and_a_closed_day_says_why(page):
    page.surroundings.here = exceptional(Maintenance(), "")
    assert "Biblioteket är stängt just nu" in await page.text()

    page.surroundings.here = exceptional(Closed(), "Personalen utbildas.")
    text = await page.text()
    assert "Personalen utbildas." in text
    assert "Öppnar tisdag 06.00" in text
    assert "Vad vill du göra?" in text


async def test_an_event_is_in_the_header_and_on_the_idle_screen(page):
    page.surroundings.here = exceptional(Event(Window(9 * 60, 12 * 60)), "Sagostund")

    text = await page.text()
    assert text.count("Evenemang till 12.00") == 2
    assert "Sagostund" in text


async def test_an_event_without_an_end_today_is_told_without_one(page):
    page.surroundings.here = exceptional(Event(Window()), "Bokmässa")

    assert (await page.text()).count("Evenemang i dag") == 2


@pytest.mark.parametrize(
    ("minutes", "said"), [(12 * 60 + 15, "15 minuter."), (12 * 60 + 25, "5 minuter."), (12 * 60 + 29, "1 minut.")]
)
@pytest.mark.parametrize("session", [Session(), Session(screen=Screen.ITEMS, id="x", task=Task.BORROW)])
def test_before_closing_every_screen_counts_down(minutes, said, session):
    page = Page()
    page.clock.forward(minutes * 60)
    page.kiosk.session = session

    text = page.rendering.stage(page.rendering.picture())
    assert f"Biblioteket stänger om {said}" in text


async def test_staff_that_leave_have_the_library_emptied(page):
    page.surroundings.here = replace(NORA, hours=Hours(replace(SCHEDULE, closing=ClosingPlan(gap=10))))
    page.clock.forward(7 * 3600 + 20 * 60)
    assert "Biblioteket töms om 10 minuter." in await page.text()

    page.clock.forward(600)
    text = await page.text()
    assert "Biblioteket töms nu." in text
    assert "Öppnar igen 17.10 med lånekort och pinkod." in text


async def test_at_night_the_idle_screen_sleeps(page):
    assert 'data-color-scheme="light"' in page.rendering.stage(page.rendering.picture())
    page.clock.forward(14 * 3600)

    assert 'data-color-scheme="dark"' in page.rendering.stage(page.rendering.picture())


async def test_the_stream_shows_a_change_at_once(page):
    async with aclosing(stages(page.kiosk, page.rendering)) as stream:
        assert 'data-screen="idle"' in await anext(stream)
        await page.touch("choose", task="return")

        async with asyncio.timeout(0.5):
            assert 'data-screen="items"' in await anext(stream)


async def test_items_come_alive_as_the_register_answers(page):
    await page.touch("choose", task="return")
    async with aclosing(stages(page.kiosk, page.rendering)) as stream:
        await anext(stream)
        page.kiosk.happen(ItemSeen("3010000000052"))
        async with asyncio.timeout(2):
            while "Lägg den i lådan till Lindesberg" not in await anext(stream):
                pass


def test_a_message_survives_line_ends():
    assert message("<p>\n\n  a\n</p>") == "data: <p>\ndata:   a\ndata: </p>\n\n"


def test_every_form_in_the_templates_is_an_intent(page):
    page.kiosk.present(page.kiosk.presentation.turned())
    seen = set()
    for session in SESSIONS:
        page.kiosk.session = session
        text = page.rendering.stage(page.rendering.picture())
        seen |= {part.split('"')[0] for part in text.split('action="/do/')[1:]}

    assert seen <= INTENTS.keys()
