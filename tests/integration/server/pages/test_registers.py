"""The library systems' pages: whose they are, what they show, and an examination begun from there."""

import asyncio
import logging
import re

import pytest

from meroppet.ils.acs_simulator import Fault
from meroppet.ils.doctor.findings import Check, Judged
from server.registers.words import CHECKS, JUDGED, SENTENCES
from tests.integration.server.pages.conftest import ANNA, SignIn, Site, Visitor

FORM = {"branch": "nora", "card": ANNA, "pin": "1234"}


async def _examine(visitor: Visitor, **other: str) -> str:
    """Begin an examination and wait for its end; the page's address."""
    answer = await visitor.post("/registers/west/examine", {**FORM, **other}, on="/registers/west")
    assert answer.status_code == 303
    return answer.headers["location"]


async def _over(site: Site, visitor: Visitor, address: str) -> str:
    run = site.parts.registers.examinations.find("west", address.rsplit("/", 1)[1])
    assert run is not None
    async with asyncio.timeout(60):
        with site.parts.hub.listening(run.topic) as ear:
            while not run.is_over:
                await ear.heard(5.0)
    return (await visitor.get(address)).text


async def test_they_are_for_who_answers_for_a_consortium(sign_in: SignIn) -> None:
    for role, status in {"branch": 403, "municipality": 403, "consortium": 200, "server": 200}.items():
        visitor = await sign_in(role)

        assert (await visitor.get("/registers")).status_code == status
        assert (await visitor.get("/registers/west")).status_code == status
        assert ('href="/registers"' in (await visitor.get("/")).text) is (status == 200)


async def test_an_unknown_register_is_not_there(sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    for path in ("/registers/north", "/registers/west/examinations/x", "/registers/west/examinations/x/live"):
        assert (await visitor.get(path)).status_code == 404


async def test_the_state_is_that_of_the_last_question(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    before = (await visitor.get("/registers")).text
    ils = site.parts.registers.ils("nora", "door")
    assert ils is not None
    await ils.patron(ANNA, "1234")
    after = (await visitor.get("/registers/west")).text
    site.register.control.fault = Fault.CLOSE
    await ils.patron(ANNA, "1234")
    silent = (await visitor.get("/registers")).text

    assert "Inte tillfrågat ännu" in before
    assert "Svarar</span>" in after
    assert "Svarade inte senast" in silent


async def test_an_examination_shows_what_was_seen_and_a_profile(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    page = await _over(site, visitor, await _examine(visitor))

    assert "Inget talar emot en dörr" in page
    assert "registers.profile_changes.wire" in page
    assert "Rätt, med meddelande 63." in page


async def test_times_have_the_decimal_sign_of_the_language(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    address = await _examine(visitor)
    swedish = await _over(site, visitor, address)
    english = (await visitor.get(f"{address}?lang=en")).text

    assert re.search(r"\d,\d ms", swedish)
    assert not re.search(r"\d\.\d ms", swedish)
    assert re.search(r"\d\.\d ms", english)


async def test_nobody_is_named_and_no_secret_is_kept(
    site: Site, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visitor = await sign_in("consortium")
    address = await _examine(visitor, name="Anna Ek", born="1980-01-01", pin="1234")
    page = await _over(site, visitor, address)
    told = (await visitor.get("/registers/west")).text + caplog.text + repr(await site.audit())

    for secret in (ANNA, "Anna Ek", "1980-01-01", "19800101", 'value="1234"', "secret"):
        assert secret not in page
        assert secret not in told
    assert "'1234'" not in told


async def test_it_is_written_down_with_a_digest_for_the_card(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    await _over(site, visitor, await _examine(visitor))

    (entry,) = [entry for entry in await site.audit() if entry.action == "register.examined"]
    assert (entry.branch_id, entry.data["register"], entry.data["locks"]) == ("nora", "west", False)
    assert re.fullmatch("[0-9a-f]{32}", str(entry.data["person"]))


async def test_what_is_wrong_is_shown_first(site: Site, sign_in: SignIn) -> None:
    site.register.control.fault = Fault.WRONG_PATRON
    visitor = await sign_in("consortium")
    page = await _over(site, visitor, await _examine(visitor))

    assert "En dörr får inte förlita sig på" in page
    assert page.index("Svaret gäller ett annat kort") < page.index("Inloggad som")
    assert "saker som är i ordning eller bara noterade" in page


async def test_two_examinations_of_one_register_do_not_go_on_at_once(site: Site, sign_in: SignIn) -> None:
    site.register.control.fault = Fault.SLOW
    site.register.control.seconds = 0.2
    visitor = await sign_in("consortium")

    first, second = await _examine(visitor), await _examine(visitor)

    assert first == second
    assert "Undersökningen pågår" in (await visitor.get(first)).text
    await site.parts.registers.close()


WRONG: tuple[tuple[str, str, str], ...] = (
    ("card", "", "Testlåntagarens kortnummer"),
    ("card", "x", "Testlåntagarens kortnummer"),
    ("branch", "teg", "Med kontot för"),
    ("branch", "127.0.0.1", "Med kontot för"),
    ("born", "i går", "Födelsedatum"),
    ("item", "3" * 81, "Ett testexemplar på sin hylla (streckkod)"),
    ("pin", "12\n34", "Testlåntagarens PIN"),
    ("blocked_card", "?", "Kortnumret för en låntagare som är spärrad"),
)


async def test_a_wrong_field_begins_nothing_and_is_named_at_the_top_of_the_form_with_focus(
    site: Site, sign_in: SignIn
) -> None:
    visitor = await sign_in("consortium")
    for field, value, label in WRONG:
        answer = await visitor.post("/registers/west/examine", {**FORM, field: value}, on="/registers/west")
        form = answer.text.partition('s-examine">')[2]

        assert answer.status_code == 422, field
        assert f"Inget påbörjades: rätta ”{label}”." in form.partition("<label")[0]
        assert re.findall(r"<[^>]* autofocus[^>]*>", answer.text) == re.findall(r'<[^>]*role="alert"[^>]*>', form)
        assert re.findall(r'id="field-(\w+)"[^>]*aria-invalid', answer.text) == [field]
    assert site.parts.registers.examinations.last("west") is None


def test_everything_that_can_be_found_has_words() -> None:
    assert set(CHECKS) == set(Check)
    assert set(JUDGED) == set(Judged)
    assert all(SENTENCES.values())
