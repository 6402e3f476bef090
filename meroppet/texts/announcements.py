"""What is said aloud around a closing, and stands on displays meanwhile: a title to be heard first, and a line."""

from meroppet.rules.closing import StepKind
from meroppet.rules.notices import NoticeKind
from meroppet.rules.policy import Companions
from meroppet.texts.patron import N_, Said, say

_SAID: dict[StepKind, tuple[str, str]] = {
    StepKind.ANNOUNCE: (
        N_("The library closes in {minutes} minutes."),
        N_("Please finish what you are doing, and borrow what you want to take with you."),
    ),
    StepKind.CLOSE: (N_("The library is closed now."), N_("Please go to the exit. The door opens from inside.")),
    StepKind.REQUEST_ALARM: (
        N_("The intruder alarm is about to be turned on."),
        N_("Please leave the library at once. The door opens from inside."),
    ),
    StepKind.ANNOUNCE_EMPTYING: (
        N_("The staff leave in {minutes} minutes, and everybody goes out then."),
        N_("You are welcome in again with your card {opens}."),
    ),
    StepKind.EMPTY: (
        N_("The staff have left. Please go out now."),
        N_("You are welcome in again with your card {opens}."),
    ),
}
_LAST_MINUTE: dict[StepKind, tuple[str, str]] = {
    StepKind.ANNOUNCE: (N_("The library closes in one minute."), N_("Please go to the exit.")),
    StepKind.ANNOUNCE_EMPTYING: (
        N_("The staff leave in one minute, and everybody goes out then."),
        N_("You are welcome in again with your card {opens}."),
    ),
}
_NOTICES: dict[NoticeKind, str] = {
    NoticeKind.CLOSING: N_("Closes in {minutes} min"),
    NoticeKind.EMPTYING_SOON: N_("Emptied in {minutes} min"),
    NoticeKind.EMPTYING: N_("Opens again in {minutes} min"),
}
_COMPANIONS: dict[Companions, str] = {
    Companions.NONE: N_("Let nobody else in with you."),
    Companions.OWN_CHILDREN: N_("You may take your own children along, and nobody else."),
    Companions.FAMILY: N_("You may take your family along, and nobody else."),
}


def announcement(kind: StepKind, minutes: int, lang: str, *, opens: str = "") -> Said | None:
    """What is said at a step, or None where nothing is; `opens` in words ("kl. 17.03"), empty if that is not known."""
    found = _LAST_MINUTE.get(kind) if minutes == 1 else None
    title, line = found or _SAID.get(kind, ("", ""))
    if not title:
        return None
    if "{opens}" in line and not opens:
        line = ""
    return Said(say(title, lang).format(minutes=minutes), say(line, lang).format(opens=opens))


def countdown(kind: NoticeKind, minutes: int, lang: str) -> str:
    """What is soon to happen, in a few words for a display."""
    return say(_NOTICES[kind], lang).format(minutes=minutes)


def companions_line(companions: Companions, lang: str) -> str:
    """Whom somebody who is let in may take along; empty where that is anybody."""
    return say(_COMPANIONS.get(companions, ""), lang)
