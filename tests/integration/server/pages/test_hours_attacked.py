"""Forms and addresses about hours that nobody means well: each is refused in words, and none is an error."""

import base64
import re
import time
from datetime import date

from meroppet.rules.exceptions import Closed, Event, ExceptionDay, Level, ScheduleException
from meroppet.rules.intervals import Window
from server.schedules.exceptions import exceptions_at, put_exception
from server.schedules.targets import of_branch
from tests.integration.server.pages.conftest import SignIn, Site

BEYOND = "99999999999999999999999"
"""No database's number."""
SCRIPT = "</script><script>alert(1)</script>"


ADDRESSES = (
    f"/hours/changes/{BEYOND}",
    f"/hours/changes/{BEYOND}/live",
    f"/branches/nora/quick?done={BEYOND}",
    f"/branches/nora/quick/live?change={BEYOND}",
    f"/branches/nora/hours/history?before={BEYOND}",
    f"/hours/history?target=nora&before=-{BEYOND}",
    f"/branches/nora/hours?saved={BEYOND}",
    "/branches/nora/hours/calendar?month=9999-12",
    "/branches/nora/hours/calendar/9999-12-31",
    "/branches/nora/hours/seasons/..%2f..%2fx",
    "/hours/exceptions/new?target=nora&day=9999-12-31&what=__class__",
    "/hours?place=%00",
    "/branches/nora/hours/cards?event=%00",
    "/hours/exceptions/%00?target=nora",
    "/hours/exceptions/new?target=%00",
)
FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/branches/nora/quick/undo", {"change": BEYOND}),
    (f"/hours/changes/{BEYOND}/undo", {}),
    ("/branches/nora/quick/close", {"until": "open", "typed": "a\x00b" * 200}),
    ("/branches/nora/quick/extend", {"until": "at", "time": "99:99"}),
    ("/branches/nora/quick/extend", {"until": "٣٠"}),
    ("/branches/nora/hours/cards", {"card": "12345678", "label": "a\x00b"}),
    ("/branches/nora/hours/cards/remove", {"event": "\x00", "subject": "\x00"}),
    ("/branches/nora/hours/cards", {"event": "x\r\nSet-Cookie: a=b", "card": "12345678", "label": "Städ"}),
    ("/branches/nora/hours", {"op": "remove-0-99999999999999999999", "start-0-0": "x" * 5000}),
    ("/branches/nora/hours", {"op": "save", "version": BEYOND, "start-0-0": "08:00", "end-0-0": "20:00"}),
    ("/branches/nora/hours/closing", {"op": "save", "last_entry": BEYOND, "gap": BEYOND}),
    ("/branches/nora/hours/import", {"name": "a.csv", "content": "å"}),
    ("/hours/exceptions/new?target=nora", {"op": "copy-99999999999999999999", "first-0": "9999-12-31"}),
    (
        "/hours/exceptions/new?target=nora",
        {"op": "save", "title": "\x00", "first-0": "2026-12-24", "what-0": "closed"},
    ),
)
BOMB = base64.b64encode(b"a" + b".a" * 60_000).decode()


