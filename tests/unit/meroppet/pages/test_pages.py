"""Pages: two languages, safe text, one place for headers and files, and colours that can be read."""

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from jinja2 import UndefinedError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meroppet.pages import SecurityHeaders, catalogues, dates, languages, mount_static, pages
from meroppet.pages.static_files import SHARED

HERE = Path(__file__).parent
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MOMENT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def application() -> Starlette:
    ours = pages(HERE / "templates", HERE / "i18n", zone=STOCKHOLM, theme="vastmanland")

    async def hello(request: Request) -> Response:
        return ours.render(request, "hello.html", name="<b>Åsa</b>", moment=MOMENT)

    app = Starlette(routes=[Route("/", hello)])
    app.add_middleware(SecurityHeaders)
    mount_static(app, {"own": HERE / "templates"})
    return app


@pytest.fixture
async def client():
    transport = httpx2.ASGITransport(app=application())
    async with httpx2.AsyncClient(transport=transport, base_url="http://branch") as client:
        yield client


async def test_swedish_comes_first_to_a_browser_that_prefers_nothing(client):
    answer = await client.get("/")

    assert '<html lang="sv"' in answer.text
    assert "Hej" in answer.text
    assert "06.00 söndag 22 november 47" in answer.text


async def test_a_language_chosen_in_the_address_is_remembered_whatever_the_browser_prefers(client):
    await client.get("/?lang=en")

    answer = await client.get("/", headers={"Accept-Language": "sv"})

    assert "Hello" in answer.text
    assert "06:00 Sunday 22 November 47" in answer.text


async def test_an_unknown_language_is_swedish_and_not_remembered(client):
    answer = await client.get("/?lang=xx")

    assert '<html lang="sv"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_text_from_outside_is_never_markup(client):
    answer = await client.get("/")

    assert "&lt;b&gt;Åsa&lt;/b&gt;" in answer.text


async def test_every_answer_carries_the_security_headers_and_pages_are_not_kept(client):
    for path in ("/", "/static/pages/theme.css", "/nowhere"):
        answer = await client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/")).headers["cache-control"] == "no-store"


async def test_a_versioned_file_is_kept_and_an_unversioned_one_asked_about(client):
    page = await client.get("/")
    theme = re.search(r"/static/pages/theme\.css\?v=[0-9a-f]{12}", page.text)
    assert theme

    assert "immutable" in (await client.get(theme.group())).headers["cache-control"]
    assert (await client.get("/static/pages/theme.css")).headers["cache-control"] == "no-cache"


async def test_everything_a_page_names_is_here_and_nothing_is_elsewhere(client):
    page = await client.get("/")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page.text)

    assert [address for address in addresses if "//" in address] == []
    for address in addresses:
        if address.startswith("/static/"):
            assert (await client.get(address)).status_code == 200


async def test_pages_hold_no_script_and_no_style_of_their_own(client):
    text = (await client.get("/")).text

    assert re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text) is None


def test_a_value_the_template_needs_must_be_given():
    ours = pages(HERE / "templates", HERE / "i18n")

    with pytest.raises(UndefinedError):
        ours.html("hello.html", "sv", name="x")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (dates.clock_time(time(6), "sv"), "06.00"),
        (dates.clock_time(time(22, 5), "en"), "22:05"),
        (dates.exact_time(datetime(2026, 1, 1, 6, 0, 7, tzinfo=UTC), "sv"), "06.00.07"),
        (dates.short_date(date(2026, 11, 22), "sv"), "sön 22 nov."),
        (dates.date_with_year(date(2026, 11, 22), "sv"), "22 november 2026"),
        (dates.weekday(0, "sv"), "måndag"),
        (dates.weekday(date(2026, 11, 22), "en"), "Sunday"),
        (str(dates.week_number(date(2027, 1, 3))), "53"),
    ],
)
def test_dates_are_written_as_people_here_write_them(shown, expected):
    assert shown == expected


def test_a_time_without_a_zone_cannot_be_shown():
    with pytest.raises(ValueError, match="without a zone"):
        dates.local(MOMENT.replace(tzinfo=None), STOCKHOLM)


@pytest.mark.parametrize(
    "domain", [domain for domain in catalogues.DOMAINS if domain.folder.exists()], ids=lambda d: d.name
)
def test_every_sentence_is_said_in_swedish_and_english(domain):
    assert list(catalogues.problems(domain)) == []


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def tokens(css: str, selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{([^}]*)\}", css)
    assert block, selector
    return dict(re.findall(r"--(m-[\w-]+):\s*(#[0-9a-f]{6})", block.group(1)))


@pytest.mark.parametrize("selector", [":root", '[data-color-scheme="dark"]'])
def test_text_can_be_read_on_every_ground(selector):
    theme = (SHARED / "theme.css").read_text()
    colours = tokens(theme, selector)

    for ink in ("m-ink", "m-ink-soft"):
        for ground in ("m-paper", "m-sheet"):
            assert contrast(colours[ink], colours[ground]) >= 7
    for look in ("good", "wait", "bad"):
        assert contrast(colours[f"m-{look}"], colours[f"m-{look}-tint"]) >= 4.5
    assert contrast(colours["m-line-strong"], colours["m-paper"]) >= 3


def test_every_brand_colour_can_be_read_on_paper_and_under_white():
    theme = tokens((SHARED / "theme.css").read_text(), ":root")
    brands = re.findall(r"--m-brand: (#[0-9a-f]{6})", (SHARED / "themes.css").read_text())

    for brand in [theme["m-brand"], *brands]:
        assert contrast(brand, theme["m-paper"]) >= 7
        assert contrast(brand, "#ffffff") >= 7


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("fi,en;q=0.8,sv;q=0.5", "en"),
        ("en;q=0.3, sv-SE;q=0.9", "sv"),
        ("sv-FI", "sv"),
        ("fi", "sv"),
        ("en;q=0", "sv"),
        ("en;q=nonsense", "sv"),
        ("*", "sv"),
        ("", "sv"),
    ],
)
def test_a_browser_gets_the_language_it_asks_for_and_swedish_when_pages_speak_none_of_them(
    header: str, lang: str
) -> None:
    assert languages.known(languages.preferred(header)) == lang
