"""The test patron: known or not, what stands about her in which field, and in which letters."""

from dataclasses import dataclass
from datetime import date

from meroppet.ils.doctor import fields as guessing
from meroppet.ils.doctor.bench import Bench, Stop
from meroppet.ils.doctor.draft import Draft
from meroppet.ils.doctor.fields import NOTHING, Certainty, Guess
from meroppet.ils.doctor.findings import Check, Finding, Judged
from meroppet.ils.doctor.lettering import Lettering, Letters, lettering
from meroppet.ils.doctor.subject import UNKNOWN_CARD, Subject
from meroppet.ils.profiles import CardEcho
from meroppet.sip2 import requests
from meroppet.sip2.fields import ZoneStyle, read_flag
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.views import PatronView

_JUDGED = {
    Certainty.SURE: Judged.GOOD,
    Certainty.LIKELY: Judged.NOTE,
    Certainty.SEVERAL: Judged.CAREFUL,
    Certainty.NONE: Judged.CAREFUL,
}
_HARMLESS = frozenset({1, 2, 3})
"""Renewal, recall and hold privileges: they say nothing of who may come in (SIP2 2.00, patron status)."""
_LIMITS = {"BZ": "hold items", "CA": "overdue items", "CB": "charged items", "CC": "fee"}


@dataclass(frozen=True, slots=True)
class Places:
    """What the register calls its own places, to know a home branch by."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, bench: Bench) -> "Places":
        told = [bench.status.first(name) or "" for name in ("AO", "AN")] if bench.status is not None else []
        return cls((*told, bench.account.institution, bench.account.location or ""))


async def unknown_card(bench: Bench, pin: str) -> None:
    """A card that nobody has must not be a patron, whatever else the answer says."""
    answer = await bench.may(requests.patron_information(bench.now(), bench.account.institution, UNKNOWN_CARD, pin))
    if answer is None:
        bench.found(Check.UNKNOWN_CARD, Judged.NOTE, "unknown_card_closes")
        return
    view = PatronView(answer)
    if view.pin_is_right is True or view.is_valid is True:
        bench.found(Check.UNKNOWN_CARD, Judged.UNSAFE, "unknown_card_accepted")
    elif view.is_valid is None:
        bench.found(Check.UNKNOWN_CARD, Judged.NOTE, "unknown_card_unsaid")
    else:
        bench.found(Check.UNKNOWN_CARD, Judged.GOOD, "unknown_card_refused")


async def patron(bench: Bench, subject: Subject, draft: Draft) -> RawMessage:
    """What the register says of the test patron; raises Stop unless it is about her."""
    answer = await bench.must(
        requests.patron_information(bench.now(), bench.account.institution, subject.card), Check.PATRON
    )
    valid = read_flag(answer.first("BL"))
    if valid is not True:
        says = "patron_unknown" if valid is False else "patron_unsaid"
        raise Stop(Finding(Check.PATRON, Judged.FAILED, says))
    refuse_other_card(bench, answer, subject.card, Check.PATRON)
    _in_good_standing(bench, PatronView(answer))
    draft.greets_as_koha = any("Greetings from Koha" in text for text in answer.all("AF"))
    draft.card_echo = await _card_echo(bench, answer, subject.card)
    return answer


def refuse_other_card(bench: Bench, answer: RawMessage, card: str, check: Check) -> None:
    """Raises Stop for an answer about somebody else."""
    echoed = answer.first("AA")
    if echoed is None or echoed.strip().casefold() != card.strip().casefold():
        bench.close()
        raise Stop(Finding(check, Judged.FAILED, "other_card"))


def _in_good_standing(bench: Bench, view: PatronView) -> None:
    flags = ", ".join(str(position) for position in sorted(view.flags))
    if view.flags - _HARMLESS:
        bench.found(Check.PATRON, Judged.CAREFUL, "patron_flagged", positions=flags)
    elif flags:
        bench.found(Check.PATRON, Judged.NOTE, "patron_marked", positions=flags)
    else:
        bench.found(Check.PATRON, Judged.GOOD, "patron_known")


async def _card_echo(bench: Bench, answer: RawMessage, card: str) -> CardEcho | None:
    """How the card comes back; only a card with letters can tell whether their case matters."""
    if answer.first("AA") != card:
        bench.found(Check.CARD_ECHO, Judged.NOTE, "echo_differs")
        return CardEcho.CASEFOLD
    if card.swapcase() == card:
        bench.found(Check.CARD_ECHO, Judged.GOOD, "echo_exact")
        return None
    other = await bench.may(requests.patron_information(bench.now(), bench.account.institution, card.swapcase()))
    if other is None or read_flag(other.first("BL")) is not True:
        bench.found(Check.CARD_ECHO, Judged.GOOD, "echo_exact")
        return CardEcho.EXACT
    bench.found(Check.CARD_ECHO, Judged.NOTE, "echo_any_case")
    return CardEcho.CASEFOLD


def letters(bench: Bench, subject: Subject, draft: Draft) -> None:
    """In which encoding it was written."""
    found = draft.lettering = lettering(bench.texts, subject.name)
    values = {"charset": found.charset or "–"}
    if bench.sums_code_points:
        draft.code_point_sum = True
        bench.found(Check.ERROR_DETECTION, Judged.CAREFUL, "sums_code_points")
    judged, says = _letters(found)
    bench.found(Check.ENCODING, judged, says, **values)


def _letters(found: Lettering) -> tuple[Judged, str]:
    match found.letters:
        case Letters.WHOLE:
            return Judged.GOOD, "letters_whole"
        case Letters.DECOMPOSED:
            return Judged.NOTE, "letters_decomposed"
        case Letters.STRIPPED:
            return Judged.CAREFUL, "letters_stripped"
        case Letters.QUESTIONED:
            return Judged.CAREFUL, "letters_questioned"
        case Letters.UNSEEN:
            return Judged.CAREFUL, "letters_unseen"


def zone(bench: Bench, draft: Draft) -> None:
    """What stands between date and time."""
    seen = {stamp[8:12] for stamp in bench.stamps}
    if len(seen) == 1 and seen <= {*ZoneStyle}:
        draft.zone = ZoneStyle(seen.pop())
        bench.found(Check.ZONE, Judged.GOOD, f"zone_{draft.zone.name.lower()}")
    elif seen:
        bench.found(Check.ZONE, Judged.NOTE, "zone_odd", seen=", ".join(sorted(repr(text) for text in seen)))
    else:
        bench.found(Check.ZONE, Judged.NOTE, "zone_unseen")


def facts(bench: Bench, subject: Subject, draft: Draft, answer: RawMessage, today: date) -> None:
    """Which field carries which fact."""
    fields, named = _readable(answer, draft.lettering), draft.fields
    named["birth_date"] = guessing.birth_date(fields, today, subject.born)
    born = named["birth_date"].identifier
    named["expires"] = guessing.expires(fields, today, subject.expires, born)
    named["may_enter"] = guessing.permission(fields, born)
    taken = {guess.identifier for guess in named.values()}
    rest = tuple(pair for pair in fields if pair[0] not in taken)
    named["category"] = guessing.category(rest, subject.category, born)
    named["home"] = guessing.home(rest, Places.of(bench).names, subject.home)
    for name, check in _CHECKS.items():
        if check is Check.BIRTH_DATE and born is None and subject.age_limit > 0:
            bench.found(check, Judged.UNSAFE, "birth_date_needed", years=str(subject.age_limit))
        else:
            _tell(bench, check, named.get(name, NOTHING))
    rest_of = set(guessing.own_fields(fields)) - {guess.identifier for guess in named.values()}
    if rest_of:
        bench.found(Check.OTHER_FIELDS, Judged.NOTE, "other_fields", fields=" ".join(sorted(rest_of)))
    _limits(bench, answer)


_CHECKS = {
    "birth_date": Check.BIRTH_DATE,
    "category": Check.CATEGORY,
    "expires": Check.EXPIRES,
    "home": Check.HOME,
    "may_enter": Check.PERMISSION,
}


def _readable(answer: RawMessage, found: Lettering | None) -> guessing.Fields:
    charset = (found.charset if found is not None else None) or "utf-8"
    return tuple(
        (name, value.encode("latin-1", "replace").decode(charset, "replace").strip()) for name, value in answer.fields
    )


def _tell(bench: Bench, check: Check, guess: Guess) -> None:
    judged = _JUDGED[guess.certainty]
    if check in (Check.HOME, Check.PERMISSION) and guess.certainty is Certainty.NONE:
        judged = Judged.NOTE
    if check is Check.PERMISSION and guess.identifier is not None:
        judged = Judged.CAREFUL
    values = {"field": guess.identifier or "–", "fields": " ".join(guess.several) or "–"}
    bench.found(check, judged, f"{check.value}_{guess.certainty.value}", **values)


def _limits(bench: Bench, answer: RawMessage) -> None:
    told = [f"{name} {(answer.first(name) or '').strip()}" for name in _LIMITS if (answer.first(name) or "").strip()]
    bench.found(Check.LIMITS, Judged.NOTE, "limits" if told else "no_limits", limits=", ".join(told) or "–")