async def test_no_address_is_an_error(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for address in ADDRESSES:
        assert (await visitor.get(address)).status_code in {200, 404, 422}, address


async def test_no_form_is_an_error(sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for address, data in FORMS:
        answer = await visitor.post(address, data, on="/branches/nora/quick")
        assert answer.status_code in {200, 303, 404, 409, 422}, (address, data)
        assert "a=b" not in answer.headers.get("set-cookie", "")


async def test_a_file_made_to_take_for_ever_is_refused_at_once(sign_in: SignIn) -> None:
    visitor, address = await sign_in("branch"), "/branches/nora/hours/import"

    begun = time.process_time()
    answer = await visitor.post(address, {"name": "a.toml", "content": BOMB}, on="/branches/nora/quick")

    assert answer.status_code == 422
    assert time.process_time() - begun < 10


async def test_staff_of_a_branch_touch_no_exception_but_their_own(site: Site, sign_in: SignIn) -> None:
    await _decide(site, "lind", "theirs")
    visitor = await sign_in("branch")
    fields = {
        "op": "save",
        "title": "Min",
        "first-0": "2026-12-24",
        "what-0": "closed",
        "stamp": "1.0",
        "level": "west",
    }

    for place in ("nora", "west", "lind", "lind-kommun", "nora-kommun", "north"):
        for deed in ("", "/remove", "/discard"):
            address = f"/hours/exceptions/theirs{deed}?target={place}"
            answer = await visitor.post(address, fields, on="/branches/nora/quick")
            assert answer.status_code in {403, 404}, address
    at = await site.branch("lind")
    async with site.parts.database.reading(at.scope) as session:
        (kept,) = await exceptions_at(session, of_branch(at))
    assert kept.exception.title == "theirs"


async def test_a_branchs_staff_cannot_undo_what_the_neighbour_did(site: Site, sign_in: SignIn) -> None:
    change = await _decide(site, "lind", "theirs")
    visitor = await sign_in("branch")

    for address, data in (
        (f"/hours/changes/{change}/undo", {}),
        ("/branches/nora/quick/undo", {"change": str(change)}),
    ):
        answer = await visitor.post(address, data, on="/branches/nora/quick")
        assert answer.status_code in {403, 404}
    assert (await visitor.get(f"/branches/nora/quick?done={change}")).status_code == 404


async def test_reasons_and_names_stay_text_wherever_they_are_read(site: Site, sign_in: SignIn) -> None:
    await _decide(
        site, "nora", "evil", reasons=(("sv", f"{SCRIPT}\r\nEND:VEVENT\x85ATTACH:x\u2028\x0bX-A:b"),), today=True
    )
    visitor = await sign_in("nobody")

    page = (await visitor.get("/public/branches/nora/open?lang=sv")).text
    assert SCRIPT not in page
    for lines in (
        re.sub(r"\r\n ", "", (await visitor.get("/public/branches/nora/hours.ics")).text).splitlines(),
        re.sub(r"\r\n ", "", (await visitor.get("/public/consortia/west/hours.ics")).text).splitlines(),
    ):
        assert not [line for line in lines if line.startswith(("ATTACH", "X-A"))]
        assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT")


async def test_a_host_header_says_nothing_about_the_feeds(sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")

    for path in ("/public/branches/nora/hours.jsonld", "/public/branches/nora/open", "/public/consortia/west/open"):
        answer = await visitor.client.get(path, headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
        assert "evil.test" not in answer.text


async def test_a_day_in_the_year_9999_hurts_no_page(site: Site, sign_in: SignIn) -> None:
    await _decide(site, "nora", "ever", last=date.max, contents=(Closed(), Event(Window(1320, 1560), listed_only=True)))
    visitor = await sign_in("branch")

    for address in (
        "/hours",
        "/branches/nora/hours",
        "/branches/nora/hours/calendar",
        "/branches/nora/hours/calendar/2027-01-01",
        "/branches/nora/quick",
        "/branches/nora/hours/cards?event=ever",
        "/branches/nora/hours/history",
        "/hours/exceptions/ever?target=nora",
        "/hours/exceptions/ever/remove?target=nora",
        "/public/branches/nora/hours.json",
        "/public/branches/nora/hours.ics",
        "/public/branches/nora/open",
    ):
        assert (await visitor.get(address)).status_code == 200, address
    card = {"event": "ever", "card": "12345678", "label": "Gäst"}
    assert (await visitor.post("/branches/nora/hours/cards", card, on="/branches/nora/quick")).status_code == 303


async def _decide(
    site: Site,
    branch: str,
    key: str,
    *,
    reasons: tuple[tuple[str, str], ...] = (),
    last: date = date(2027, 12, 24),
    contents: tuple[Closed | Event, ...] = (Closed(),),
    today: bool = False,
) -> int:
    at = await site.branch(branch)
    first = site.parts.clock.now().date() if today else date(2026, 12, 24)
    exception = ScheduleException(
        id=key,
        level=Level.BRANCH,
        title=key,
        reasons=reasons,
        days=(ExceptionDay(first=first, last=last, contents=contents),),
    )
    async with site.parts.database.session(at.scope) as session:
        return (await put_exception(session, of_branch(at), exception, "seed")).id
