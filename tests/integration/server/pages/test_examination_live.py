"""An examination is seen as it goes on, over a real socket, by who may see it."""

import asyncio

import httpx2

from meroppet.ils.acs_simulator import Fault
from server.web.forms import SESSION_COOKIE
from tests.integration.server.pages.conftest import ANNA, SignIn, Site
from tests.integration.server.pages.test_live import _parts, address  # noqa: F401 (a fixture)


async def test_each_finding_reaches_the_open_page_and_at_last_the_result(
    site: Site,
    sign_in: SignIn,
    address: str,  # noqa: F811 (the fixture)
) -> None:
    site.register.control.fault, site.register.control.seconds = Fault.SLOW, 0.02
    visitor = await sign_in("consortium")
    form = {"branch": "nora", "card": ANNA, "pin": "1234"}
    begun = await visitor.post("/registers/west/examine", form, on="/registers/west")
    headers = {"Cookie": f"{SESSION_COOKIE}={visitor.client.cookies[SESSION_COOKIE]}"}
    parts = []

    async with (
        asyncio.timeout(60),
        httpx2.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("GET", f"{begun.headers['location']}/live") as answer,
    ):
        async for part in _parts(answer):
            parts.append(part)
            if "registers.profile_changes" in part:
                break

    assert len(parts) > 1
    assert "Undersökningen pågår" in parts[0]
    assert "Inget talar emot en dörr" in parts[-1]
    assert not any(ANNA in part for part in parts)
