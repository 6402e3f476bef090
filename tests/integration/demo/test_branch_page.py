"""The branch page without its processes: what hands may do, and who may be the hands."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from demo import folder, ports
from demo.consortia import CHOICES, place
from demo.house import House
from demo.web.app import create_app
from hardware.ports import InputChanged
from hardware.virtual.drivers import BoardOptions, VirtualCardReader, VirtualInput

ADDRESS = "http://localhost"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    with folder.opened(tmp_path / "run", fresh=True) as opened:
        (opened.root / "staff.json").write_text('{"user": "demo", "password": "a-password-drawn"}', encoding="utf-8")
        house = House(place(CHOICES["skiljebo"]), ports.free(), opened, lambda *_: None)
        async with house.board, house.desk:
            yield house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(house))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers={"Origin": ADDRESS}) as client:
        yield client


@pytest.mark.parametrize(("lang", "words"), [("sv", "Öppna dörren"), ("en", "Push the door")])
async def test_the_page_speaks_both_languages(browser: httpx2.AsyncClient, lang: str, words: str) -> None:
    page = (await browser.get(f"/?lang={lang}")).text

    assert words in page
    assert "Skiljebo bibliotek" in page
    assert "a-password-drawn" in page


async def test_a_card_that_nothing_reads_is_told_apart_from_one_that_is(
    house: House, browser: httpx2.AsyncClient
) -> None:
    json = {"Accept": "application/json"}
    unread = await browser.post("/hand/tap", data={"card": "astrid"}, headers=json)
    reader = VirtualCardReader(BoardOptions(socket=house.board.path))
    events = reader.events()
    await anext(events)

    read = await browser.post("/hand/tap", data={"card": "astrid"}, headers=json)

    assert (unread.json(), read.json()) == ({"done": False}, {"done": True})
    await reader.close()
    async for _ in events:
        pass


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("tap", {"card": "nobody"}),
        ("key", {"key": "A"}),
        ("key", {}),
        ("book", {"barcode": "1"}),
        ("contact", {"part": "contact", "state": "on"}),
        ("contact", {}),
        ("clock", {"at": "25:00"}),
        ("clock", {"at": "soon"}),
        ("fly", {}),
    ],
)
async def test_what_hands_cannot_do_is_refused_with_a_sentence(
    browser: httpx2.AsyncClient, action: str, fields: dict[str, str]
) -> None:
    answer = await browser.post(f"/hand/{action}", data=fields)

    assert answer.status_code == 400
    assert answer.text


async def test_books_are_put_down_and_taken_up_again(house: House, browser: httpx2.AsyncClient) -> None:
    for barcode in ("39990000000011", "39990000000022", "39990000000011"):
        await browser.post("/hand/book", data={"barcode": barcode})

    assert house.desk.state().items == ("39990000000022",)


async def test_fire_and_alarm_are_made_and_broken_and_seen(house: House, browser: httpx2.AsyncClient) -> None:
    for part in ("fire", "armed", "tamper"):
        await browser.post("/hand/contact", data={"part": part, "state": "on"})
    await browser.post("/hand/contact", data={"part": "tamper", "state": "off"})
    await browser.post("/hand/reset")

    page = (await browser.get("/?lang=en")).text

    assert house.board.state().active == {"fire", "armed"}
    assert ('data-fire="on"' in page, 'data-tamper="off"' in page) == (True, True)


async def test_whoever_goes_through_the_door_is_counted(house: House, browser: httpx2.AsyncClient) -> None:
    counter = VirtualInput(VirtualInput.Options(socket=house.board.path, part="passage_out"))
    events = counter.events()
    said = [await anext(events), await anext(events)]

    await browser.post("/hand/push", data={"side": "outside"})
    await browser.post("/hand/push", data={"side": "inside"})
    said += [await anext(events), await anext(events)]

    assert said[1:] == [InputChanged(False), InputChanged(True), InputChanged(False)]
    await counter.close()
    async for _ in events:
        pass


async def test_without_a_script_the_page_is_shown_again(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/hand/shut")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_the_clock_is_turned_for_everybody_and_turned_back(house: House, browser: httpx2.AsyncClient) -> None:
    await browser.post("/hand/clock", data={"at": "03:00"})
    turned = house.clock.now()
    await browser.post("/hand/clock", data={"at": "now"})

    assert (turned.hour, turned.minute) == (3, 0)
    assert not house.clock.is_turned


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "http://[evil"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 400),
    ],
)
async def test_another_site_may_not_touch_the_entrance(
    house: House, browser: httpx2.AsyncClient, said: dict[str, str], status: int
) -> None:
    touched = await browser.post("/hand/force", headers=said)

    assert touched.status_code == status
    assert not house.board.state().leaf_open


async def test_the_page_asks_no_other_host_and_runs_no_inline_script(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/")

    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text
    assert "https://" not in answer.text.replace("https://127.0.0.1", "")
