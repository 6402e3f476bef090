"""How the person before the screen wants it: language and height; forgotten when the session ends."""

from dataclasses import dataclass, replace

from meroppet.pages import LANGUAGES

DEFAULT_LANGUAGE = LANGUAGES[0].code


@dataclass(frozen=True, slots=True)
class Presentation:
    """`lowered` moves everything down to where it can be reached from a wheelchair."""

    lang: str = DEFAULT_LANGUAGE
    lowered: bool = False

    def speaking(self, code: str) -> "Presentation":
        """The same in another language; an unknown one changes nothing."""
        return replace(self, lang=code) if code in {language.code for language in LANGUAGES} else self

    def turned(self) -> "Presentation":
        """Lowered if it was not, and the other way round."""
        return replace(self, lowered=not self.lowered)
