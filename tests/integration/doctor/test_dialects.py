"""Pointed at a register in any dialect, the doctor proposes that register's true profile."""

from dataclasses import replace

import pytest

from meroppet.ils.acs_codings import DecomposedCoding
from meroppet.ils.acs_dialects import DIALECTS, Dialect, Fact
from meroppet.ils.doctor.findings import Check
from meroppet.ils.doctor.subject import Tries
from meroppet.ils.profiles import PRESETS, PinMessage, profile_from_toml, profile_to_toml
from meroppet.sip2.codec import TextCoding
from tests.integration.doctor.conftest import BLOCKED, KNOWN, SUBJECT, Open, against, examined, said

ALL = Tries(empty_pin=True, lock_out=True, loan=True)
FACTS = {"birth_date": Fact.BIRTH_DATE, "category": Fact.CATEGORY, "expires": Fact.EXPIRES, "home": Fact.HOME}


def _field(dialect: Dialect, fact: Fact) -> str | None:
    return next((own.identifier for own in dialect.own if own.fact is fact), None)


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_profile_is_the_dialects_truth_in_everything_that_can_be_seen(open_register: Open, name: str) -> None:
    dialect = DIALECTS[name]
    diagnosis = await examined((await open_register(dialect)).port, KNOWN, ALL)

    profile = diagnosis.profile
    assert profile is not None
    assert profile.wire.coding.charset == dialect.form.coding.charset
    assert profile.wire.terminator == dialect.form.terminator
    assert profile.wire.error_detection is dialect.form.error_detection
    assert profile.wire.needs_login
    assert profile.wire.zone is dialect.zone
    assert {fact: getattr(profile.fields, fact) for fact in FACTS} == {
        fact: _field(dialect, meaning) for fact, meaning in FACTS.items()
    }
    assert profile.fields.may_enter == _field(dialect, Fact.MAY_ENTER)
    assert profile.institution_from_status is dialect.institution_must_match
    assert profile.location_from_status is bool(dialect.location_suffix)
    assert profile.blank_nb_due is not dialect.refuses_blank_dates
    assert profile.pin_message is PinMessage.PATRON_INFORMATION
    assert profile.wrong_pins_until_locked == 3


@pytest.mark.parametrize("name", sorted({*DIALECTS} - {"koha-24", "symphony", "folio"}))
async def test_without_any_fact_about_the_patron_it_finds_the_preset_by_itself(open_register: Open, name: str) -> None:
    diagnosis = await examined((await open_register(DIALECTS[name])).port, SUBJECT, Tries(loan=True))

    # Without the name nothing tells that letters are missing, so the preset's own encoding stands.
    assert diagnosis.based_on == name
    assert diagnosis.profile is not None
    assert replace(diagnosis.profile, name=name) == PRESETS[name]


async def test_a_field_that_only_fits_is_called_guessed_until_its_fact_is_known(open_register: Open) -> None:
    port = (await open_register(DIALECTS["koha-suomi"])).port

    assert {*(await examined(port, SUBJECT)).guessed} >= {"fields.birth_date", "fields.category", "fields.may_enter"}
    assert (await examined(port, KNOWN)).guessed == ("fields.may_enter",)


async def test_only_a_register_that_checks_pins_is_called_safe(open_register: Open) -> None:
    safe = {name: (await examined((await open_register(DIALECTS[name])).port, KNOWN)).is_safe for name in DIALECTS}

    assert {name for name, is_safe in safe.items() if not is_safe} == {"spydus"}


async def test_a_missing_and_an_empty_pin_taken_for_right_are_called_unsafe(open_register: Open) -> None:
    diagnosis = await examined((await open_register(DIALECTS["spydus"])).port, SUBJECT, Tries(empty_pin=True))

    assert against(diagnosis) == [
        (Check.MISSING_PIN, "missing_pin_accepted"),
        (Check.EMPTY_PIN, "empty_pin_accepted"),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "cp850"])
