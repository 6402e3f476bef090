"""From what the kiosk's devices say to what happens in the session. Pure: the shell remembers what lies on the pad."""

from collections.abc import Callable

from hardware.ports import CardPresented
from meroppet.rules.card_formats import CardFormats, Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.rules.session import Cancelled, CardShown, Chosen, Finished, Happening, ItemSeen, KeyPressed, Screen, Task
from meroppet.tags.reading import card_of

UNREADABLE = "?"
"""Stands for a code that was too long to be one: nobody's card and no item."""

_TASKS = {"1": Task.BORROW, "2": Task.RETURN}
_NAMES = {"#": "ok", "*": "back"}


def of_card(card: CardPresented, formats: CardFormats | None = None) -> CardShown:
    """A card held to the reader, by the consortium's formats; what can be none becomes a card nobody has."""
    if formats is None and isinstance(card.raw, str):
        return CardShown(card.raw)
    return _shown(card_of(formats, card.raw))


def of_key(screen: Screen, key: str, new_session: Callable[[], str]) -> Happening | None:
    """A key of the keypad beside the screen: 1 and 2 choose, # says yes, * goes back or gives up."""
    if screen in {Screen.IDLE, Screen.REFUSED} and key in _TASKS:
        return Chosen(_TASKS[key], new_session())
    if screen in {Screen.CARD, Screen.PIN}:
        return KeyPressed(_NAMES.get(key, key))
    if key == "#" and screen in {Screen.ITEMS, Screen.RECEIPT}:
        return Finished()
    return Cancelled() if key == "*" and screen is not Screen.IDLE else None


def of_scan(screen: Screen, text: str, formats: CardFormats | None = None) -> Happening | None:
    """A printed code: a card while one is asked for, an item while items are; nothing at an idle screen."""
    if screen in {Screen.CARD, Screen.REFUSED}:
        return CardShown(text) if formats is None else _shown(card_of(formats, text))
    return ItemSeen(text.strip(" \r\n\t")) if screen is Screen.ITEMS else None


def _shown(read: CardNumber | Unfit) -> CardShown:
    return CardShown(read.value if isinstance(read, CardNumber) else "")
