"""Signing in with BankID: real pages, the real driver, the stand-in over TLS; the phone is told what to do."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from server.applications.models import EidOrder
from server.applications.ordering import under_way
from server.eid.ports import Order
from server.eid.standin.serving import Running
from server.web.forms import PATRON_COOKIE
from tests.integration.server.applications.conftest import BOTH, LOOK, Browser, Pages
from tests.integration.server.eid.conftest import ANNA, BO, CECILIA, Phone

ORDER = "__Host-eid"


async def begun(pages: Pages, at: str = "nora") -> Browser:
    """A browser on the page of an order."""
    browser = pages.browse()
    answer = await browser.post(f"/my/at/{at}/eid/bankid", on=f"/my/at/{at}")
    assert answer.headers["location"] == "/my/eid", answer.text
    return browser


async def order_of(pages: Pages, browser: Browser) -> Order:
    """What only the server knows of the browser's order."""
    async with pages.parts.database.reading(LOOK) as session:
        found = await under_way(session, pages.parts.keys, browser.client.cookies[ORDER])
    assert found is not None
    return found.order


async def live(pages: Pages, browser: Browser) -> dict[str, str]:
    """What the page is told two seconds later."""
    pages.wait(2)
    answer = await browser.get("/my/eid/live")
    assert answer.status_code == 200
    told: dict[str, str] = answer.json()
    return told


async def signed_in(pages: Pages, phone: Phone) -> Browser:
    """Anna, by BankID."""
    browser = await begun(pages)
    await phone.sign(await phone.start(await order_of(pages, browser)))
    assert (await live(pages, browser))["go"] == "/my/status"
    return browser


@BOTH
async def test_the_code_is_scanned_the_app_confirmed_and_the_page_goes_on_by_itself(
    with_bankid: Pages, phone: Phone
) -> None:
    browser = await begun(with_bankid)
    first = await live(with_bankid, browser)
    assert first["code"].startswith("data:image/svg+xml")
    with_bankid.wait(1)
    second = (await browser.get("/my/eid/live")).json()
    assert second["code"] != first["code"]

    order = await order_of(with_bankid, browser)
    eid = with_bankid.parts.eids.by_name["bankid"]
    ref = await phone.scan(eid.qr(order, with_bankid.clock.now()))
    confirming = await live(with_bankid, browser)
    assert confirming["code"] == ""
    assert confirming["hint"] != first["hint"]
    assert await phone.sign(ref)
    done = await live(with_bankid, browser)

    assert done["go"] == "/my/status"
    assert (await browser.get("/my/status")).status_code == 200


