"""The door's client: whatever happens to lockd, the answer is in time and never says released when it is not."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.lockd.client import LockdClient, LockdUnavailable
from tests.faults.lockd.rig import Rig, eventually


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[LockdClient]:
    client = LockdClient(rig.socket)
    yield client
    await client.close()


async def test_a_lease_releases_and_its_end_locks(rig: Rig, client: LockdClient) -> None:
    rig.lockd()

    assert await client.release("a", 5.0)
    assert [rig.locked, await client.locked()] == [False, False]
    assert await client.end("a")
    assert [rig.locked, await client.locked()] == [True, True]


async def test_a_lease_out_of_bounds_is_refused(rig: Rig, client: LockdClient) -> None:
    rig.lockd()

    assert not await client.release("a", 11.0)
    assert not rig.ever_released


async def test_each_lock_is_leased_and_asked_by_its_name(rig: Rig, client: LockdClient) -> None:
    polarity = "fail_safe" if rig.fail_safe else "fail_secure"
    rig.lockd("--also", f"inner:{polarity}:virtual:{rig.board.path}:inner_strike")

    assert await client.release("a", 5.0, "inner")
    assert [rig.locked, rig.board.state().inner_locked] == [True, False]
    assert [await client.locked(), await client.locked("inner")] == [True, False]
    assert await client.end("a")
    assert await client.locked("inner")


async def test_a_lock_lockd_does_not_have_is_not_released_and_nobody_knows_it(rig: Rig, client: LockdClient) -> None:
    rig.lockd()

    assert not await client.release("a", 5.0, "inner")
    with pytest.raises(LockdUnavailable, match="no such lock"):
        await client.locked("inner")
    assert not rig.ever_released


async def test_without_lockd_nothing_is_released_and_nobody_knows_the_lock(rig: Rig, client: LockdClient) -> None:
    assert not await client.release("a", 5.0)
    assert not await client.end("a")
    with pytest.raises(LockdUnavailable, match="does not answer"):
        await client.locked()


async def test_it_connects_again_when_lockd_is_back(rig: Rig, client: LockdClient) -> None:
    first = rig.lockd()
    assert await client.release("a", 5.0)
    first.kill()
    first.wait()

    assert not await client.release("a", 5.0)
    rig.lockd()

    assert await client.release("b", 5.0)
    assert not rig.locked


async def test_a_lockd_that_stands_still_is_given_up_in_time_and_never_opens_later(rig: Rig) -> None:
    process = rig.lockd()
    client = LockdClient(rig.socket, answers_within=0.2)
    assert await client.locked()
    turns = len(rig.board.turns)
    process.send_signal(signal.SIGSTOP)

    began = time.monotonic()
    assert not await client.release("a", 5.0)
    took = time.monotonic() - began
    process.send_signal(signal.SIGCONT)
    assert await client.locked()

    assert took < 0.7
    assert len(rig.board.turns) == turns
    await client.close()


async def test_closing_the_client_locks(rig: Rig, client: LockdClient) -> None:
    rig.lockd()
    await client.release("a", 5.0)

    await client.close()

    eventually(lambda: rig.locked, 0.5)


async def test_an_answer_to_a_cancelled_request_is_not_taken_for_the_next(tmp_path: Path) -> None:
    asked: list[str] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            asked.append(next(iter(json.loads(line))))
            await asyncio.sleep(0.05)
            writer.write(json.dumps({"ok": asked[-1] == "lease", "locked": True}).encode() + b"\n")
        writer.close()

    async with await asyncio.start_unix_server(slow, tmp_path / "lockd.sock"):
        client = LockdClient(tmp_path / "lockd.sock")
        request = asyncio.create_task(client.release("a", 1.0))
        await asyncio.sleep(0.02)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

        assert not await client.end("a")
        await client.close()


@pytest.mark.parametrize("nonsense", [b"no\n", b"[]\n", b"\xff\n", b"x" * 200_000, b""])
async def test_nonsense_from_the_other_side_is_an_unavailable_lockd(tmp_path: Path, nonsense: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(nonsense)
        writer.close()

    async with await asyncio.start_unix_server(babble, tmp_path / "lockd.sock"):
        client = LockdClient(tmp_path / "lockd.sock")
        assert not await client.release("a", 1.0)
        await client.close()
