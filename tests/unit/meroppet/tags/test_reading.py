"""A tag's memory, a serial number or a text, read as a card."""

import pytest

from meroppet.rules.card_formats import CardFormats, Chip, PatronTag, Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.tags.reading import card_of
from tests.unit.meroppet.tags.test_danish_model import ITEM, PATRON

TAGS = CardFormats(patron_tag=PatronTag(libraries=frozenset({"RU-293"})), chip=Chip())
DAMAGED = PATRON[:5] + b"7" + PATRON[6:]


@pytest.mark.parametrize(
    ("formats", "raw", "meant"),
    [
        (TAGS, PATRON, CardNumber("2935000003649")),
        (None, PATRON, CardNumber("2935000003649")),
        (TAGS, ITEM, Unfit.ITEM_TAG),
        (None, ITEM, Unfit.ITEM_TAG),
        (TAGS, DAMAGED, Unfit.UNREADABLE),
        (TAGS, bytes(36), Unfit.UNREADABLE),
        (CardFormats(chip=Chip()), PATRON, Unfit.KIND),
        (TAGS, bytes.fromhex("1EA68671"), CardNumber("1EA68671")),
        (None, "12345678", CardNumber("12345678")),
    ],
)
def test_a_patrons_card_is_read_and_a_books_tag_is_none(
    formats: CardFormats | None, raw: str | bytes, meant: CardNumber | Unfit
) -> None:
    assert card_of(formats, raw) == meant
