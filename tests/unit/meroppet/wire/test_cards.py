"""Card formats on their way to devices."""

import pytest
from pydantic import ValidationError

from meroppet.rules.card_formats import Barcode, ByteOrder, CardFormats, Checksum, Chip, PatronTag, Phone, UidText
from meroppet.wire.cards import CardsDocument, cards_from_wire, cards_to_wire

FORMATS = CardFormats(
    barcodes=(Barcode(lengths=frozenset({14, 10}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10),),
    phone=Phone(before="LIB:"),
    chip=Chip(lengths=frozenset({7}), order=ByteOrder.REVERSED, text=UidText.DECIMAL),
    patron_tag=PatronTag(libraries=frozenset({"SE-Stkm"})),
    personnummer=True,
)


@pytest.mark.parametrize("formats", [FORMATS, CardFormats()])
def test_formats_come_out_as_they_went_in(formats: CardFormats) -> None:
    assert cards_from_wire(CardsDocument.model_validate_json(cards_to_wire(formats).model_dump_json())) == formats


@pytest.mark.parametrize("spoilt", [{"barcodes": [{"lengths": []}]}, {"chip": {"lengths": [8]}}, {"magnetic": True}])
def test_formats_that_cannot_be_meant_are_none(spoilt: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CardsDocument.model_validate(spoilt)