@pytest.mark.parametrize("terminator", [b"\r", b"\r\n"])
async def test_encoding_and_line_end_are_those_heard(open_register: Open, charset: str, terminator: bytes) -> None:
    koha = DIALECTS["koha"]
    form = replace(koha.form, coding=TextCoding(charset), terminator=terminator)
    diagnosis = await examined((await open_register(replace(koha, form=form))).port)

    assert diagnosis.profile is not None
    assert diagnosis.profile.wire.coding.charset == charset
    assert diagnosis.profile.wire.terminator == terminator
    assert said(diagnosis, Check.PROOF) == ["proof"]


async def test_an_age_limit_and_no_birth_date_let_nobody_in(open_register: Open) -> None:
    subject = replace(SUBJECT, age_limit=18)
    told = {
        name: against(await examined((await open_register(DIALECTS[name])).port, subject))
        for name in ("koha", "sierra")
    }

    assert told == {"koha": [], "sierra": [(Check.BIRTH_DATE, "birth_date_needed")]}


async def test_letters_sent_in_two_parts_are_noticed(open_register: Open) -> None:
    evergreen = DIALECTS["evergreen"]
    form = replace(evergreen.form, coding=DecomposedCoding("utf-8"))
    diagnosis = await examined((await open_register(replace(evergreen, form=form))).port)

    assert said(diagnosis, Check.ENCODING) == ["letters_decomposed"]


async def test_a_blocked_patron_is_known_for_what_she_is(open_register: Open) -> None:
    subject = replace(SUBJECT, blocked_card=BLOCKED)
    told = {
        name: said(await examined((await open_register(DIALECTS[name])).port, subject), Check.BLOCKED_PATRON)
        for name in DIALECTS
    }

    assert set(map(tuple, told.values())) == {("block_seen",)}


async def test_a_register_that_hangs_up_on_silence_is_given_up_in_time(open_register: Open) -> None:
    register = await open_register(replace(DIALECTS["koha"], idle_seconds=2.0))

    diagnosis = await examined(register.port, SUBJECT, Tries(idle_seconds=20.0))

    assert said(diagnosis, Check.IDLE) == ["hangs_up"]
    assert diagnosis.profile is not None
    assert diagnosis.profile.idle_seconds < 2.0


async def test_the_proposal_is_a_profile_that_can_be_read_back(open_register: Open) -> None:
    diagnosis = await examined((await open_register(DIALECTS["quria"])).port, KNOWN, ALL)

    assert diagnosis.profile is not None
    text = profile_to_toml(diagnosis.profile, based_on=diagnosis.based_on, notes=dict.fromkeys(diagnosis.seen, "seen"))
    assert profile_from_toml(text) == diagnosis.profile


async def test_nothing_is_lent_unless_asked_for_and_then_it_is_back_again(open_register: Open) -> None:
    register = await open_register()
    looked_at = await examined(register.port, SUBJECT)
    lent = await examined(register.port, SUBJECT, Tries(loan=True))

    assert said(looked_at, Check.LOAN) == []
    assert said(lent, Check.LOAN) == ["loan_with_blank_date"]
    item = register.library.item("3001")
    assert item is not None
    assert item.borrower is None


@pytest.mark.parametrize("tries", [Tries(), Tries(empty_pin=True)])
async def test_the_last_pin_is_the_right_one_so_nobody_is_left_nearer_to_a_lock(
    open_register: Open, tries: Tries
) -> None:
    register = await open_register()
    await examined(register.port, SUBJECT, tries)

    patron = register.library.patron(SUBJECT.card)
    assert patron is not None
    assert patron.wrong_pins == 0


async def test_a_pin_that_was_typed_wrong_is_sent_once_and_never_again(open_register: Open) -> None:
    register = await open_register()
    diagnosis = await examined(register.port, replace(SUBJECT, pin="4321"), ALL)

    patron = register.library.patron(SUBJECT.card)
    assert against(diagnosis) == [(Check.RIGHT_PIN, "right_pin_refused")]
    assert patron is not None
    assert patron.wrong_pins == 1
