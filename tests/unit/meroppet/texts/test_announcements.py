"""What is said aloud says it in every language a door can speak, and every such language has words for everything."""

from string import Formatter

import pytest

from meroppet.rules.closing import StepKind
from meroppet.rules.notices import NoticeKind
from meroppet.rules.policy import Companions
from meroppet.rules.reasons import Reason
from meroppet.texts import (
    RIGHT_TO_LEFT,
    DoorLine,
    age_line,
    announcement,
    companions_line,
    countdown,
    door_text,
    help_line,
    languages,
    staff_line,
)
from meroppet.texts.catalogue import FOLDER, read_catalogue

SPOKEN = {StepKind.ANNOUNCE, StepKind.CLOSE, StepKind.REQUEST_ALARM, StepKind.ANNOUNCE_EMPTYING, StepKind.EMPTY}
FURTHER = [lang for lang in languages() if lang != "en"]


def everything(lang: str) -> list[str]:
    """Every sentence somebody at a door or in a branch can meet, in a language."""
    steps = [announcement(kind, minutes, lang, opens="X") for kind in SPOKEN for minutes in (0, 1, 15)]
    said = [door_text(what, lang, opens="X", dots="●") for what in (*Reason, *DoorLine)]
    pairs = [part for each in (*steps, *said) if each is not None for part in (each.title, each.line)]
    lines = [help_line("1", lang), age_line("X", lang), staff_line("X", lang), staff_line("", lang)]
    lines += [countdown(kind, 5, lang) for kind in NoticeKind]
    return pairs + lines + [companions_line(each, lang) for each in Companions]


@pytest.mark.parametrize("lang", FURTHER)
def test_every_sentence_of_the_door_is_said_in_every_language_it_can_speak(lang: str) -> None:
    pairs = zip(everything("en"), everything(lang), strict=True)

    same = {english for english, other in pairs if english == other and english not in {"", "●"}}

    assert same == set()


@pytest.mark.parametrize("lang", FURTHER)
def test_a_translation_has_the_places_of_the_sentence_and_no_others(lang: str) -> None:
    catalogue = read_catalogue(FOLDER / f"{lang}.po")
    for english, translated in catalogue._catalog.items():  # type: ignore[attr-defined]
        if english:
            assert _places(english) == _places(translated), english


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("kind", list(StepKind))
def test_only_what_concerns_those_inside_is_said_aloud(kind: StepKind) -> None:
    assert (announcement(kind, 5, "sv") is not None) == (kind in SPOKEN)


def test_one_minute_is_said_as_one() -> None:
    said = announcement(StepKind.ANNOUNCE, 1, "sv")

    assert said is not None
    assert said.title == "Biblioteket stänger om en minut."


def test_when_one_may_come_back_is_said_only_where_it_is_known() -> None:
    known, unknown = (announcement(StepKind.EMPTY, 0, "sv", opens=opens) for opens in ("kl. 17.03", ""))

    assert known is not None
    assert unknown is not None
    assert known.line == "Du är välkommen in igen med ditt kort kl. 17.03."
    assert unknown.line == ""


def test_the_languages_are_those_of_the_catalogues_and_their_direction_is_known() -> None:
    assert {"sv", "en", "fi", "ar"} <= set(languages())
    assert "ar" in RIGHT_TO_LEFT
    assert not {"sv", "en", "fi"} & RIGHT_TO_LEFT


def test_a_telephone_number_is_read_from_the_left_in_every_language() -> None:
    assert "\u20660771-00\u00a000\u2069" in help_line("0771-00 00", "ar")
    assert help_line("0771-00 00", "fi") == "Apua: 0771-00 00"
