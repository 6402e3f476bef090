"""What the display says: Swedish first, English beneath, whom to call, and never a code or a digit of a PIN."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from door_controller.wording import LAMPS, DisplayText, Surroundings, asking, resting, told, tone_of, typing
from hardware.ports import Colour, Tone
from meroppet.rules.access import Site
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
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.texts import DoorLine, door_text

SELF_SERVICE = BranchState.SELF_SERVICE
MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)
HELP = "0771-00 00 00"
WEEK = Schedule("Europe/Stockholm", ((Interval(360, 1320, BranchState.SELF_SERVICE),),) * 7)


def around(now: datetime | None = None) -> Surroundings:
    return Surroundings(HELP, Hours(WEEK), now or datetime(2026, 11, 23, 3, tzinfo=UTC))


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.GRANTED])
def test_every_refusal_says_whom_to_call_and_shows_no_code(reason: Reason) -> None:
    text = told(reason, around())

    assert any(HELP in line for line in text.lines)
    assert not any("_" in line for line in text.shown())
    assert text.lamp.colour is Colour.RED
    assert tone_of(reason) is Tone.FALLING


def test_a_welcome_needs_no_help() -> None:
    text = told(Reason.GRANTED, around())

    assert not any(HELP in line for line in text.shown())
    assert text.lamp.colour is Colour.GREEN
    assert tone_of(Reason.GRANTED) is Tone.RISING


@pytest.mark.parametrize("digits", range(7))
def test_a_dot_for_each_digit(digits: int) -> None:
    assert "".join(asking(digits).lines).count("●") == digits


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
    text = words(resting(site(BranchState.CLOSED), around(now)))

    assert all(word in text for word in says)


@pytest.mark.parametrize(("days", "says"), [(6, "söndag kl. 06.00"), (7, "den 30 november kl. 06.00")])
def test_a_weekday_that_could_be_two_days_is_a_date(days: int, says: str) -> None:
    closed = ExceptionDay(first=MONDAY.date(), last=MONDAY.date() + timedelta(days=days - 1), contents=(Closed(),))
    hours = Hours(replace(WEEK, exceptions=(exception(closed),)))

    assert f"Öppnar {says}." in words(resting(site(BranchState.CLOSED), Surroundings(HELP, hours, MONDAY)))


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
    text = resting(here, around())

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
    text = resting(here, around())

    assert text.title == door_text(reason, "sv").title
    assert text.lamp.colour is Colour.OFF
    assert any(HELP in line for line in text.lines)


def test_maintenance_and_an_emergency_look_the_same_from_the_street() -> None:
    assert resting(site(BranchState.MAINTENANCE), around()) == resting(site(BranchState.EMERGENCY_CLOSED), around())


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
    text = words(resting(site(state), Surroundings(HELP, on_monday(content), MONDAY)))

    assert "Personalen utbildas. " in text
    assert "Staff are in training. " in text
    if state is not BranchState.EVENT:
        assert "Personalen utbildas. Öppnar tisdag kl. 06.00." in text


def test_a_reason_in_one_language_is_not_made_up_in_the_other() -> None:
    around_it = Surroundings(HELP, on_monday(Closed(), TRAINING[:1]), MONDAY)

    lines = resting(site(BranchState.CLOSED), around_it).shown()

    assert "Opens Tuesday at 06:00." in lines
    assert "Personalen utbildas. Öppnar tisdag kl. 06.00." in lines


def test_a_refusal_says_the_reason_too_but_an_open_door_does_not() -> None:
    around_it = Surroundings(HELP, on_monday(OtherHours((Interval(360, 1320, SELF_SERVICE),))), MONDAY)

    assert "Personalen" not in words(resting(site(SELF_SERVICE), around_it))
    assert "Personalen" not in words(told(Reason.WRONG_PIN, around_it))
    closed = Surroundings(HELP, on_monday(Closed()), MONDAY)
    assert "Personalen utbildas." in words(told(Reason.CLOSED, closed))


def test_after_the_last_entry_the_door_says_why_it_closes_early_and_when_it_opens() -> None:
    noon = datetime(2026, 11, 23, 11, tzinfo=UTC)
    hours = on_monday(NotAfter(12 * 60 + 15))
    closes = Pause(PauseKind.LAST_ENTRY, noon + timedelta(minutes=15))

    text = words(resting(site(SELF_SERVICE, pause=closes), Surroundings(HELP, hours, noon, closes)))

    assert "Stänger snart – insläppet är slut\nPersonalen utbildas. Öppnar igen tisdag kl. 06.00." in text


def test_while_the_library_is_emptied_the_door_says_when_one_may_come_back() -> None:
    noon = datetime(2026, 11, 23, 11, tzinfo=UTC)
    emptied = Pause(PauseKind.EMPTYING, noon + timedelta(minutes=10))

    text = words(resting(site(SELF_SERVICE, pause=emptied), Surroundings(HELP, Hours(WEEK), noon, emptied)))

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

    text = words(resting(site(SELF_SERVICE), here))

    assert says in text
    assert ("uppdaterat" in text) is bool(says)


def test_a_typed_number_is_dots() -> None:
    assert "●●●" in typing(3).lines
    assert typing(3).title == door_text(DoorLine.ASK_NUMBER, "sv").title


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
        assert says in words(told(reason, here))
        assert ("Personalen är" in words(told(reason, here))) is bool(says)
    assert "Personalen är" not in words(told(Reason.WRONG_PIN, here))
    assert "här nu" not in words(told(Reason.ILS_UNAVAILABLE, replace(here, staff_awaited=True)))
