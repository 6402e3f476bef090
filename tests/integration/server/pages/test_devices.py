"""The page of a branch's devices: how each is, what is wrong in plain words, and what to do about it."""

from datetime import timedelta
from typing import Any

from server.db import unscoped
from server.devices.models import Device, DeviceHealth
from tests.integration.server.pages.conftest import SignIn, Site

EVERYBODY = unscoped("the test lays it down")


async def device(site: Site, health: dict[str, Any] | None, **words: Any) -> None:
    at = await site.branch("nora")
    owner: dict[str, Any] = {"consortium_id": at.consortium, "controller_id": at.controller}
    async with site.parts.database.session(EVERYBODY) as session:
        row = {"id": "door-1", "kind": "door", "name": "Entrén", "public_key": "x", "invited_by": "x", **words}
        session.add(Device(**owner, branch_id=at.id, enrolled_at=session.now, **row))
        await session.flush()
        if health is not None:
            said = {
                "at": session.now, "version": "2.1", "clock": "signed", "clock_ahead_seconds": 0.2, "change": 0,
                "unsent": 0, "locked": True, "door": "shut", **health,
            }  # fmt: skip
            session.add(DeviceHealth(device_id="door-1", **owner, **said))


async def page(sign_in: SignIn, lang: str = "en") -> str:
    visitor = await sign_in("municipality")
    return (await visitor.get(f"/branches/nora/devices?lang={lang}")).text


async def test_a_device_that_is_well_shows_its_figures_and_no_warning(site: Site, sign_in: SignIn) -> None:
    began = site.parts.clock.now() - timedelta(hours=2)
    await device(
        site,
        {"temperature": 48.25, "disk_free": 3 * 2**30, "memory": 60 * 2**20, "started_at": began, "inside": 4},
    )

    swedish, english = await page(sign_in, "sv"), await page(sign_in)

    for word in ("48,2 °C", "3,0 GB", "60 MB", "2.1", "ungefär 4"):
        assert word in swedish
    for word in ("48.2 °C", "3.0 GB", "60 MB", "2.1", "about 4", "<dd>right</dd>", "<dd>none</dd>"):
        assert word in english
    assert "s-needs" not in english


async def test_what_is_wrong_is_said_with_what_to_do(site: Site, sign_in: SignIn) -> None:
    await device(
        site,
        {
            "temperature": 81.0, "storage": "full", "clock_ahead_seconds": -75.0, "unsent": 12, "queue": 7200.0,
            "config": "last_good", "crashes": 3, "trouble": "door.toml: <no such reader>",
            "readers_lost": "card_reader",
        },
    )  # fmt: skip

    told = await page(sign_in)

    for sentence in (
        "Entrén is hot: 81 °C",
        "Give it air, or shade.",
        "The disk of Entrén is full: nobody is let in",
        "let it reach the server first",
        "The clock of Entrén is 1 minute slow",
        "Events of Entrén have waited for 2 hours",
        "12, the oldest for 2 hours",
        "Entrén uses its last good settings",
        "door.toml: &lt;no such reader&gt;",
        "A reader does not answer: Entrén: card_reader",
    ):
        assert sentence in told
    assert told.index("is full") < told.index("is hot")


async def test_swedish_staff_read_the_same(site: Site, sign_in: SignIn) -> None:
    await device(site, {"storage": "full", "clock_ahead_seconds": 75.0, "clock": "none", "drift_ppm": 500.0})

    told = await page(sign_in, "sv")

    for sentence in (
        "Disken i Entrén är full: ingen släpps in",
        "Klockan i Entrén går 1 minut före",
        "Entrén vet inte vad klockan är",
    ):
        assert sentence in told


async def test_a_device_that_is_silent_shows_what_it_last_said(site: Site, sign_in: SignIn) -> None:
    await device(site, {"at": site.parts.clock.now() - timedelta(hours=3), "temperature": 90.0})

    told = await page(sign_in)

    assert "has not answered since" in told
    assert "Look whether it has power and network." in told
    assert "90.0 °C" in told
    assert "is hot" not in told


async def test_a_device_never_heard_of_has_no_figures(site: Site, sign_in: SignIn) -> None:
    await device(site, None)

    told = await page(sign_in)

    assert "Entrén has never been in touch" in told
    assert "<dl" not in told


async def test_two_of_one_identity_are_told_though_both_are_shut_out(site: Site, sign_in: SignIn) -> None:
    at = site.parts.clock.now() - timedelta(days=1)
    await device(site, None, revoked_at=at, revoked_by="cloned")

    told = await page(sign_in)

    assert "Two devices used the identity of Entrén: both are shut out" in told
    assert "Enrol the right one again." in told
