"""The server's signed word for what it holds of a journal is believed, kept, and held against what is here."""

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from meroppet.device.errors import HeadRefused
from meroppet.device.journal import Journal
from meroppet.rules.events import LinkRestored
from meroppet.wire.enrolment import key_text
from meroppet.wire.journal import JournalHead, JournalReply, JournalRequest, Row
from meroppet.wire.signing import head_bytes
from tests.fakes.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path, clock: ManualClock) -> Iterator[Journal]:
    made = Journal(path, clock, "b" * 32)
    yield made
    made.close()


async def _sent(journal: Journal) -> JournalRequest:
    sent = await journal.unsent()
    assert sent is not None
    return sent


async def _written(journal: Journal, how_many: int) -> None:
    for number in range(how_many):
        await journal.write(LinkRestored(float(number)))


def _signed(key: Ed25519PrivateKey, row: Row, epoch: str, device: str = "door-1") -> JournalHead:
    said = head_bytes(device=device, epoch=epoch, seq=row.seq, row_hash=row.hash)
    return JournalHead(seq=row.seq, hash=row.hash, signature=base64.b64encode(key.sign(said)).decode())


async def test_the_servers_word_is_kept_and_only_the_servers(journal: Journal, path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    journal.trust_heads("door-1", key_text(key.public_key().public_bytes_raw()))
    await _written(journal, 3)
    sent = await _sent(journal)
    good = _signed(key, sent.rows[1], sent.epoch)

    for forged in (
        _signed(Ed25519PrivateKey.generate(), sent.rows[1], sent.epoch),
        _signed(key, sent.rows[1], sent.epoch, device="door-2"),
        _signed(key, sent.rows[1], "another"),
        good.model_copy(update={"seq": 3}),
        good.model_copy(update={"signature": "no base64"}),
    ):
        with pytest.raises(HeadRefused):
            await journal.acked(sent, JournalReply(acked_through=3, head=forged))
    assert await journal.unsent_count() == 3

    await journal.acked(sent, JournalReply(acked_through=2, head=good))
    await journal.purge()

    with sqlite3.connect(path) as seen:
        assert seen.execute("SELECT head, hash, signature FROM mark").fetchone() == (2, good.hash, good.signature)
    seen.close()
    await journal.acked(await _sent(journal), JournalReply(acked_through=3))
    assert await journal.unsent_count() == 0


async def test_no_key_is_asked_for_where_the_server_has_none(journal: Journal) -> None:
    journal.trust_heads("door-1", "")
    await _written(journal, 1)
    sent = await _sent(journal)

    await journal.acked(
        sent, JournalReply(acked_through=1, head=JournalHead(seq=1, hash=sent.rows[0].hash, signature=""))
    )

    assert await journal.unsent() is None
    with pytest.raises(ValueError, match=r"key|base64|padding"):
        journal.trust_heads("door-1", "no key")


@pytest.mark.parametrize(("seq", "row_hash"), [(2, "0" * 64), (9, "0" * 64)])
async def test_a_head_that_is_not_this_journals_begins_a_new_epoch(journal: Journal, seq: int, row_hash: str) -> None:
    await _written(journal, 3)
    sent = await _sent(journal)

    await journal.acked(sent, JournalReply(acked_through=2, head=JournalHead(seq=seq, hash=row_hash, signature="")))

    assert [row.kind for row in (await _sent(journal)).rows] == ["journal.began", "link.restored"]
