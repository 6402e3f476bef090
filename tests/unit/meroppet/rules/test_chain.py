"""A journal's chain: whatever is changed in it afterwards is found, at the row where it begins."""

import random
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.chain import Entry, Head, Link, broken_at, canonical, first_fault, genesis, link, origin, row_hash

EPOCH = "ab" * 16
ROWS, SIGNED = 40, 25
MANIPULATIONS = 10_000

Rows = list[tuple[Entry, Link]]


def entry(seq: int, kind: str = "door.opened", **detail: str | float) -> Entry:
    return Entry(seq, f"2026-11-23T11:00:{seq % 60:02}+00:00", float(seq), "b" * 32, "ntp", kind, "", detail)


def chained(entries: list[Entry], epoch: str = EPOCH, prev: str | None = None) -> Rows:
    rows, before = [], genesis(epoch) if prev is None else prev
    for each in entries:
        made = row_hash(before, each)
        rows.append((each, link(each, before, made)))
        before = made
    return rows


def links(rows: Rows) -> dict[int, Link]:
    return {each.seq: place for each, place in rows}


def head_of(rows: Rows, seq: int) -> Head:
    return Head(seq, links(rows)[seq].hash)


WHOLE = chained([entry(seq, seconds=seq / 7) for seq in range(1, ROWS + 1)])


def test_the_canonical_bytes_are_what_is_written_down_of_them() -> None:
    row = Entry(7, "2026-11-23T11:00:00+00:00", 12.5, "b1", "ntp", "door.held", "", {"å": "ö", "a": 1.0, "n": None})

    assert canonical(row) == (
        b'[7,"2026-11-23T11:00:00+00:00",12.5,"b1","ntp","door.held","",{"a":1.0,"n":null,"\\u00e5":"\\u00f6"}]'
    )
    assert genesis("e1") == sha256(b"meroppet-journal-1\ne1").hexdigest()
    assert row_hash("00", row) == sha256(b"00\n" + canonical(row)).hexdigest()


_SCALARS = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())


@given(st.dictionaries(st.text(max_size=5), _SCALARS, max_size=4), st.randoms())
def test_the_order_in_which_a_detail_was_said_does_not_matter(detail: dict[str, str], dice: random.Random) -> None:
    keys = list(detail)
    dice.shuffle(keys)
    shuffled = {key: detail[key] for key in keys}

    assert canonical(entry(1)._replace(detail=detail)) == canonical(entry(1)._replace(detail=shuffled))


def test_a_whole_journal_has_no_fault() -> None:
    rows = list(links(WHOLE).items())

    assert first_fault(EPOCH, rows, head_of(WHOLE, SIGNED)) is None
    assert first_fault(EPOCH, rows[10:], head_of(WHOLE, SIGNED)) is None
    assert first_fault(EPOCH, rows[30:], head_of(WHOLE, SIGNED)) is None
    assert first_fault(EPOCH, rows, Head()) is None
    assert first_fault(EPOCH, [], Head()) is None


def signed(rows: Rows) -> int:
    """How many of the rows the server has signed for."""
    return len(rows) * SIGNED // ROWS