async def test_without_scripts_a_button_does_the_same(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    page = await browser.get("/my/eid")
    assert 'src="data:image/svg+xml' in page.text
    assert "bankid:///?autostarttoken=" in page.text
    await phone.sign(await phone.start(await order_of(with_bankid, browser)))
    with_bankid.wait(2)

    answer = await browser.post("/my/eid/go", on="/my/at/nora")

    assert answer.headers["location"] == "/my/status"


async def test_the_app_says_where_one_signs_in(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    order = await order_of(with_bankid, browser)
    shown = await phone.client.post(f"{phone.url}/start", data={"autostart": order.autostart})

    assert "Nora bibliotek" in shown.json()["text"]


async def test_bankid_is_asked_every_other_second_however_often_the_page_looks(
    with_bankid: Pages, phone: Phone
) -> None:
    browser = await begun(with_bankid)
    before = (await live(with_bankid, browser))["hint"]
    await phone.start(await order_of(with_bankid, browser))

    with_bankid.wait(1)
    assert (await browser.get("/my/eid/live")).json()["hint"] == before
    with_bankid.wait(1)
    assert (await browser.get("/my/eid/live")).json()["hint"] != before


async def test_an_order_nobody_picks_up_is_begun_anew_for_some_minutes_and_then_ends(with_bankid: Pages) -> None:
    browser = await begun(with_bankid)
    refs, told = set(), {"go": ""}
    for _ in range(6):
        refs.add((await order_of(with_bankid, browser)).ref)
        with_bankid.wait(30)
        told = await live(with_bankid, browser)

    assert len(refs) == 6
    assert told["go"] == "/my/at/nora?why=not_started"
    assert (await browser.get(told["go"])).status_code == 200


@pytest.mark.parametrize(
    ("hint", "why"), [("userCancel", "user_cancelled"), ("certificateErr", "unusable"), ("cancelled", "cancelled")]
)
async def test_each_end_is_told_in_words(with_bankid: Pages, phone: Phone, hint: str, why: str) -> None:
    browser = await begun(with_bankid)
    await phone.cancel(await phone.start(await order_of(with_bankid, browser)), hint)

    told = await live(with_bankid, browser)

    assert told["go"] == f"/my/at/nora?why={why}"
    page = await browser.get(told["go"])
    assert "ds-alert" in page.text
    assert PATRON_COOKIE not in browser.client.cookies


async def test_cancelling_on_the_page_ends_the_order_in_the_app(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    ref = await phone.start(await order_of(with_bankid, browser))

    await browser.post("/my/eid/cancel", on="/my/at/nora")

    assert not await phone.sign(ref)
    assert (await browser.get("/my/eid")).headers["location"] == "/my"


@pytest.mark.parametrize("fault", ["alreadyInProgress", "maintenance", "garbage"])
async def test_an_eid_that_fails_is_a_sentence(with_bankid: Pages, standin: Running, fault: str) -> None:
    standin.faults.append(fault)
    browser = with_bankid.browse()

    answer = await browser.post("/my/at/nora/eid/bankid", on="/my/at/nora")

    assert answer.status_code == 503
    assert "ds-alert" in answer.text


async def test_an_outage_while_waiting_is_waited_out(with_bankid: Pages, standin: Running, phone: Phone) -> None:
    browser = await begun(with_bankid)
    ref = await phone.start(await order_of(with_bankid, browser))
    standin.faults.append("internalError")
    assert (await live(with_bankid, browser))["go"] == ""
    await phone.sign(ref)

    assert (await live(with_bankid, browser))["go"] == "/my/status"


async def test_whoever_has_no_card_is_told_how_to_get_one(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    await phone.sign(await phone.start(await order_of(with_bankid, browser)), CECILIA)

    assert (await live(with_bankid, browser))["go"] == "/my/at/nora?why=no_patron"
    assert PATRON_COOKIE not in browser.client.cookies


async def test_a_register_that_knows_her_by_nothing_but_her_personnummer_has_no_number_to_keep(
    with_bankid: Pages, phone: Phone
) -> None:
    with_bankid.patron("10000001").card = ANNA.number
    browser = await begun(with_bankid)
    await phone.sign(await phone.start(await order_of(with_bankid, browser)))

    assert (await live(with_bankid, browser))["go"] == "/my/at/nora?why=no_number"


async def test_another_persons_birth_date_in_the_register_is_another_person(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    with_bankid.patron("10000002").birth_date = with_bankid.patron("10000003").birth_date
    await phone.sign(await phone.start(await order_of(with_bankid, browser)), BO)

    assert (await live(with_bankid, browser))["go"] == "/my/at/nora?why=no_answer"
    assert PATRON_COOKIE not in browser.client.cookies


async def test_anothers_order_cannot_be_looked_at_or_taken_over(with_bankid: Pages, phone: Phone) -> None:
    victim, thief = await begun(with_bankid), with_bankid.browse()
    order = await order_of(with_bankid, victim)
    await phone.sign(await phone.start(order))

    # The thief knows all that BankID ever says of an order, but has not the browser's cookie.
    for guess in (order.ref, order.autostart, order.qr_token, ""):
        thief.client.cookies.set(ORDER, guess, domain="library.test")
        with_bankid.wait(2)
        assert (await thief.get("/my/eid/live")).json()["go"] == "/my"
        assert PATRON_COOKIE not in thief.client.cookies

    assert (await live(with_bankid, victim))["go"] == "/my/status"


async def test_an_order_that_was_used_lets_nobody_in_again(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    used = browser.client.cookies[ORDER]
    await phone.sign(await phone.start(await order_of(with_bankid, browser)))
    await live(with_bankid, browser)

    thief = with_bankid.browse()
    thief.client.cookies.set(ORDER, used, domain="library.test")
    with_bankid.wait(2)
    assert (await thief.get("/my/eid/live")).json()["go"] == "/my"
    assert PATRON_COOKIE not in thief.client.cookies


async def test_two_windows_that_look_at_once_begin_one_session(with_bankid: Pages, phone: Phone) -> None:
    browser = await begun(with_bankid)
    await phone.sign(await phone.start(await order_of(with_bankid, browser)))
    with_bankid.wait(2)

    both = await asyncio.gather(browser.get("/my/eid/live"), browser.get("/my/eid/live"))

    begun_now = [answer for answer in both if PATRON_COOKIE in str(answer.headers.get_list("set-cookie"))]
    assert len(begun_now) == 1


async def test_signing_in_anew_signs_out_whoever_sat_there(with_bankid: Pages, phone: Phone) -> None:
    browser = await with_bankid.with_card("10000002")
    old = browser.client.cookies[PATRON_COOKIE]
    await browser.post("/my/at/nora/eid/bankid", on="/my/at/nora")
    await phone.sign(await phone.start(await order_of(with_bankid, browser)), ANNA)
    await live(with_bankid, browser)

    assert browser.client.cookies[PATRON_COOKIE] != old
    other = with_bankid.browse()
    other.client.cookies.set(PATRON_COOKIE, old, domain="library.test")
    assert (await other.get("/my/status")).status_code == 303


async def test_what_is_kept_of_an_order_is_sealed_and_soon_gone(with_bankid: Pages) -> None:
    browser = await begun(with_bankid)
    order = await order_of(with_bankid, browser)
    async with with_bankid.parts.database.reading(LOOK) as session:
        row = await session.scalar(select(EidOrder))
        assert order.ref.encode() not in row.order_sealed
        assert browser.client.cookies[ORDER] not in repr(row)
    assert EidOrder.retention.keep_days == 1


async def test_an_order_older_than_any_is_over(with_bankid: Pages) -> None:
    browser = await begun(with_bankid)
    with_bankid.clock.advance(timedelta(minutes=6))

    assert (await live(with_bankid, browser))["go"] == "/my/at/nora?why=expired"


async def test_an_eid_that_is_not_there_is_no_address(with_bankid: Pages) -> None:
    browser = with_bankid.browse()
    answer: httpx2.Response = await browser.post("/my/at/nora/eid/freja", on="/my/at/nora")
    assert answer.status_code == 404
