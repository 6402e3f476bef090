"""The replica: one number for one state, older never over newer, and whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from meroppet.device.errors import StoreFailed
from meroppet.device.replica import Replica
from meroppet.rules.card_formats import Unfit, card_of
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.terms import TermsStanding
from meroppet.wire.access import AcknowledgedDocument, LockDocument
from meroppet.wire.changes import (
    RECORD,
    SUBJECT_BYTES,
    BranchDocument,
    ChangesReply,
    RightDocument,
    Tombstone,
    Upsert,
    write_snapshot,
)
from meroppet.wire.convert import policy_to_wire, right_from_wire
from meroppet.wire.passes import pass_to_wire
from meroppet.wire.schedule_convert import pattern_to_wire
from tests.fakes.server_double import ALWAYS
from tests.fakes.snapshots import install

ANNA, BERTIL = "ab" * 16, "cd" * 16
RULES = Policy(minimum_age=16, categories=frozenset({"VUXEN"}))
BRANCH = BranchDocument(
    id="b1", name="Provbiblioteket", controller="m1", consortium="c1", zone="Europe/Stockholm", help_number="0771"
)
DOCUMENTS = (
    Upsert(kind="branch", key="-", value=BRANCH.model_dump(mode="json")),
    Upsert(kind="policy", key="-", value=policy_to_wire(RULES).model_dump(mode="json")),
    Upsert(kind="schedule", key="-", value=pattern_to_wire(ALWAYS).model_dump(mode="json")),
)
GIVEN = RightDocument(permitted=True, valid_until=date(2027, 1, 1))


def right(subject: str, document: RightDocument = GIVEN) -> Upsert:
    return Upsert(kind="right", key=subject, value=document.model_dump(mode="json"))


def page(number: int, *upserts: Upsert, gone: tuple[Tombstone, ...] = ()) -> ChangesReply:
    return ChangesReply(upserts=upserts, tombstones=gone, next=number)


def apply(replica: Replica, reply: ChangesReply) -> None:
    replica.write(reply)
    replica.refresh()


def load(replica: Replica, snapshot: bytes) -> None:
    install(replica, snapshot)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = Replica(tmp_path / "replica")
    yield made
    made.close()


def test_an_empty_replica_knows_nothing(replica: Replica) -> None:
    assert (replica.cursor(), replica.branch(), replica.policy(), replica.hours()) == (0, None, None, None)
    assert replica.right(ANNA) is None


def test_a_page_and_its_number_are_one(replica: Replica) -> None:
    apply(replica, page(7, *DOCUMENTS, right(ANNA)))

    hours = replica.hours()

    assert hours is not None
    assert (replica.cursor(), replica.branch(), replica.policy(), hours.schedule) == (7, BRANCH, RULES, ALWAYS)
    assert replica.right(ANNA) == Right(permitted=True, valid_until=date(2027, 1, 1))


def test_a_tombstone_takes_a_right_away(replica: Replica) -> None:
    apply(replica, page(1, right(ANNA), right(BERTIL)))
    apply(replica, page(2, gone=(Tombstone(kind="right", key=ANNA),)))

    assert replica.right(ANNA) is None
    assert replica.right(BERTIL) is not None


def test_an_older_page_never_comes_over_a_newer_one(replica: Replica) -> None:
    apply(replica, page(5, right(ANNA, RightDocument(permitted=False))))
    apply(replica, page(4, right(ANNA)))
    apply(replica, page(5, right(ANNA)))

    assert replica.right(ANNA) == Right(permitted=False)


def test_a_page_that_cannot_be_understood_changes_nothing(replica: Replica) -> None:
    apply(replica, page(1, right(ANNA)))

    with pytest.raises(ValueError, match="permitted"):
        apply(replica, page(2, right(BERTIL), Upsert(kind="right", key=ANNA, value={"nonsense": 1})))

    assert replica.cursor() == 1
    assert replica.right(BERTIL) is None


def test_a_policy_this_version_cannot_mean_is_no_policy(replica: Replica) -> None:
    document = policy_to_wire(RULES).model_dump(mode="json") | {"permission": "moonlight"}
    apply(replica, page(1, Upsert(kind="policy", key="-", value=document)))

    assert replica.policy() is None


def test_a_snapshot_replaces_everything(replica: Replica, tmp_path: Path) -> None:
    apply(replica, page(3, right(ANNA)))
    load(replica, write_snapshot(9, DOCUMENTS, [(BERTIL, GIVEN)]))

    assert replica.cursor() == 9
    assert replica.policy() == RULES
    assert replica.right(ANNA) is None
    assert replica.right(BERTIL) is not None
    assert [file.name for file in (tmp_path / "replica").glob("*.db")] == ["replica-2.db"]


def test_a_snapshot_cut_short_leaves_the_old_state(replica: Replica) -> None:
    apply(replica, page(3, right(ANNA)))
    whole = write_snapshot(9, DOCUMENTS, [(BERTIL, GIVEN)])

    for length in range(0, len(whole), 7):
        with pytest.raises(ValueError):  # noqa: PT011 (any sentence will do)
            load(replica, whole[:length])

    assert replica.cursor() == 3
    assert replica.right(ANNA) is not None


def test_everything_is_there_after_a_restart(replica: Replica, tmp_path: Path) -> None:
    load(replica, write_snapshot(9, DOCUMENTS, [(ANNA, GIVEN)]))
    apply(replica, page(10, right(BERTIL)))
    replica.close()

    again = Replica(tmp_path / "replica")

    assert (again.cursor(), again.policy()) == (10, RULES)
    assert again.right(ANNA) == again.right(BERTIL)
    again.close()


def test_a_damaged_replica_is_thrown_away_and_fetched_anew(replica: Replica, tmp_path: Path) -> None:
    load(replica, write_snapshot(9, DOCUMENTS, [(ANNA, GIVEN)]))
    replica.close()
    (tmp_path / "replica" / "replica-2.db").write_bytes(b"rot" * 4000)

    again = Replica(tmp_path / "replica")

    assert again.cursor() == 0
    again.close()


def test_a_change_is_told(replica: Replica) -> None:
    told: list[int] = []
    replica.on_change(lambda: told.append(replica.cursor()))

    apply(replica, page(1, right(ANNA)))
    load(replica, write_snapshot(9, DOCUMENTS, []))

    assert told == [1, 9]


def test_a_pass_is_found_by_its_digest_and_one_that_means_nothing_opens_nothing(replica: Replica) -> None:
    held = Pass(id="p1", kind=PassKind.CLEANER, always=True, verifier=b"v" * 48)
    odd = pass_to_wire(held).model_dump(mode="json") | {"kind": "wizard"}
    good = Upsert(kind="pass", key=ANNA, value=pass_to_wire(held).model_dump(mode="json"))
    apply(replica, page(1, good, Upsert(kind="pass", key=BERTIL, value=odd)))

    assert replica.held_pass(ANNA) == held
    assert replica.held_pass(BERTIL) is None
    apply(replica, page(2, gone=(Tombstone(kind="pass", key=ANNA),)))
    assert replica.held_pass(ANNA) is None


def test_a_lock_that_is_not_understood_locks_for_good(replica: Replica) -> None:
    lock = LockDocument(failures=5, locked_until=datetime(2026, 11, 23, 12, tzinfo=UTC))
    known = Upsert(kind="lock", key=ANNA, value=lock.model_dump(mode="json"))
    apply(replica, page(1, known, Upsert(kind="lock", key=BERTIL, value={"moon": "full"})))

    assert replica.lock(ANNA) == lock
    odd = replica.lock(BERTIL)
    assert odd is not None
    assert odd.until_reset
    assert replica.lock("ef" * 16) is None


def test_an_acknowledgement_is_for_one_device(replica: Replica) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    seen = AcknowledgedDocument(at=at).model_dump(mode="json")
    apply(replica, page(1, Upsert(kind="acknowledged", key="d1", value=seen)))

    assert replica.acknowledged("d1") == at
    assert replica.acknowledged("d2") is None


def test_card_formats_that_are_not_understood_fit_no_card(replica: Replica) -> None:
    assert replica.cards() is None
    apply(replica, page(1, Upsert(kind="cards", key="-", value={"moon": "full"})))

    assert card_of(replica.cards(), "A1000001") is not None
    assert isinstance(card_of(replica.cards(), "A1000001"), Unfit)


def test_all_of_a_right_comes_back_by_page_and_by_snapshot(replica: Replica) -> None:
    whole = RightDocument(
        permitted=None,
        terms=TermsStanding.ACCEPTED,
        terms_until=date(2027, 2, 1),
        introduced=True,
        guardian_consent=True,
        guest_approved=True,
        facts_ok_until=date(2026, 11, 24),
    )
    apply(replica, page(1, right(ANNA, whole)))
    load(replica, write_snapshot(9, DOCUMENTS, [(BERTIL, whole)]))
    by_snapshot = replica.right(BERTIL)
    apply(replica, page(10, right(ANNA, whole)))

    assert by_snapshot == replica.right(ANNA) == right_from_wire(whole)


def test_a_snapshot_with_a_right_that_means_nothing_is_not_taken(replica: Replica) -> None:
    whole = write_snapshot(9, DOCUMENTS, [(BERTIL, GIVEN)])
    flags = len(whole) - RECORD.size + SUBJECT_BYTES

    with pytest.raises(ValueError, match="means nothing"):
        load(replica, whole[:flags] + b"\x07" + whole[flags + 1 :])

    assert replica.cursor() == 0


def test_the_file_of_an_older_version_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "replica").mkdir()
    with closing(sqlite3.connect(tmp_path / "replica" / "replica-3.db")) as disk, disk:
        disk.execute('CREATE TABLE "right" (subject BLOB PRIMARY KEY, permitted INTEGER)')

    made = Replica(tmp_path / "replica")

    assert made.cursor() == 0
    assert [file.name for file in (tmp_path / "replica").glob("*.db")] == ["replica-4.db"]
    made.close()


def test_a_snapshot_older_than_what_is_known_is_taken_only_where_the_server_says_so(replica: Replica) -> None:
    apply(replica, page(9, right(BERTIL)))
    older = write_snapshot(8, DOCUMENTS, [(ANNA, GIVEN)])

    with pytest.raises(ValueError, match="known already"):
        install(replica, older, at_least=9)
    assert (replica.cursor(), replica.right(ANNA)) == (9, None)

    install(replica, older)
    assert (replica.cursor(), replica.right(BERTIL)) == (8, None)


def test_a_snapshot_that_was_prepared_and_not_taken_over_is_what_the_next_start_opens(
    replica: Replica, tmp_path: Path
) -> None:
    apply(replica, page(3, right(ANNA)))
    replica.download.write_bytes(write_snapshot(9, DOCUMENTS, [(BERTIL, GIVEN)]))
    prepared = replica.prepare(replica.download)
    assert (replica.cursor(), replica.right(BERTIL)) == (3, None)
    prepared.connection.close()
    replica.close()

    again = Replica(tmp_path / "replica")

    assert again.cursor() == 9
    assert [file.name for file in (tmp_path / "replica").glob("*.db")] == ["replica-2.db"]
    again.close()


def test_a_snapshot_that_cannot_be_stored_leaves_the_old_state(replica: Replica) -> None:
    apply(replica, page(3, right(ANNA)))

    with pytest.raises(StoreFailed):
        replica.prepare(replica.download)

    assert replica.cursor() == 3


def test_a_replica_that_was_taken_over_from_can_still_be_closed(replica: Replica) -> None:
    apply(replica, page(3, right(ANNA)))
    replica.download.write_bytes(write_snapshot(9, DOCUMENTS, []))

    replica.take_over(replica.prepare(replica.download))
    replica.refresh()

    assert replica.cursor() == 9


def test_a_disk_that_takes_nothing_at_the_start_leaves_a_door_that_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "replica").write_text("a file where the folder belongs")
    made = Replica(tmp_path / "replica")
    assert (made.cursor(), made.policy(), made.right(ANNA)) == (0, None, None)
    with pytest.raises(StoreFailed):
        made.write(page(1, right(ANNA)))

    (tmp_path / "replica").unlink()
    (tmp_path / "replica").mkdir()
    load(made, write_snapshot(9, DOCUMENTS, [(ANNA, GIVEN)]))

    assert made.cursor() == 9
    assert made.right(ANNA) is not None
    apply(made, page(10, right(BERTIL)))
    assert made.right(BERTIL) is not None
    made.close()
