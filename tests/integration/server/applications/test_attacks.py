"""Patrons' pages attacked: forged forms, others' cookies, cards and addresses; and the traces that are left."""

import logging
import re
from pathlib import Path

import pytest

from server.applications.visitors import digest
from server.web.forms import PATRON_COOKIE
from tests.integration.server.applications.conftest import ANNA, BO, PIN, Pages
from tests.integration.server.applications.test_eid_sign_in import begun, live, order_of
from tests.integration.server.applications.test_own_pages import applications, give, right_of, shown
from tests.integration.server.eid.conftest import ANNA as ANNA_PERSON
from tests.integration.server.eid.conftest import Phone

FORMS = (
    "/my/at/nora/card", "/my/at/nora/eid/bankid", "/my/eid/go", "/my/eid/cancel", "/my/sign-out", "/my/apply/nora",
    "/my/apply/nora/sign/bankid", "/my/apply/nora/take-back", "/my/withdraw",
)  # fmt: skip


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {}])
async def test_no_form_from_elsewhere_does_anything(pages: Pages, headers: dict[str, str]) -> None:
    await give(pages, ANNA, "nora")
    browser = await pages.with_card()
    page = await browser.get("/my/status")
    token = page.text.split('name="token" value="')[1][:64]

    for path in FORMS:
        answer = await browser.client.post(path, data={"token": token, "answer": "yes"}, headers=headers)
        assert answer.status_code == 403, path
        without = await browser.client.post(path, headers={"Sec-Fetch-Site": "same-origin"})
        assert without.status_code == 403, path

    assert (await browser.get("/my/status")).status_code == 200
    right = await right_of(pages, ANNA, "nora")
    assert right is not None
    assert right.permitted


async def test_one_patrons_form_token_does_not_fit_anothers_session(pages: Pages) -> None:
    hers, his = await pages.with_card(ANNA), await pages.with_card(BO)
    token = (await hers.get("/my/status")).text.split('name="token" value="')[1][:64]

    answer = await his.client.post("/my/withdraw", data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403


async def test_no_address_names_a_patron_so_there_is_none_to_guess(pages: Pages) -> None:
    described = pages.app.openapi()["paths"]
    named = {name for path in described if path.startswith("/my") for name in re.findall(r"{(\w+)}", path)}

    assert named == {"branch_id", "eid"}


async def test_taking_back_touches_ones_own_application_only(pages: Pages) -> None:
    hers, his = await pages.with_card(ANNA), await pages.with_card(BO)
    await hers.post("/my/apply/nora", {"shown": await shown(hers), "answer": "yes"}, on="/my/apply/nora")

    await his.post("/my/apply/nora/take-back", on="/my/status")

    assert len(await applications(pages)) == 1


@pytest.mark.parametrize("path", ["/my/status", "/my/visits", "/my/data.json", "/my/withdraw", "/my/apply/nora"])
async def test_nothing_of_anybody_is_shown_without_a_session(pages: Pages, path: str) -> None:
    for cookie in ("", "x", digest("x"), "'; --", "å"):
        browser = pages.browse()
        if cookie.isascii() and cookie:
            browser.client.cookies.set(PATRON_COOKIE, cookie.replace(";", ""), domain="library.test")
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/my"


async def test_what_the_database_keeps_of_a_cookie_opens_nothing(pages: Pages) -> None:
    browser = await pages.with_card()
    thief = pages.browse()
    thief.client.cookies.set(PATRON_COOKIE, digest(browser.client.cookies[PATRON_COOKIE]), domain="library.test")

    assert (await thief.get("/my/status")).status_code == 303


async def test_the_pages_are_in_nobodys_frame_or_cache(pages: Pages) -> None:
    browser = await pages.with_card()
    for path in ("/my/status", "/my/visits", "/my/data.json", "/my/withdraw"):
        answer = await browser.get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    ["/my/at/nora?why=<script>", "/my/status?done=<b>", "/my?done=%00", "/my/at/%2e%2e%2fnora", "/my/at/nora%0a"],
)
async def test_what_stands_in_an_address_is_never_shown(pages: Pages, path: str) -> None:
    browser = await pages.with_card() if "status" in path else pages.browse()

    answer = await browser.get(path)

    assert answer.status_code in {200, 404, 422}
    assert "<script>" not in answer.text.replace('<script src="', "")
    assert "<b>" not in answer.text


async def test_a_patron_who_is_refused_is_not_shown_the_menu_of_staff(pages: Pages) -> None:
    answer = await pages.browse().get("/my/at/nowhere")

    assert answer.status_code == 404
    assert "/sign-in" not in answer.text
    assert 'href="/my"' in answer.text


async def test_a_forwarded_address_is_believed_from_this_machine_only(pages: Pages) -> None:
    browser = pages.browse()
    for number in range(11):
        page = await browser.get("/my/at/nora")
        token = page.text.split('name="token" value="')[1][:64]
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": f"198.51.100.{number}"}
        data = {"token": token, "card": "x", "pin": "x"}
        answer = await browser.client.post("/my/at/nora/card", data=data, headers=headers)
        assert answer.status_code == 403, "each visitor behind the proxy has tries of her own"


async def test_no_number_name_or_pin_is_left_in_logs_database_or_addresses(
    with_bankid: Pages, phone: Phone, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    browser = await begun(with_bankid)
    await phone.sign(await phone.start(await order_of(with_bankid, browser)))
    seen.append((await live(with_bankid, browser))["go"])
    form = {"shown": await shown(browser), "answer": "yes"}
    answer = await browser.post("/my/apply/nora", form, on="/my/apply/nora")
    seen.append(answer.headers["location"])
    await with_bankid.with_card(BO)
    staff = await with_bankid.staff()
    await staff.get("/branches/nora/applications")

    secrets = [ANNA_PERSON.number, "Anna Ek", "Anna", ANNA, BO, f'"{PIN}"', "197505059803"]
    lines = [record.getMessage() for record in caplog.records]
    kept = _everything_in(tmp_path)
    for secret in secrets:
        assert not any(secret in line for line in lines), secret
        assert secret.encode() not in kept, secret
        assert not any(secret in path for path in seen), secret


def _everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("server.db*"))
