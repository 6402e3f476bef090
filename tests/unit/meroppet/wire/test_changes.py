from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.eligibility import Right
from meroppet.rules.terms import TermsStanding
from meroppet.wire.changes import (
    RECORD,
    RightDocument,
    Upsert,
    pack_right,
    read_snapshot,
    unpack_rights,
    write_snapshot,
)

DATES = st.none() | st.dates(date(2020, 1, 2), date(2199, 6, 6))
RIGHTS = st.builds(
    RightDocument,
    permitted=st.none() | st.booleans(),
    valid_until=DATES,
    suspended_until=DATES,
    terms=st.sampled_from(TermsStanding),
    terms_until=DATES,
    introduced=st.booleans(),
    guardian_consent=st.booleans(),
    guest_approved=st.booleans(),
    facts_ok_until=DATES,
)
SUBJECTS = st.binary(min_size=16, max_size=16).map(bytes.hex)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.lists(st.builds(Upsert, kind=st.sampled_from(["branch", "policy"]), key=st.text(max_size=5), value=JSON))
SMALL = write_snapshot(
    7, [Upsert(kind="branch", key="-", value={"name": "Teg\n"})], [("00" * 16, RightDocument(permitted=True))]
)
BARE = write_snapshot(7, [], [])


@given(st.integers(0, 2**40), DOCUMENTS, st.dictionaries(SUBJECTS, RIGHTS, max_size=8))
def test_a_snapshot_is_read_as_it_was_written(
    change: int, documents: list[Upsert], rights: dict[str, RightDocument]
) -> None:
    header, found, records = read_snapshot(write_snapshot(change, documents, rights.items()))

    assert (header.change, header.documents, header.rights) == (change, len(documents), len(rights))
    assert list(found) == documents
    assert dict(unpack_rights(records)) == rights
    assert [subject for subject, _ in unpack_rights(records)] == sorted(rights)


@pytest.mark.parametrize("raw", [SMALL, BARE])
def test_a_snapshot_cut_short_anywhere_is_refused(raw: bytes) -> None:
    for length in range(len(raw)):
        with pytest.raises(ValueError, match=r"snapshot|validation"):
            read_snapshot(raw[:length])


@pytest.mark.parametrize("more", [b"x", bytes(26), b"\n"])
def test_a_snapshot_with_something_after_it_is_refused(more: bytes) -> None:
    with pytest.raises(ValueError, match="the snapshot says 1 rights"):
        read_snapshot(SMALL + more)


@given(st.binary(max_size=80))
def test_garbage_is_a_value_error_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"snapshot|validation"):
        read_snapshot(raw)


def test_records_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="27 bytes is cut short"):
        unpack_rights(bytes(27))


def test_a_record_is_a_digest_flags_and_days_and_nothing_else() -> None:
    """The whitelist: whoever adds a field to a right says here that it is a flag or a day, or keeps it off devices."""
    flags = {"permitted", "terms", "introduced", "guardian_consent", "guest_approved", "extended"}
    days = {"valid_until", "suspended_until", "terms_until", "facts_ok_until"}

    assert set(RightDocument.model_fields) == flags | days
    assert {field.name for field in fields(Right)} == flags | days
    assert RECORD.size == 16 + 2 + 2 * len(days)
    for name in flags:
        assert RightDocument.model_fields[name].annotation in {bool, bool | None, TermsStanding}


def test_a_record_is_twenty_six_bytes_and_these() -> None:
    right = RightDocument(
        permitted=True,
        valid_until=date(2020, 1, 2),
        suspended_until=date(2020, 9, 13),
        terms=TermsStanding.ACCEPTED,
        terms_until=date(2020, 1, 3),
        introduced=True,
        guardian_consent=True,
        guest_approved=True,
        facts_ok_until=date(2020, 1, 4),
    )

    assert RECORD.size == 26
    assert pack_right("0f" * 16, right) == b"\x0f" * 16 + b"\x03\x1f\x00\x01\x01\x00\x00\x02\x00\x03"
    assert pack_right("0f" * 16, RightDocument(permitted=False)) == b"\x0f" * 16 + b"\x00\x02" + bytes(8)
    assert pack_right("0f" * 16, RightDocument(permitted=None)) == b"\x0f" * 16 + bytes(10)


def test_a_standing_nobody_knows_is_no_right() -> None:
    record = RECORD.pack(bytes(16), 0x703, 0, 0, 0, 0)

    with pytest.raises(ValueError, match="7 of the terms"):
        list(unpack_rights(record))


@pytest.mark.parametrize("subject", ["", "00" * 15, "00" * 17, "0", "x" * 32])
def test_a_subject_of_another_length_is_not_packed(subject: str) -> None:
    with pytest.raises(ValueError, match=r"a subject is 16 bytes|hexadecimal"):
        pack_right(subject, RightDocument(permitted=True))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (date(1999, 1, 1), date(2020, 1, 2)),
        (date(2020, 1, 1), date(2020, 1, 2)),
        (date(2199, 6, 6), date(2199, 6, 6)),
        (date(9999, 12, 31), date(2199, 6, 6)),
    ],
)
def test_a_day_out_of_reach_is_the_nearest_and_never_none(given: date, kept: date) -> None:
    packed = pack_right("00" * 16, RightDocument(permitted=True, valid_until=given))

    assert list(unpack_rights(packed)) == [("00" * 16, RightDocument(permitted=True, valid_until=kept))]
