"""A draft as its form says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from meroppet.pages import LANGUAGES
from meroppet.rules.terms import MOST_GRACE_DAYS
from server.terms.service import FIRST_LANGUAGE, Draft, VersionView
from server.terms.texts import Text, text_from_form

LATER = 30
"""Days ahead that a new draft proposes, and as many of grace: patrons come by once a month."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, word by word, to be shown again; `wrong` names the field that cannot be read."""

    effective: str
    grace_days: str
    anew: bool
    texts: Mapping[str, Text]
    wrong: str = ""


def typed(form: Mapping[str, object]) -> Typed:
    """What the form says."""

    def said(name: str) -> str:
        return str(form.get(name) or "").strip()

    texts = {
        each.code: text_from_form(
            each.code, said(f"title_{each.code}"), said(f"body_{each.code}"), said(f"changed_{each.code}")
        )
        for each in LANGUAGES
    }
    return Typed(said("effective"), said("grace_days"), said("anew") != "no", texts)


def draft_from(said: Typed) -> Draft | Typed:
    """The draft, or what was typed with the name of the field that cannot be read."""
    try:
        effective = date.fromisoformat(said.effective)
    except ValueError:
        return Typed(said.effective, said.grace_days, said.anew, said.texts, "effective")
    if not (said.grace_days.isascii() and said.grace_days.isdigit() and int(said.grace_days) <= MOST_GRACE_DAYS):
        return Typed(said.effective, said.grace_days, said.anew, said.texts, "grace_days")
    # A language nobody wrote in is left out; the first one is then shown.
    texts = tuple(text for text in said.texts.values() if text.title or text.body or text.lang == FIRST_LANGUAGE)
    return Draft(effective=effective, grace_days=int(said.grace_days), anew=said.anew, texts=texts)


def typed_of(view: VersionView) -> Typed:
    """A version as its form would say it."""
    rule = view.rule
    return Typed(rule.effective.isoformat(), str(rule.grace_days), rule.anew, view.texts)


def proposed(before: VersionView | None, day: date) -> Typed:
    """What the form of a new draft shows: the text before it, to be changed; what was new in that one is left out."""
    texts = {} if before is None else before.texts
    kept = {lang: Text(lang=lang, title=text.title, body=text.body) for lang, text in texts.items()}
    return Typed(day.isoformat(), str(LATER), True, kept)