def _edit(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(len(rows))
    each, claimed = rows[place]
    other = dice.choice(
        [
            each._replace(kind="door.shut"),
            each._replace(wall="2026-11-23T10:00:00+00:00"),
            each._replace(monotonic=each.monotonic + dice.choice([-0.5, 1e-6])),
            each._replace(boot="c" * 32),
            each._replace(clock="none"),
            each._replace(subject="ab" * 16),
            each._replace(detail={**each.detail, "seconds": dice.random()}),
            each._replace(detail={}),
        ]
    )
    return [*rows[:place], (other, link(other, claimed.prev, claimed.hash)), *rows[place + 1 :]]


def _edit_and_hash(rows: Rows, dice: random.Random) -> Rows:
    """An edit by somebody who knows how to make the row's own hash."""
    place = dice.randrange(signed(rows))
    each, claimed = rows[place]
    other = each._replace(kind=dice.choice(["door.shut", "door.exit"]))
    made = link(other, claimed.prev, row_hash(claimed.prev, other))
    return [*rows[:place], (other, made), *rows[place + 1 :]]


def _forge(rows: Rows, dice: random.Random) -> Rows:
    """An edit after which everything that follows is chained anew."""
    place = dice.randrange(signed(rows))
    entries = [each for each, _ in rows]
    entries[place] = entries[place]._replace(detail={"seconds": dice.random()})
    return chained(entries)


def _leave_out(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(1, len(rows) - 1)
    return [*rows[:place], *rows[place + 1 :]]


def _leave_out_and_number(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(signed(rows))
    kept = [each for each, _ in [*rows[:place], *rows[place + 1 :]]]
    return chained([each._replace(seq=seq) for seq, each in enumerate(kept, start=1)])


def _put_in(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(signed(rows))
    entries = [each for each, _ in rows]
    entries.insert(place, entry(1, "door.exit"))
    return chained([each._replace(seq=seq) for seq, each in enumerate(entries, start=1)])


def _swap(rows: Rows, dice: random.Random) -> Rows:
    one, other = dice.sample(range(len(rows)), 2)
    swapped = [each for each, _ in rows]
    swapped[one], swapped[other] = swapped[other]._replace(seq=one + 1), swapped[one]._replace(seq=other + 1)
    return [(each, link(each, place.prev, place.hash)) for each, (_, place) in zip(swapped, rows, strict=True)]


def _cut_short(rows: Rows, dice: random.Random) -> Rows:
    return rows[: dice.randrange(signed(rows))]


def _cut_short_and_go_on(rows: Rows, dice: random.Random) -> Rows:
    """What a copy of the disk, put back, goes on to write."""
    kept = rows[: dice.randrange(signed(rows))]
    more = [entry(seq, "link.lost") for seq in range(len(kept) + 1, len(rows) + 1)]
    return kept + chained(more, prev=kept[-1][1].hash if kept else None)


def _flip_a_hash(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(len(rows))
    each, claimed = rows[place]
    name, at = dice.choice(["hash", "prev"]), dice.randrange(64)
    old = getattr(claimed, name)
    flipped = old[:at] + ("0" if old[at] != "0" else "1") + old[at + 1 :]
    other = link(each, *((flipped, claimed.hash) if name == "prev" else (claimed.prev, flipped)))
    return [*rows[:place], (each, other), *rows[place + 1 :]]


def _strip_a_hash(rows: Rows, dice: random.Random) -> Rows:
    place = dice.randrange(len(rows))
    each, claimed = rows[place]
    return [*rows[:place], (each, replace(claimed, hash="", prev="")), *rows[place + 1 :]]


def _of_another_epoch(rows: Rows, dice: random.Random) -> Rows:
    return chained([each for each, _ in rows], epoch=f"{dice.randrange(10**6)}")


MANIPULATE: list[Callable[[Rows, random.Random], Rows]] = [
    _edit, _edit_and_hash, _forge, _leave_out, _leave_out_and_number, _put_in, _swap, _cut_short, _cut_short_and_go_on,
    _flip_a_hash, _strip_a_hash, _of_another_epoch,
]  # fmt: skip


def test_ten_thousand_random_manipulations_are_all_found_in_the_journal_itself() -> None:
    dice, short = random.Random(6), WHOLE[:16]
    head = head_of(short, signed(short))
    missed = []
    for number in range(MANIPULATIONS):
        how = dice.choice(MANIPULATE)
        rows = how(short, dice)
        if first_fault(EPOCH, [(each.seq, place) for each, place in rows], head) is None:
            missed.append((number, how.__name__))

    assert missed == []


@pytest.mark.parametrize("how", MANIPULATE, ids=lambda how: how.__name__)
def test_the_server_finds_them_in_what_it_is_told_next(how: Callable[[Rows, random.Random], Rows]) -> None:
    """It holds the first 25 rows; the device tells all it has, and one row it writes after the manipulation."""
    kept, head = links(WHOLE[:SIGNED]), head_of(WHOLE, SIGNED)
    for seed in range(200):
        rows = how(WHOLE, random.Random(seed))
        last = max((each.seq for each, _ in rows), default=0)
        before = links(rows)[last].hash if rows else genesis(EPOCH)
        told = links(rows) | links(chained([entry(last + 1, "device.started")], prev=before))

        missing = any(one + 1 != other for one, other in pairwise(sorted(told)))
        assert missing or broken_at(EPOCH, told, kept, head) is not None, seed


def test_rows_told_again_and_rows_that_go_on_are_the_same_journal() -> None:
    kept, head = links(WHOLE[:SIGNED]), head_of(WHOLE, SIGNED)

    assert broken_at(EPOCH, links(WHOLE), {}, Head()) is None
    assert broken_at(EPOCH, links(WHOLE), kept, head) is None
    assert broken_at(EPOCH, links(WHOLE[20:30]), kept, head) is None
    assert broken_at(EPOCH, links(WHOLE[SIGNED:]), kept, head) is None
    assert broken_at(EPOCH, {}, kept, head) is None


def test_rows_the_server_has_forgotten_must_lead_to_its_head() -> None:
    head = head_of(WHOLE, SIGNED)

    assert broken_at(EPOCH, links(WHOLE[10:SIGNED]), {}, head) is None
    assert broken_at(EPOCH, links(WHOLE[10:]), {}, head) is None
    assert broken_at(EPOCH, links(WHOLE[10:20]), {}, head) == 11
    assert broken_at(EPOCH, links(WHOLE[10:15] + WHOLE[20:]), {}, head) == 11


def test_what_never_came_and_was_given_up_may_come_after_all() -> None:
    kept, head = links(WHOLE[:5] + WHOLE[7:10]), head_of(WHOLE, 10)

    assert broken_at(EPOCH, links(WHOLE[5:7]), kept, head) == 6
    assert broken_at(EPOCH, links(WHOLE[5:7]), kept, head, {6, 7}.__contains__) is None
    assert broken_at(EPOCH, links(_edit_and_hash(WHOLE[5:7], random.Random(1))), kept, head, {6, 7}.__contains__)


def test_a_copy_put_back_is_found_where_it_goes_another_way() -> None:
    kept, head = links(WHOLE[:SIGNED]), head_of(WHOLE, SIGNED)
    copy = WHOLE[:18] + chained([entry(seq, "link.lost") for seq in range(19, 40)], prev=WHOLE[17][1].hash)

    assert broken_at(EPOCH, links(copy[15:]), kept, head) == 19
    assert broken_at(EPOCH, links(copy[15:]), {}, head) == 16
    assert broken_at(EPOCH, links(copy[18:19]), kept, head) == 19


def test_a_row_that_fills_a_gap_must_be_the_one_the_next_row_names() -> None:
    kept, head = links(WHOLE[:5] + WHOLE[6:10]), head_of(WHOLE, 5)
    other = chained([entry(6, "door.exit")], prev=WHOLE[4][1].hash)

    assert broken_at(EPOCH, links(WHOLE[5:6]), kept, head) is None
    assert broken_at(EPOCH, links(other), kept, head) == 6


def _unchained(rows: Rows) -> dict[int, Link]:
    return {each.seq: Link(origin=origin(each.boot, each.monotonic)) for each, _ in rows}


def test_a_device_that_never_chained_is_believed_as_far_as_its_rows_are_the_same() -> None:
    plain = _unchained(WHOLE)
    first = {seq: plain[seq] for seq in range(1, 11)}

    assert broken_at(EPOCH, plain, first, Head()) is None
    assert broken_at(EPOCH, plain | {7: Link(origin=origin("c" * 32, 7.0))}, first, Head()) == 7
    assert broken_at(EPOCH, {1: Link()}, first, Head()) is None


def test_a_journal_may_begin_to_be_chained_but_not_end() -> None:
    plain = _unchained(WHOLE[:10])

    assert broken_at(EPOCH, links(WHOLE[8:]), plain, Head()) is None
    assert broken_at(EPOCH, _unchained(WHOLE[30:31]), links(WHOLE[:30]), head_of(WHOLE, 30)) == 31


def test_a_row_of_a_newer_version_is_held_by_the_hash_it_claims() -> None:
    strange = replace(WHOLE[5][1], made="")
    told = links(WHOLE[:5]) | {6: strange} | links(WHOLE[6:8])

    assert broken_at(EPOCH, told, {}, Head()) is None
    assert broken_at(EPOCH, told | {6: replace(strange, hash="0" * 64)}, {}, Head()) == 7
