"""The pages that anybody may read and any town may embed, and the one where staff import a list of hours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import DESK, PHONE, TOO_SMALL, window
from tests.e2e.looking import GRAVE, findings
from tests.e2e.region import CONSORTIUM, Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LIST = """datum;tider;orsak
2026-12-23;bemannat 10-14, meröppet 8-20
2026-12-24;stängt;God jul!
2026-12-25 – 2026-12-26;meröppet 8-16
5/1;endast meröppet
6 januari 2027;öppnar 10
"""
FRAME = (320, 560)


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("size", [DESK, PHONE, FRAME])
@pytest.mark.parametrize("path", ["public/branches/nora/open", f"public/consortia/{CONSORTIUM}/open"])
async def test_the_open_now_pages_look_right_everywhere(
    region: Region, shared_chromium: Browser, size: tuple[int, int], lang: str, path: str
) -> None:
    async with window(shared_chromium, size, region.url) as looker:
        await looker.page.goto(f"{region.url}{path}?lang={lang}")

        await expect(looker.page.locator("h1")).to_be_visible()
        assert await looker.page.get_attribute("html", "lang") == lang
        assert [found for found in await findings(looker.page) if found.impact in GRAVE] == []
        await looker.looks_right()
        await looker.picture(f"open-now-{path.split('/')[1]}-{size[0]}-{lang}")


@pytest.mark.parametrize(("size", "lang"), [(DESK, "sv"), (PHONE, "en")])
async def test_a_list_is_shown_day_by_day_before_it_is_saved(
    region: Region, shared_chromium: Browser, tmp_path: Path, size: tuple[int, int], lang: str
) -> None:
    name = "kumla" if lang == "sv" else "hallsberg"
    file, bad = tmp_path / "jul.csv", tmp_path / "fel.csv"
    file.write_text(LIST, encoding="utf-8")
    bad.write_text("2026-12-24;stäng\n2026-12-25;=1+1\n", encoding="utf-8")
    async with window(shared_chromium, size, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "klara")
        await page.goto(f"{region.url}branches/{name}/hours/import?lang={lang}")
        await looker.looks_right()
        assert [found for found in await findings(page) if found.impact in GRAVE] == []
        assert await page.evaluate(TOO_SMALL) == []
        await looker.picture(f"hours-import-{size[0]}-{lang}")

        await page.set_input_files('input[type="file"]', bad)
        await page.locator('form button[type="submit"]').last.click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.locator(".s-effects li")).to_have_count(2)
        await expect(page.locator('button[value="save"]')).to_have_count(0)

        await page.goto(f"{region.url}branches/{name}/hours/import")
        await page.set_input_files('input[type="file"]', file)
        await page.locator('form button[type="submit"]').last.click()
        await expect(page.locator("table tbody tr")).to_have_count(5)
        assert [found for found in await findings(page) if found.impact in GRAVE] == []
        await looker.picture(f"hours-import-review-{size[0]}-{lang}")
        await page.locator('button[value="save"]').click()

        await expect(page.locator(".ds-alert")).to_be_visible()


async def test_a_town_named_in_the_settings_may_frame_the_page_and_no_other(
    region: Region, shared_chromium: Browser
) -> None:
    page = await shared_chromium.new_page()
    async with _town(
        f'<iframe title="t" width="320" height="500" src="{region.url}public/branches/nora/open"></iframe>'
    ) as url:
        await page.goto(url)
        frame = page.frames[-1]

        await expect(page.locator("iframe")).to_be_visible()
        assert await frame.locator("#open-now").count() == 0
    await page.close()


@asynccontextmanager
async def _town(html: str) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = f"<!doctype html><html lang=sv><title>t</title>{html}".encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
