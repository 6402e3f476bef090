"""Learned PINs: right for a while, bound to key and card, gone when the register says otherwise."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from meroppet.device import verifiers as module
from meroppet.device.verifiers import KEPT, Verifiers
from meroppet.rules.access import UNAVAILABLE
from meroppet.rules.credentials import Pin
from meroppet.rules.pin import PinAnswer
from meroppet.wire.verify import VerifyReply, WireFacts
from tests.fakes.clocks import START, ManualClock

KEY, CARD, SUBJECT, PIN = b"k" * 32, "ab" * 16, "cd" * 16, Pin("1234")
RIGHT = VerifyReply(pin=PinAnswer.RIGHT, facts=WireFacts(valid=True), as_of=START, change=1, subject=SUBJECT)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def verifiers(tmp_path: Path, clock: ManualClock) -> Iterator[Verifiers]:
    made = Verifiers(tmp_path / "verifiers.db", clock)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("key", "card", "pin", "found"),
    [
        (KEY, CARD, PIN, PinAnswer.RIGHT),
        (KEY, CARD, Pin("4321"), PinAnswer.WRONG),
        (b"x" * 32, CARD, PIN, PinAnswer.UNAVAILABLE),
        (KEY, "ef" * 16, PIN, PinAnswer.UNAVAILABLE),
    ],
)
async def test_what_is_recalled(verifiers: Verifiers, key: bytes, card: str, pin: Pin, found: PinAnswer) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT)

    answer, subject = await verifiers.recall(key, card, pin)

    assert answer.pin is found
    assert subject == (None if found is PinAnswer.UNAVAILABLE else SUBJECT)


@pytest.mark.parametrize("pin", [PinAnswer.WRONG, PinAnswer.UNKNOWN, PinAnswer.UNAVAILABLE])
async def test_only_a_right_pin_is_learned(verifiers: Verifiers, pin: PinAnswer) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT.model_copy(update={"pin": pin}))

    assert (await verifiers.recall(KEY, CARD, PIN))[0].pin is PinAnswer.UNAVAILABLE


async def test_what_is_old_is_forgotten(verifiers: Verifiers, clock: ManualClock) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT)
    clock.advance(KEPT + timedelta(seconds=1))

    assert (await verifiers.recall(KEY, CARD, PIN))[0].pin is PinAnswer.UNAVAILABLE


async def test_a_card_can_be_forgotten(verifiers: Verifiers) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT)
    await verifiers.forget(CARD)

    assert (await verifiers.recall(KEY, CARD, PIN))[0].pin is PinAnswer.UNAVAILABLE


async def test_only_the_newest_are_kept(
    verifiers: Verifiers, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    for number in range(3):
        await verifiers.learn(KEY, f"{number:032x}", PIN, RIGHT)
        clock.advance(timedelta(seconds=1))

    found = [(await verifiers.recall(KEY, f"{number:032x}", PIN))[0].pin for number in range(3)]
    assert found == [PinAnswer.UNAVAILABLE, PinAnswer.RIGHT, PinAnswer.RIGHT]


async def test_what_was_learned_under_an_older_key_is_forgotten(verifiers: Verifiers) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT)
    await verifiers.learn(b"n" * 32, "ef" * 16, PIN, RIGHT)

    assert await verifiers.keep_only(b"n" * 32) == 1
    assert (await verifiers.recall(KEY, CARD, PIN))[0].pin is PinAnswer.UNAVAILABLE
    assert (await verifiers.recall(b"n" * 32, "ef" * 16, PIN))[0].pin is PinAnswer.RIGHT
    assert await verifiers.count() == 1


async def test_nothing_is_learned_of_an_answer_about_somebody_else(verifiers: Verifiers) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT.model_copy(update={"contradiction": True}))

    assert await verifiers.count() == 0


async def test_what_was_sealed_for_one_card_is_nothing_on_another(verifiers: Verifiers, tmp_path: Path) -> None:
    await verifiers.learn(KEY, CARD, PIN, RIGHT)
    with closing(sqlite3.connect(tmp_path / "verifiers.db")) as disk, disk:
        disk.execute("UPDATE learned SET card = ?", ("ef" * 16,))

    assert await verifiers.recall(KEY, "ef" * 16, PIN) == (UNAVAILABLE, None)


async def test_the_file_of_an_older_version_is_emptied(tmp_path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(tmp_path / "verifiers.db")) as disk, disk:
        disk.execute("CREATE TABLE verifier (card TEXT, facts TEXT)")
        disk.execute("INSERT INTO verifier VALUES (?, ?)", (CARD, '{"birth_date": "1980-05-01"}'))

    made = Verifiers(tmp_path / "verifiers.db", clock)
    await made.learn(KEY, CARD, PIN, RIGHT)
    made.close()

    assert not any(b"1980-05-01" in content for content in _files(tmp_path))


async def test_no_pin_lies_on_the_disk(verifiers: Verifiers, tmp_path: Path) -> None:
    facts = WireFacts(valid=True, birth_date=date(1983, 11, 29), home="Norrköping")
    await verifiers.learn(KEY, CARD, Pin("739154"), RIGHT.model_copy(update={"facts": facts}))
    verifiers.close()

    for secret in (b"739154", b"1983-11-29", "Norrköping".encode(), SUBJECT.encode()):
        assert not any(secret in content for content in _files(tmp_path))


def _files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]
