"""What is not there, not allowed or broken has a page of the house's own, and a way back."""

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.integration.server.pages.conftest import ANNA, SignIn, Site


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Här finns inget"),
        ("/branches/teg", 404, "Här finns inget"),
        ("/branches/nora/patrons/forget", 405, "Här finns inget"),
        ("/audit/server", 403, "Det här får du inte göra här"),
        ("/audit?before=yesterday", 422, "Här finns inget"),
    ],
)
async def test_a_refused_page_keeps_the_menu_of_who_is_signed_in(
    sign_in: SignIn, path: str, status: int, words: str
) -> None:
    answer = await (await sign_in("municipality")).get(path)

    assert answer.status_code == status
    assert words in answer.text
    assert 'action="/sign-out"' in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_fault_has_a_page_with_the_security_headers_and_no_details(site: Site) -> None:
    @site.app.get("/broken")
    async def broken(request: Request) -> Response:
        raise RuntimeError(f"a secret of {request.url.path}")

    transport = httpx2.ASGITransport(app=site.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://staff.test") as browser:
        answer = await browser.get("/broken")

    assert answer.status_code == 500
    assert "Något gick fel i servern" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_password_keeps_the_user_name_and_never_the_password(sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")
    answer = await visitor.post("/sign-in", {"username": "<branch>", "password": "fel ord helt och hållet"})

    assert 'value="&lt;branch&gt;"' in answer.text
    assert "fel ord" not in answer.text


@pytest.mark.parametrize(("role", "shown"), [("branch", False), ("municipality", True), ("server", True)])
async def test_the_menu_offers_only_what_one_may_open(sign_in: SignIn, role: str, shown: bool) -> None:
    visitor = await sign_in(role)

    assert ('href="/staff"' in (await visitor.get("/")).text) == shown
    assert ((await visitor.get("/staff")).status_code == 200) == shown


async def test_the_log_names_who_did_it_as_the_list_of_staff_does(sign_in: SignIn) -> None:
    looked = {"card": ANNA, "reason": "here"}
    await (await sign_in("branch")).post("/branches/nora/why", looked, on="/branches/nora/why")
    visitor = await sign_in("server")

    assert "Branch (branch)" in (await visitor.get("/audit")).text
    staff = (await visitor.get("/staff")).text
    assert "Branch</span>" in staff
    assert ">branch<" in staff
