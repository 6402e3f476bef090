"""A machine that has lost the time hears its server all the same, and no other; one that knows it looks at the days."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meroppet.device.channel import Channel
from meroppet.device.enrol import enrol
from meroppet.device.errors import ChannelDown
from meroppet.wire.enrolment import DeviceKind
from server.certificates import issue, new_authority
from tests.fakes.server_double import ServerDouble


@pytest.fixture
async def expired(tmp_path: Path) -> AsyncIterator[ServerDouble]:
    """A server whose certificate ended, as every one has not begun where it is 1970."""
    double = ServerDouble()
    double.certificate = issue(double.authority, ["127.0.0.1"], datetime.now(UTC) - timedelta(days=800))
    await double.start(tmp_path)
    yield double
    await double.stop()


async def test_who_does_not_know_the_day_does_not_look_at_days(expired: ServerDouble, tmp_path: Path) -> None:
    identity = await enrol(expired.invitation(), DeviceKind.DOOR, tmp_path / "state", "1")
    knows = False
    channel = Channel(identity, knows_the_hour=lambda: knows)
    try:
        assert (await channel.boot("1")).now
        knows = True
        await channel.close()
        channel = Channel(identity, knows_the_hour=lambda: knows)

        with pytest.raises(ChannelDown, match="ConnectError"):
            await channel.boot("1")
    finally:
        await channel.close()


async def test_without_the_day_the_authority_and_the_name_are_still_looked_at(
    expired: ServerDouble, tmp_path: Path
) -> None:
    identity = await enrol(expired.invitation(), DeviceKind.DOOR, tmp_path / "state", "1")
    await expired.stop()
    stranger = new_authority(datetime.now(UTC))
    for certificate in (
        issue(stranger, ["127.0.0.1"], datetime.now(UTC)),
        issue(expired.authority, ["elsewhere"], datetime.now(UTC)),
    ):
        expired.certificate = certificate
        await expired.start(tmp_path)
        channel = Channel(identity, knows_the_hour=lambda: False)

        with pytest.raises(ChannelDown, match="ConnectError"):
            await asyncio.wait_for(channel.boot("1"), 30)

        await channel.close()
        await expired.stop()
