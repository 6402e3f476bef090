"""Opening a door from afar: the branch's own door, and nobody else's, though the same municipality answers for both."""

from datetime import date

import httpx2
import pytest

from meroppet.wire.commands import Action
from meroppet.wire.enrolment import DeviceKind
from server.db import unscoped
from server.devices.models import Device
from server.devices.orders import order
from server.devices.service import device
from server.organisations.service import add_branch
from tests.integration.server.pages.conftest import SignIn, Site

NEAR, FAR = "door-1", "door-2"


@pytest.fixture
async def ordered(site: Site) -> str:
    """Two branches of one municipality with a door each, and an order to the far one."""
    async with site.parts.database.session(unscoped("a test's seed")) as session:
        await add_branch(session, "gyttorp", "Gyttorp", "nora-kommun", "Europe/Stockholm", "0587", date.min)
        for name, branch in ((NEAR, "nora"), (FAR, "gyttorp")):
            session.add(
                Device(
                    id=name,
                    consortium_id="west",
                    controller_id="nora-kommun",
                    branch_id=branch,
                    kind=DeviceKind.DOOR.value,
                    name=name,
                    public_key="none",
                    invited_by="seed",
                    enrolled_at=session.now,
                )
            )
        await session.flush()
        far = await device(session, FAR)
        assert far is not None
        return (await order(session, far, Action.OPEN_ONCE, "seed")).order


async def test_staff_of_one_branch_neither_open_nor_watch_the_door_of_another(
    site: Site, sign_in: SignIn, ordered: str
) -> None:
    visitor = await sign_in("branch")

    watched = await visitor.get(f"/branches/nora/orders/{FAR}/{ordered}/live")
    opened = await visitor.post("/branches/nora/open", {"device_id": FAR}, on="/branches/nora")

    assert (watched.status_code, opened.status_code) == (httpx2.codes.NOT_FOUND, httpx2.codes.NOT_FOUND)
    assert [entry.action for entry in await site.audit() if entry.action == "door.open_once"] == []


async def test_the_branches_own_door_is_ordered_to_open(site: Site, sign_in: SignIn, ordered: str) -> None:
    visitor = await sign_in("branch")

    opened = await visitor.post("/branches/nora/open", {"device_id": NEAR}, on="/branches/nora")

    assert opened.status_code == httpx2.codes.OK
    assert [entry.action for entry in await site.audit() if entry.action == "door.open_once"] == ["door.open_once"]
