"""Enrolment over real TLS, and the channel's first words: whom the device trusts, and what it keeps."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from meroppet.device.channel import Channel
from meroppet.device.enrol import enrol
from meroppet.device.errors import AlreadyEnrolled, ChannelDown, EnrolmentFailed, NotEnrolled, Refused
from meroppet.device.identity import FILE, load
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from tests.fakes.server_double import ServerDouble


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerDouble]:
    double = ServerDouble()
    await double.start(tmp_path)
    yield double
    await double.stop()


async def test_a_device_is_enrolled_once_and_its_files_are_its_own(server: ServerDouble, tmp_path: Path) -> None:
    state = tmp_path / "state"

    identity = await enrol(server.invitation(), DeviceKind.DOOR, state, "test")

    kept = load(state)
    assert (kept.device, kept.name, kept.branch, kept.url) == ("d1", "Huvudentrén", "b1", server.url)
    assert kept.key.private_bytes_raw() == identity.key.private_bytes_raw()
    assert (state / FILE).stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    with pytest.raises(AlreadyEnrolled):
        await enrol(server.invitation(), DeviceKind.DOOR, state, "test")


async def test_a_spent_code_is_refused_and_nothing_is_kept(server: ServerDouble, tmp_path: Path) -> None:
    text = server.invitation()
    await enrol(text, DeviceKind.DOOR, tmp_path / "first", "test")

    with pytest.raises(EnrolmentFailed, match="code_spent"):
        await enrol(text, DeviceKind.DOOR, tmp_path / "second", "test")
    with pytest.raises(NotEnrolled):
        load(tmp_path / "second")


async def test_another_server_learns_nothing(server: ServerDouble, tmp_path: Path) -> None:
    stranger = ServerDouble()
    text = server.invitation().replace(str(server.port), str(stranger.port))
    await stranger.start(tmp_path)
    try:
        with pytest.raises(EnrolmentFailed, match="not the server"):
            await enrol(text, DeviceKind.DOOR, tmp_path / "state", "test")
    finally:
        await stranger.stop()


@pytest.mark.parametrize("text", ["", "https://127.0.0.1:1", "http://127.0.0.1#v1.A.B", "rubbish"])
async def test_what_is_no_invitation(text: str, tmp_path: Path) -> None:
    with pytest.raises(EnrolmentFailed, match="no enrolment code"):
        await enrol(text, DeviceKind.DOOR, tmp_path / "state", "test")


async def test_a_server_that_is_not_there(server: ServerDouble, tmp_path: Path) -> None:
    text = server.invitation()
    await server.stop()

    with pytest.raises(EnrolmentFailed, match="does not answer"):
        await enrol(text, DeviceKind.DOOR, tmp_path / "state", "test")


async def test_a_pinned_authority_and_no_other(server: ServerDouble, tmp_path: Path) -> None:
    identity = await enrol(server.invitation(), DeviceKind.DOOR, tmp_path / "state", "test")
    await server.stop()
    stranger = ServerDouble()
    stranger.port, stranger.public_key = server.port, server.public_key
    await stranger.start(tmp_path)
    channel = Channel(identity)
    try:
        with pytest.raises(ChannelDown):
            await channel.boot("test")
    finally:
        await channel.close()
        await stranger.stop()


async def test_a_request_before_any_boot_is_refused_and_after_it_accepted(server: ServerDouble, tmp_path: Path) -> None:
    channel = Channel(await enrol(server.invitation(), DeviceKind.DOOR, tmp_path / "state", "test"))
    try:
        with pytest.raises(Refused) as refused:
            await channel.changes(0)
        assert refused.value.problem.code is ProblemCode.UNKNOWN_BOOT
        await channel.boot("test")
        assert (await channel.changes(0)).next == 0
    finally:
        await channel.close()


def test_an_identity_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")

    with pytest.raises(NotEnrolled, match="enrol the device again"):
        load(tmp_path)
