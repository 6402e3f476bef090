"""From what a reader says – a text, a serial number, or what is written on a tag – to a card's number."""

from meroppet.rules import card_formats
from meroppet.rules.card_formats import CardFormats, TagContent, Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.tags.danish_model import PATRON_CARD, SHORTEST, read_block


def card_of(formats: CardFormats | None, raw: str | bytes) -> CardNumber | Unfit:
    """The card's number, or why it is none. So many bytes that they are no serial number are what a tag holds."""
    if isinstance(raw, str) or len(raw) < SHORTEST:
        return card_formats.card_of(formats, raw)
    block = read_block(raw)
    if block is None:
        return Unfit.UNREADABLE
    is_patrons = block.usage == PATRON_CARD
    if is_patrons and not block.is_sound:
        # A number that was damaged in reading is another's.
        return Unfit.UNREADABLE
    return card_formats.card_of(formats, TagContent(block.number, block.library, is_patrons))
