"""Pages about who may come in, under attack: hand-made forms, odd days and files, looks that leave no trace."""

import re
from datetime import date

import httpx2

from meroppet.ils.fake import FakeIls, Library, Patron
from server.registers.connecting import Ways
from tests.integration.server.pages.conftest import ANNA, TOKEN, SignIn, Site, Visitor

DESK = "/branches/nora/patrons"
SHE = {"card": ANNA, "reason": "here"}


async def upload(visitor: Visitor, data: bytes) -> httpx2.Response:
    page = f"{DESK}/numbers"
    found = TOKEN.search((await visitor.get(page)).text)
    assert found is not None
    form = {"token": found[1], "op": "look"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return await visitor.client.post(page, data=form, files={"file": ("list.csv", data)}, headers=headers)


MISTAKES = [
    ("right", {"permitted": "yes", "reach": "branch", "valid_until": "soon"}),
    ("seen", {"what": "introduction", "on": "2999-01-01"}),
    ("suspend", {"why": "", "reach": "branch", "last": ""}),
    ("suspend", {"why": "damage", "reach": "branch", "last": "2020-01-01"}),
    ("lift", {"suspension": "none"}),
    ("notice", {"suspension": "none"}),
    ("number", {"old": "!"}),
    ("number", {"old": ANNA}),
    ("number", {"old": "40404040"}),
    ("terms", {"act": "accepted", "version": "none"}),
    ("terms", {"act": "declined", "version": "none"}),
    ("guest", {"approved": "yes"}),
]


async def test_a_form_with_a_mistake_shows_nobody_without_an_audit_row(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    for path, form in MISTAKES:
        before = len(await site.audit())
        page = await visitor.post(f"{DESK}/{path}", {**SHE, **form}, on=DESK)
        assert "Anna Ek" in page.text, path
        assert [row.action for row in (await site.audit())[before:]] == ["patron.looked_up"], path


async def test_the_log_takes_no_words_of_a_hand_made_form(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")
    suspended = {**SHE, "why": "damage", "reach": "branch", "last": "2026-12-24"}
    page = (await visitor.post(f"{DESK}/suspend", suspended, on=DESK)).text
    (number,) = set(re.findall(r'name="suspension" value="(\w+)"', page))

    await visitor.post(f"{DESK}/notice", {**SHE, "suspension": number, "notice": "Anna Ek bor på Storgatan"}, on=DESK)

    rows = await site.audit()
    assert [row.action for row in rows] == ["right.suspended", "right.notice"]
    assert "Anna" not in rows[-1].model_dump_json()


async def test_whoever_is_looked_up_by_another_card_finds_the_look_under_her_number(
    site: Site, sign_in: SignIn
) -> None:
    visitor, tag = await sign_in("branch"), "04A1B2C3"
    patron = Patron(card=ANNA, pin="1234", name="Anna Ek", user_name=tag)
    # A register like Koha over REST, which says whose a tag is by her number.
    ils = FakeIls(Library([patron], [], lambda: date(2026, 11, 23)), "nora")
    site.parts.registers._open["nora"] = Ways(ils, ils)

    await visitor.post(DESK, SHE, on=DESK)
    await visitor.post(DESK, {"card": tag, "reason": "here"}, on=DESK)
    await visitor.post("/branches/nora/why", {"card": tag, "reason": "here"}, on="/branches/nora/why")

    rows = await site.audit()
    assert [row.action for row in rows] == ["patron.looked_up", "patron.looked_up", "patron.asked"]
    assert len({row.data["person"] for row in rows}) == 1


async def test_the_first_and_the_last_day_there_are_break_no_page(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    tag = {"kind": "cleaner", "label": "Städ", "when": "open", "pin": "2739"}
    code = {"kind": "visitor", "label": "Besök", "when": "open"}

    for day in ("0001-01-01", "9999-12-31"):
        answers = [
            await visitor.post("/branches/nora/why", {"day": day}, on=DESK),
            await visitor.post("/branches/nora/why", {**SHE, "day": day, "time": "00.01"}, on=DESK),
            await visitor.post("/branches/nora/why", {**SHE, "day": day, "time": "23.59"}, on=DESK),
            await visitor.post("/branches/nora/passes/new/tag", {**tag, "first": day}, on=DESK),
            await visitor.post("/branches/nora/passes/new/tag", {**tag, "last": day}, on=DESK),
            await visitor.post("/branches/nora/passes/new/code", {**code, "first": day, "last": day}, on=DESK),
            await visitor.post(f"{DESK}/suspend", {**SHE, "why": "damage", "reach": "branch", "last": day}, on=DESK),
            await visitor.post(f"{DESK}/seen", {**SHE, "what": "introduction", "on": day}, on=DESK),
            await visitor.post(
                f"{DESK}/right", {**SHE, "permitted": "yes", "reach": "branch", "valid_until": day}, on=DESK
            ),
            await visitor.post(DESK, SHE, on=DESK),
        ]
        assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], day


FILES = [
    b'old,new\n10000001,"' + b"a" * 140_000,
    "old,new\n10000001,20000001\n".encode("utf-16"),
    b"\x00" * 5_000,
    b"old,new\n=HYPERLINK(1),<script>alert(1)</script>\n",
]


async def test_no_file_of_new_numbers_breaks_the_page(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")

    for data in FILES:
        answer = await upload(visitor, data)
        assert answer.status_code in {200, 422}, data[:30]
        assert "<script>alert" not in answer.text


async def test_a_file_of_new_numbers_as_excel_writes_unicode_text_is_read(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    data = f"old;new\r\n{ANNA};20000001\r\n".encode("utf-16")

    answer = await upload(visitor, data)

    assert answer.status_code == 200
    assert f"{ANNA};20000001" in answer.text
