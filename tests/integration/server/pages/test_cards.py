"""How a consortium's cards look, on the staff pages: scanned, proposed, saved, and refused where cards were lost."""

import re

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.card_formats import Barcode, CardFormats, Checksum
from meroppet.rules.credentials import CardNumber, mod_10_fits
from meroppet.wire.cards import CardsDocument, cards_from_wire
from server.cards.models import CardSetting, CardShape
from server.cards.service import saw
from server.db import Scope, unscoped
from server.replication.models import Change
from tests.integration.server.pages.conftest import ANNA, SignIn, Site

PAGE = "/cards/west"
INPUT = re.compile(r'name="(lengths_0|prefixes_0|shapes)"[^>]*value="([^"]*)"')
WEST = Scope.of_consortium("west")


def luhn(number: int) -> str:
    return next(f"2935{number:09}{last}" for last in range(10) if mod_10_fits(f"2935{number:09}{last}"))


async def told(site: Site) -> list[str | None]:
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        return list(await session.all(select(col(Change.value)).where(col(Change.kind) == "cards")))


async def test_five_cards_propose_a_setting_that_is_saved_and_told_and_no_number_is_kept(
    site: Site, sign_in: SignIn
) -> None:
    visitor = await sign_in("consortium")
    cards = [luhn(number) for number in (1, 22, 4711, 81573, 999_999_999)]
    assert "läses som det är" in (await visitor.get(PAGE)).text

    page = (await visitor.post(f"{PAGE}/propose", {"scanned": "\r\n".join(cards)}, on=PAGE)).text

    assert "Föreslaget av 5 kort" in page
    said = dict(INPUT.findall(page))
    assert (said["lengths_0"], said["prefixes_0"]) == ("14", "2935")
    assert '<option value="mod_10" selected>' in page
    assert (await visitor.post(PAGE, said | {"checksum_0": "mod_10"}, on=PAGE)).status_code == 303
    (value,) = await told(site)
    barcode = Barcode(lengths=frozenset({14}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10)
    assert cards_from_wire(CardsDocument.model_validate_json(value or "")) == CardFormats(barcodes=(barcode,))
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        rows = [*await session.all(select(CardSetting)), *await session.all(select(CardShape)), *await site.audit()]
    assert not any(card in f"{page}{[row.model_dump() for row in rows]}" for card in cards)

    assert (await visitor.post(f"{PAGE}/remove", on=PAGE)).status_code == 303
    assert await told(site) == [None]
    assert [row.action for row in await site.audit()] == ["cards.scanned", "cards.set", "cards.unset"]


async def test_a_setting_that_loses_cards_already_seen_is_refused_with_their_look(site: Site, sign_in: SignIn) -> None:
    async with site.parts.database.session(WEST) as session:
        await saw(session, "west", CardNumber(luhn(1)))
        await saw(session, "west", CardNumber(luhn(2)))
        await saw(session, "west", CardNumber("199001012385"))
    visitor = await sign_in("consortium")
    assert "14 siffror, börjar med 2935" in (await visitor.get(PAGE)).text

    answer = await visitor.post(PAGE, {"lengths_0": "8"}, on=PAGE)

    assert answer.status_code == 422
    assert "14 siffror, börjar med 2935 – använda 2 gånger" in answer.text
    assert await told(site) == []
    async with site.parts.database.reading(WEST) as session:
        assert [row.seen for row in await session.all(select(CardShape))] == [2]


async def test_the_order_of_a_chips_bytes_is_what_the_register_knows(site: Site, sign_in: SignIn) -> None:
    # The register knows ANNA by eight digits: a reader that gives the bytes the other way round is turned.
    turned = bytes.fromhex(ANNA)[::-1].hex()
    visitor = await sign_in("consortium")

    page = (await visitor.post(f"{PAGE}/propose", {"scanned": turned}, on=PAGE)).text

    assert 'value="reversed" selected' in page
    assert 'name="chip_4" value="yes" checked' in page
    assert "gissning" not in page
    guessed = (await visitor.post(f"{PAGE}/propose", {"scanned": "1EA68671"}, on=PAGE)).text
    assert "gissning" in guessed


async def test_what_cannot_be_meant_is_said(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    for form, sentence in (
        ({"lengths_0": "fjorton"}, "4 till 32"),
        ({"chip": "yes"}, "minst en längd"),
        ({"personnummer": "yes"}, "Inget kort alls"),
    ):
        answer = await visitor.post(PAGE, form, on=PAGE)
        assert answer.status_code == 422
        assert sentence in answer.text
    for scanned, sentence in (("", "minst ett kort"), ("?!\r\n12345678", "kan inte vara ett kort")):
        assert sentence in (await visitor.post(f"{PAGE}/propose", {"scanned": scanned}, on=PAGE)).text


async def test_only_who_decides_for_a_consortium_decides_about_its_cards(site: Site, sign_in: SignIn) -> None:
    for role in ("branch", "municipality"):
        visitor = await sign_in(role)
        assert (await visitor.get("/cards")).status_code == 403
        assert (await visitor.post(PAGE, {"lengths_0": "8"}, on="/")).status_code == 403
    visitor = await sign_in("consortium")
    assert (await visitor.get("/cards")).headers["location"] == PAGE
    assert (await visitor.get("/cards/north")).status_code == 404
