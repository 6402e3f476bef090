"""What the display says: Swedish first, English beneath, whom to call, and never a code or a digit of a PIN."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from door_controller.wording import BROKEN, CLOSED, LAMPS, DisplayText, Surroundings, Wording, tone_at, tone_of
from hardware.ports import Colour, Tone
from meroppet.rules.access import Site, before_pin
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    NotAfter,
    OtherHours,
    ScheduleException,
    Texts,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.policy import Companions
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import ClosingPlan, Schedule
from meroppet.texts import DoorLine, door_text, languages

WORDS = Wording()
SELF_SERVICE = BranchState.SELF_SERVICE
MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)
HELP = "0771-00 00 00"
WEEK = Schedule("Europe/Stockholm", ((Interval(360, 1320, BranchState.SELF_SERVICE),),) * 7)


def around(now: datetime | None = None) -> Surroundings:
    return Surroundings(HELP, Hours(WEEK), now or datetime(2026, 11, 23, 3, tzinfo=UTC))


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.GRANTED])
def test_every_refusal_says_whom_to_call_and_shows_no_code(reason: Reason) -> None:
    text = WORDS.told(reason, around())

    assert any(HELP in line for line in text.shown())
    assert not any("_" in line for line in text.shown())
    assert text.lamp.colour is not Colour.GREEN
    assert tone_of(reason) is not Tone.RISING


def test_a_welcome_needs_no_help() -> None:
    text = WORDS.told(Reason.GRANTED, around())

    assert not any(HELP in line for line in text.shown())
    assert text.lamp.colour is Colour.GREEN
    assert tone_of(Reason.GRANTED) is Tone.RISING


@pytest.mark.parametrize("digits", range(7))
def test_a_dot_for_each_digit(digits: int) -> None:
    assert "".join(WORDS.asking(digits).shown()).count("●") == digits


def site(state: BranchState, way: StaffedDoor = StaffedDoor.CARD, **more: Any) -> Site:
    policy = Policy(minimum_age=16, staffed_door=way)
    here = Site(now=MONDAY, today=MONDAY.date(), clock=ClockTrust.NTP, state=state, policy=policy)
    return replace(here, **more)


def words(text: DisplayText) -> str:
    return "\n".join(text.shown())


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (datetime(2026, 11, 23, 3, tzinfo=UTC), ("Öppnar kl. 06.00.", "Opens at 06:00.")),
        (datetime(2026, 11, 23, 22, tzinfo=UTC), ("Öppnar tisdag kl. 06.00.", "Opens Tuesday at 06:00.")),
    ],
)
def test_a_closed_door_says_when_it_opens(now: datetime, says: tuple[str, str]) -> None:
    text = words(WORDS.resting(site(BranchState.CLOSED), around(now)))

    assert all(word in text for word in says)


@pytest.mark.parametrize(("days", "says"), [(6, "söndag kl. 06.00"), (7, "den 30 november kl. 06.00")])
def test_a_weekday_that_could_be_two_days_is_a_date(days: int, says: str) -> None:
    closed = ExceptionDay(first=MONDAY.date(), last=MONDAY.date() + timedelta(days=days - 1), contents=(Closed(),))
    hours = Hours(replace(WEEK, exceptions=(exception(closed),)))

    assert f"Öppnar {says}." in words(WORDS.resting(site(BranchState.CLOSED), Surroundings(HELP, hours, MONDAY)))


@pytest.mark.parametrize(
    ("here", "line"),
    [
        (None, DoorLine.STARTING),
        (site(BranchState.SELF_SERVICE), DoorLine.IDLE),
        (site(BranchState.SELF_SERVICE, StaffedDoor.FREE), DoorLine.IDLE),
        (site(BranchState.STAFFED), DoorLine.IDLE),
        (site(BranchState.STAFFED, StaffedDoor.FREE), DoorLine.STAFFED),
        (site(BranchState.EVENT), DoorLine.EVENT),
        (site(BranchState.EVENT, listed_only=True), DoorLine.INVITED),
        (site(BranchState.STAFFED, StaffedDoor.FREE, staff_awaited=True, beneath=SELF_SERVICE), DoorLine.IDLE),
    ],
)
def test_a_door_at_rest(here: Site | None, line: DoorLine) -> None:
    text = WORDS.resting(here, around())

    assert text.lamp == LAMPS[line]
    assert text.title == door_text(line, "sv").title


@pytest.mark.parametrize(
    ("here", "reason"),
    [
        (site(BranchState.CLOSED), Reason.CLOSED),
        (site(BranchState.MAINTENANCE), Reason.MAINTENANCE),
        (site(BranchState.EMERGENCY_CLOSED), Reason.EMERGENCY_CLOSED),
        (site(BranchState.STAFFED, staff_awaited=True), Reason.AWAITING_STAFF),
        (site(BranchState.SELF_SERVICE, pause=Pause(PauseKind.LAST_ENTRY, MONDAY)), Reason.LAST_ENTRY),
        (site(BranchState.SELF_SERVICE, pause=Pause(PauseKind.EMPTYING, MONDAY)), Reason.EMPTYING),
    ],
)
def test_a_door_that_opens_for_no_card_says_so_to_everybody_and_its_lamp_is_out(here: Site, reason: Reason) -> None:
    text = WORDS.resting(here, around())

    assert text.title == door_text(reason, "sv").title
    assert text.lamp.colour is Colour.OFF
    assert any(HELP in line for line in text.shown())


def test_maintenance_and_an_emergency_look_the_same_from_the_street() -> None:
    assert WORDS.resting(site(BranchState.MAINTENANCE), around()) == WORDS.resting(
        site(BranchState.EMERGENCY_CLOSED), around()
    )


def exception(*days: ExceptionDay, reasons: Texts = ()) -> ScheduleException:
    return ScheduleException(id="x", level=Level.BRANCH, days=days, reasons=reasons)


TRAINING = (("sv", "Personalen utbildas"), ("en", "Staff are in training."))


def on_monday(content: Content, reasons: Texts = TRAINING) -> Hours:
    day = ExceptionDay(first=MONDAY.date(), last=MONDAY.date(), contents=(content,))
    return Hours(replace(WEEK, exceptions=(exception(day, reasons=reasons),)))


@pytest.mark.parametrize(
    ("state", "content"),
    [
        (BranchState.CLOSED, Closed()),
        (BranchState.MAINTENANCE, Maintenance()),
        (BranchState.EVENT, Event(Window())),
    ],
)
def test_the_public_reason_stands_on_the_door_in_both_languages(state: BranchState, content: Content) -> None:
    text = words(WORDS.resting(site(state), Surroundings(HELP, on_monday(content), MONDAY)))

    assert "Personalen utbildas. " in text
    assert "Staff are in training. " in text
    if state is not BranchState.EVENT:
        assert "Personalen utbildas. Öppnar tisdag kl. 06.00." in text


def test_a_reason_in_one_language_is_not_made_up_in_the_other() -> None:
    around_it = Surroundings(HELP, on_monday(Closed(), TRAINING[:1]), MONDAY)

    lines = WORDS.resting(site(BranchState.CLOSED), around_it).shown()

    assert "Opens Tuesday at 06:00." in lines
    assert "Personalen utbildas. Öppnar tisdag kl. 06.00." in lines


def test_a_refusal_says_the_reason_too_but_an_open_door_does_not() -> None:
    around_it = Surroundings(HELP, on_monday(OtherHours((Interval(360, 1320, SELF_SERVICE),))), MONDAY)

    assert "Personalen" not in words(WORDS.resting(site(SELF_SERVICE), around_it))
    assert "Personalen" not in words(WORDS.told(Reason.WRONG_PIN, around_it))
    closed = Surroundings(HELP, on_monday(Closed()), MONDAY)
    assert "Personalen utbildas." in words(WORDS.told(Reason.CLOSED, closed))


def test_after_the_last_entry_the_door_says_why_it_closes_early_and_when_it_opens() -> None:
    noon = datetime(2026, 11, 23, 11, tzinfo=UTC)
    hours = on_monday(NotAfter(12 * 60 + 15))
    closes = Pause(PauseKind.LAST_ENTRY, noon + timedelta(minutes=15))

    text = words(WORDS.resting(site(SELF_SERVICE, pause=closes), Surroundings(HELP, hours, noon, closes)))

    assert "Stänger snart – insläppet är slut\nPersonalen utbildas. Öppnar igen tisdag kl. 06.00." in text


def test_while_the_library_is_emptied_the_door_says_when_one_may_come_back() -> None:
    noon = datetime(2026, 11, 23, 11, tzinfo=UTC)
    emptied = Pause(PauseKind.EMPTYING, noon + timedelta(minutes=10))

    text = words(WORDS.resting(site(SELF_SERVICE, pause=emptied), Surroundings(HELP, Hours(WEEK), noon, emptied)))

    assert "Öppnar igen kl. 12.10." in text
    assert "Opens again at 12:10." in text


@pytest.mark.parametrize(
    ("ago", "says"),
    [
        (timedelta(minutes=59), ""),
        (timedelta(hours=1), "Senast uppdaterat: kl. 03.00. / Last updated: at 03:00."),
        (timedelta(hours=30), "Senast uppdaterat: lördag"),
        (timedelta(days=9), "Senast uppdaterat: den 14 november"),
    ],
)
def test_a_door_that_has_not_heard_its_server_for_long_says_how_old_its_data_is(ago: timedelta, says: str) -> None:
    here = replace(around(MONDAY), heard_at=MONDAY - ago)

    text = words(WORDS.resting(site(SELF_SERVICE), here))

    assert says in text
    assert ("uppdaterat" in text) is bool(says)


def test_a_typed_number_is_dots() -> None:
    assert "●●●" in WORDS.typing(3).shown()
    assert WORDS.typing(3).title == door_text(DoorLine.ASK_NUMBER, "sv").title


ALSO_STAFFED = Schedule(
    "Europe/Stockholm", ((Interval(360, 1320, BranchState.SELF_SERVICE), Interval(600, 1020, BranchState.STAFFED)),) * 7
)


@pytest.mark.parametrize(
    ("schedule", "hour", "says"),
    [
        (ALSO_STAFFED, 6, "Personalen är här igen kl. 10.00. / Staff are here again at 10:00."),
        (ALSO_STAFFED, 12, "Personalen är här nu. / Staff are here now."),
        (ALSO_STAFFED, 18, "Personalen är här igen tisdag kl. 10.00. / Staff are here again Tuesday at 10:00."),
        (WEEK, 6, ""),
    ],
)
def test_who_cannot_be_checked_is_told_when_staff_are_in(schedule: Schedule, hour: int, says: str) -> None:
    here = Surroundings(HELP, Hours(schedule), datetime(2026, 11, 23, hour, tzinfo=UTC))

    for reason in (Reason.ILS_UNAVAILABLE, Reason.STALE_DATA, Reason.REGISTER_CONTRADICTION):
        assert says in words(WORDS.told(reason, here))
        assert ("Personalen är" in words(WORDS.told(reason, here))) is bool(says)
    assert "Personalen är" not in words(WORDS.told(Reason.WRONG_PIN, here))
    assert "här nu" not in words(WORDS.told(Reason.ILS_UNAVAILABLE, replace(here, staff_awaited=True)))


# Light and sound


def test_the_public_causes_have_each_a_light_and_a_sound_of_their_own() -> None:
    causes = {
        "ask": (tone_at(0), WORDS.asking(0).lamp),
        "checking": (None, WORDS.checking().lamp),
        "accepted": (tone_of(Reason.GRANTED), WORDS.told(Reason.GRANTED, around()).lamp),
        "refused": (tone_of(Reason.WRONG_PIN), WORDS.told(Reason.WRONG_PIN, around()).lamp),
        "closed": (tone_of(Reason.CLOSED), WORDS.told(Reason.CLOSED, around()).lamp),
        "out of order": (tone_of(Reason.OUT_OF_ORDER), WORDS.told(Reason.OUT_OF_ORDER, around()).lamp),
    }
    sounds = [sound for sound, _ in causes.values()]

    assert len({lamp for _, lamp in causes.values()}) == len(causes)
    assert len(set(sounds)) == len(sounds)
    assert Tone.CLICK not in sounds
    assert Tone.BLIP not in sounds


def test_what_is_somebody_s_own_looks_and_sounds_like_any_other_no() -> None:
    personal = [reason for reason in Reason if reason not in CLOSED | BROKEN | {Reason.GRANTED}]

    told = {(tone_of(reason), WORDS.told(reason, around()).lamp) for reason in personal}

    assert told == {(Tone.FALLING, LAMPS.get(Reason.WRONG_PIN, WORDS.told(Reason.WRONG_PIN, around()).lamp))}
    assert len(personal) > 25


def test_only_what_everybody_is_told_before_a_pin_has_a_light_of_its_own() -> None:
    """Whoever stands behind learns of a card no more than the door says to every card."""
    said_to_all = {
        before_pin(each)
        for each in (
            site(BranchState.CLOSED),
            site(BranchState.MAINTENANCE),
            site(BranchState.EMERGENCY_CLOSED),
            site(BranchState.STAFFED, staff_awaited=True),
            site(SELF_SERVICE, pause=Pause(PauseKind.LAST_ENTRY, MONDAY)),
            site(SELF_SERVICE, pause=Pause(PauseKind.EMPTYING, MONDAY)),
            replace(site(SELF_SERVICE), policy=None),
            replace(site(SELF_SERVICE), clock=ClockTrust.NONE),
        )
    }

    assert said_to_all <= CLOSED | BROKEN
    assert said_to_all | {Reason.OUT_OF_ORDER, Reason.ALARM_ARMED, Reason.FIRE} >= CLOSED | BROKEN


def test_every_digit_sounds_alike() -> None:
    assert {tone_at(digits) for digits in range(1, 13)} == {Tone.CLICK}


def test_a_door_that_is_out_of_order_shows_it_to_the_street() -> None:
    text = WORDS.resting(replace(site(SELF_SERVICE), clock=ClockTrust.NONE), around())

    assert text.lamp == LAMPS[Reason.OUT_OF_ORDER]
    assert text.title == door_text(Reason.CLOCK_UNTRUSTED, "sv").title


# Languages


def test_a_small_display_shows_the_first_language_always_and_the_others_in_turn() -> None:
    text = Wording(("sv", "en", "fi", "ar")).resting(site(SELF_SERVICE), around())

    titles = [(page[0], page[2]) for page in text.pages()]

    assert titles == [("Välkommen", "Welcome"), ("Välkommen", "Tervetuloa"), ("Välkommen", "أهلاً وسهلاً")]


def test_a_door_of_one_language_says_everything_once() -> None:
    text = Wording(("fi",)).told(Reason.CLOSED, around(datetime(2026, 11, 23, 22, tzinfo=UTC)))

    assert text.pages() == (("Kirjasto on suljettu", "Avataan tiistaina klo 06.00.", f"Apua: {HELP}"),)


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("now", [datetime(2026, 11, 23, 3, tzinfo=UTC), datetime(2026, 11, 23, 22, tzinfo=UTC)])
def test_every_language_has_words_for_a_time(lang: str, now: datetime) -> None:
    section = Wording((lang,)).told(Reason.CLOSED, around(now)).sections[0]

    assert ("06.00" in section.line) or ("06:00" in section.line)
    assert "{" not in section.line


@pytest.mark.parametrize("spoken", [("sv", "tlh"), ()])
def test_a_language_without_a_catalogue_is_refused_with_those_there_are(spoken: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="there are: ar, en, fi, sv"):
        Wording(spoken)


# Closing and company


def test_the_display_counts_down_from_the_first_announcement_on() -> None:
    hours = Hours(replace(WEEK, closing=ClosingPlan(announcements=(15, 5))))
    said = []
    for minute in (44, 45, 55, 59):
        now = datetime(2026, 11, 23, 20, minute, 30, tzinfo=UTC)
        said.append(WORDS.resting(site(SELF_SERVICE), Surroundings(HELP, hours, now)).shown())

    assert [lines[0] for lines in said] == ["Välkommen", "Stänger om 15 min", "Stänger om 5 min", "Stänger om 1 min"]
    assert said[1][1:] == (
        "Håll ditt lånekort mot läsaren.",
        "Closes in 15 min",
        "Hold your library card to the reader.",
    )


@pytest.mark.parametrize(
    ("companions", "says"),
    [
        (Companions.NONE, "Släpp inte in någon annan."),
        (Companions.OWN_CHILDREN, "Du får ta med dina egna barn, men ingen annan."),
        (Companions.FAMILY, "Du får ta med din familj, men ingen annan."),
        (Companions.ANYONE, ""),
    ],
)
def test_whoever_is_let_in_is_told_whom_to_take_along(companions: Companions, says: str) -> None:
    text = WORDS.told(Reason.GRANTED, replace(around(), companions=companions))

    assert text.sections[0].line == f"Dörren är öppen. Se till att den går igen efter dig. {says}".strip()
    assert says not in words(WORDS.told(Reason.WRONG_PIN, replace(around(), companions=companions))) or not says


def test_while_the_alarm_is_on_at_night_the_door_says_when_the_library_opens() -> None:
    night, day = around(), around(MONDAY + timedelta(hours=9))

    assert WORDS.told(Reason.ALARM_ARMED, night) == WORDS.told(Reason.CLOSED, night)
    assert WORDS.told(Reason.ALARM_ARMED, day).title == door_text(Reason.ALARM_ARMED, "sv").title
    assert WORDS.told(Reason.ALARM_ARMED, Surroundings(HELP)).title == door_text(Reason.ALARM_ARMED, "sv").title
    closed_at_once = Surroundings(HELP, on_monday(Maintenance()), MONDAY)
    assert WORDS.told(Reason.ALARM_ARMED, closed_at_once) == WORDS.told(Reason.MAINTENANCE, closed_at_once)
