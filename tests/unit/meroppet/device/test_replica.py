"""The replica: one number for one state, older never over newer, and whole or not at all."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from meroppet.device.replica import Replica
from meroppet.rules.eligibility import Policy, Right
from meroppet.wire.changes import (
    BranchDocument,
    ChangesReply,
    RightDocument,
    Tombstone,
    Upsert,
    write_snapshot,
)
from meroppet.wire.convert import policy_to_wire
from meroppet.wire.schedule_convert import pattern_to_wire
from tests.fakes.server_double import ALWAYS

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
    replica.install(snapshot)
    replica.refresh()


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
