"""The session as HTML: the whole page once, then only the stage inside it, whenever it looks different."""

from pathlib import Path

from kiosk.ports import Surroundings
from kiosk.screens import View, view
from kiosk.sentences import fates, places
from kiosk.session import SessionShell
from meroppet.pages import Pages, pages
from meroppet.pages.prose import pieces
from meroppet.rules.reasons import Reason
from meroppet.runtime.clock import Clock
from meroppet.texts import kiosk_text

HERE = Path(__file__).parent
STATIC = {"kiosk": HERE / "static"}


class Rendering:
    """Renders one kiosk's screen; `keypad` says whether keys stand beside it."""

    def __init__(self, kiosk: SessionShell, surroundings: Surroundings, clock: Clock, *, keypad: bool) -> None:
        self._kiosk = kiosk
        self._surroundings = surroundings
        self._clock = clock
        self._keypad = keypad
        self._pages: Pages = pages(HERE / "templates", HERE / "i18n", static=STATIC)

    def picture(self) -> View:
        """What is to be seen now."""
        return view(self._kiosk, self._surroundings.branch(), self._surroundings.linked(), self._clock)

    def page(self) -> str:
        """The whole page, for a browser that comes."""
        return self._html("kiosk.html", self.picture())

    def lost(self) -> str:
        """What an address shows that leads nowhere."""
        return self._html("lost.html", self.picture())

    def stage(self, picture: View) -> str:
        """The part that changes, for a browser that stays."""
        return self._html("stage.html", picture)

    def _html(self, template: str, picture: View) -> str:
        lang = picture.presentation.lang
        translations = self._pages.translator(lang)
        return self._pages.html(
            template,
            lang,
            view=picture,
            keypad=self._keypad,
            fate=fates(translations, lang),
            where=places(translations),
            prose=pieces,
            refusal=kiosk_text(picture.session.reason or Reason.OUT_OF_ORDER, lang),
        )
