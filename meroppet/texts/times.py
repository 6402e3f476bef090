"""A moment in words, as people say it in each language: today the time alone, else the day before it."""

from datetime import date, datetime, timedelta

from meroppet.texts.patron import N_, say

A_WEEK = timedelta(days=7)
_WEEKDAYS = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday")),
    *(N_("Friday"), N_("Saturday"), N_("Sunday")),
)
_MONTHS = (
    *(N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June")),
    *(N_("July"), N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)


def when(local: datetime, today: date, lang: str) -> str:
    """A moment on the branch's clock; `today` is the date there. 24 hours, 06.00 in Swedish."""
    at = say(N_("at {hours}:{minutes}"), lang).format(hours=f"{local:%H}", minutes=f"{local:%M}")
    if local.date() == today:
        return at
    # A weekday is enough until it could be this one or the next.
    if abs(local.date() - today) < A_WEEK:
        return f"{say(_WEEKDAYS[local.weekday()], lang)} {at}"
    month = say(_MONTHS[local.month - 1], lang)
    day = say(N_("on {day} {month}"), lang).format(day=local.day, month=month)
    return f"{day} {at}"
