"""What a patron does on her own pages: applies, reads her answer, her visits and everything held, and withdraws."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.terms import TermsStanding
from meroppet.wire.enrolment import DeviceKind, EnrolReply, EnrolRequest
from server.applications.holdings import naming
from server.applications.models import KEPT_DAYS, Application
from server.applications.service import Answer
from server.db import unscoped
from server.db.schema import entities
from server.devices.service import enrol, invite
from server.jobs.purge import purge
from server.patrons.models import Patron, PatronRight
from server.patrons.service import drop_unneeded, find, rights_of, set_right, subjects_of
from server.patrons.suspensions import Suspension, SuspensionReason, suspend
from server.policies.service import set_policy
from server.schedules.listed import STAFF, put_card
from server.terms.models import TermsEvidence
from server.terms.service import Draft, publish_draft, save_draft
from server.terms.standing import standings
from server.terms.texts import Text
from server.visits.service import RefusalRow, VisitRow, keep
from tests.integration.server.applications.conftest import ANNA, BO, BOTH, LOOK, Browser, Pages
from tests.integration.server.applications.test_eid_sign_in import live, order_of, signed_in
from tests.integration.server.eid.conftest import ANNA as ANNA_PERSON
from tests.integration.server.eid.conftest import BO as BO_PERSON
from tests.integration.server.eid.conftest import Phone

SEED = unscoped("a test's seed")
TEXT = Text(lang="sv", title="Villkor för meröppet", body="Du kommer in med ditt eget kort.\n\n- Ingen annan.")


async def right_of(pages: Pages, number: str, at: str) -> Right | None:
    """What the patron's right comes to at a branch."""
    branch = await pages.branch(at)
    async with pages.parts.database.session(SEED) as session:
        found = await rights_of(session, pages.parts.keys, branch, CardNumber(number), register="west")
    return None if found is None else found.effective


async def give(pages: Pages, number: str, at: str) -> None:
    """Staff of a branch give a right."""
    async with pages.parts.database.session(SEED) as session:
        branch, right = await pages.branch(at), Right(permitted=True)
        await set_right(session, pages.parts.keys, branch, pages.holder(number), right, by="seed")


async def publish(pages: Pages, at: str = "nora", text: Text = TEXT) -> None:
    """The branch's municipality publishes a text, which the branch demands."""
    branch = await pages.branch(at)
    async with pages.parts.database.session(SEED) as session:
        today = session.now.astimezone(branch.wall).date()
        draft = Draft(effective=today, grace_days=0, anew=True, texts=(text,))
        view = await save_draft(session, branch.consortium, branch.controller, draft, "seed")
        assert not isinstance(await publish_draft(session, branch.controller, view.number, "seed", today), list)
        await set_policy(session, branch, Policy(minimum_age=18, terms_required=True), "seed")


async def shown(browser: Browser, at: str = "nora") -> str:
    """Which texts the application page shows, as its form says."""
    page = await browser.get(f"/my/apply/{at}")
    assert page.status_code == 200
    return page.text.split('name="shown" value="')[1].split('"')[0]


async def applications(pages: Pages) -> list[Application]:
    async with pages.parts.database.reading(LOOK) as session:
        return list(await session.all(select(Application)))


@BOTH
async def test_applying_is_written_down_once_and_shown_as_waiting(pages: Pages) -> None:
    browser = await pages.with_card()
    assert 'data-state="none"' in (await browser.get("/my/status")).text
    form = {"shown": await shown(browser), "answer": "yes"}

    answer = await browser.post("/my/apply/nora", form, on="/my/apply/nora")
    again = await browser.post("/my/apply/nora", form, on="/my/status")

    assert answer.headers["location"] == "/my/status?done=applied"
    assert again.headers["location"] == "/my/status"
    page = await browser.get("/my/status?done=applied")
    assert 'data-state="waiting"' in page.text
    (row,) = await applications(pages)
    assert (row.branch_id, row.channel, row.state) == ("nora", "card", "waiting")
    assert [entry.action for entry in await pages.audit()][-1] == "application.made"


async def test_an_application_can_be_taken_back(pages: Pages) -> None:
    browser = await pages.with_card()
    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")

    await browser.post("/my/apply/nora/take-back", on="/my/status")

    assert await applications(pages) == []
    assert 'data-state="waiting"' not in (await browser.get("/my/status")).text


async def test_the_text_is_accepted_as_it_was_shown_and_written_down_with_the_application(pages: Pages) -> None:
    await publish(pages)
    browser = await pages.with_card()
    page = await browser.get("/my/apply/nora")
    assert "Villkor för meröppet" in page.text
    assert "<li>Ingen annan.</li>" in page.text

    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")

    async with pages.parts.database.reading(LOOK) as session:
        (row,) = await session.all(select(TermsEvidence))
    assert (row.act, row.channel, row.sha256, row.lang) == ("accepted", "page", TEXT.sha256, "sv")
    assert len(await applications(pages)) == 1


async def test_a_text_that_changed_meanwhile_is_shown_again_and_nothing_is_accepted(pages: Pages) -> None:
    await publish(pages)
    browser = await pages.with_card()
    old = await shown(browser)
    await publish(pages, text=Text(lang="sv", title="Nya villkor", body="Annat."))

    answer = await browser.post("/my/apply/nora", {"shown": old, "answer": "yes"}, on="/my/status")

    assert answer.status_code == 422
    assert "Nya villkor" in answer.text
    assert await applications(pages) == []


@pytest.mark.parametrize("sent", [{}, {"answer": "yes"}, {"answer": "yes", "shown": "sv 00"}, {"shown": "en"}])
async def test_nothing_is_accepted_that_was_not_shown(pages: Pages, sent: dict[str, str]) -> None:
    await publish(pages)
    browser = await pages.with_card()

    assert (await browser.post("/my/apply/nora", sent, on="/my/status")).status_code == 422

    async with pages.parts.database.reading(LOOK) as session:
        assert list(await session.all(select(TermsEvidence))) == []


async def test_to_decline_is_written_down_and_asks_nobody(pages: Pages) -> None:
    await publish(pages)
    browser = await pages.with_card()

    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "no"}, on="/my/apply/nora")

    async with pages.parts.database.reading(LOOK) as session:
        (row,) = await session.all(select(TermsEvidence))
    assert row.act == "declined"
    assert await applications(pages) == []


async def test_whoever_has_the_right_is_asked_for_new_terms_only(pages: Pages) -> None:
    await give(pages, ANNA, "nora")
    browser = await pages.with_card()
    assert 'data-state="may"' in (await browser.get("/my/status")).text
    await publish(pages)
    assert 'data-state="terms"' in (await browser.get("/my/status")).text

    answer = await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")

    assert answer.headers["location"] == "/my/status?done=accepted"
    assert await applications(pages) == []
    right = await right_of(pages, ANNA, "nora")
    assert right is not None
    assert right.terms is TermsStanding.ACCEPTED


async def test_a_text_is_signed_with_bankid_and_the_proof_is_kept_as_a_digest(with_bankid: Pages, phone: Phone) -> None:
    await publish(with_bankid)
    browser = await signed_in(with_bankid, phone)
    sign = await browser.post("/my/apply/nora/sign/bankid", {"shown": await shown(browser)}, on="/my/apply/nora")
    assert sign.headers["location"] == "/my/eid"
    order = await order_of(with_bankid, browser)
    in_app = (await phone.client.post(f"{phone.url}/start", data={"autostart": order.autostart})).json()
    assert in_app["kind"] == "sign"
    assert "Du kommer in med ditt eget kort." in in_app["text"]
    await phone.sign(in_app["ref"], ANNA_PERSON)

    assert (await live(with_bankid, browser))["go"] == "/my/status?done=applied"

    async with with_bankid.parts.database.reading(LOOK) as session:
        (row,) = await session.all(select(TermsEvidence))
    assert (row.channel, len(row.by)) == ("eid", 64)
    (made,) = await applications(with_bankid)
    assert made.channel == "bankid"


async def test_what_somebody_else_signed_is_not_hers(with_bankid: Pages, phone: Phone) -> None:
    await publish(with_bankid)
    browser = await signed_in(with_bankid, phone)
    await browser.post("/my/apply/nora/sign/bankid", {"shown": await shown(browser)}, on="/my/apply/nora")
    await phone.sign(await phone.start(await order_of(with_bankid, browser)), BO_PERSON)

    assert (await live(with_bankid, browser))["go"] == "/my/apply/nora?why=another"

    assert await applications(with_bankid) == []
    async with with_bankid.parts.database.reading(LOOK) as session:
        assert list(await session.all(select(TermsEvidence))) == []


@BOTH
async def test_withdrawing_ends_the_right_at_every_door_and_every_session(pages: Pages) -> None:
    for at in ("nora", "lind"):
        await give(pages, ANNA, at)
    first, second = await pages.with_card(), await pages.with_card(at="lind")
    bystander = await pages.with_card(BO)

    answer = await first.post("/my/withdraw", on="/my/withdraw")

    assert answer.headers["location"] == "/my?done=withdrew"
    for at in ("nora", "lind"):
        right = await right_of(pages, ANNA, at)
        assert right is None or right.permitted is None
    hall = await right_of(pages, ANNA, "hall")
    assert hall is not None
    assert hall.permitted is False
    assert (await second.get("/my/status")).status_code == 303
    assert (await bystander.get("/my/status")).status_code == 200
    assert (await pages.audit())[-1].action == "patron.withdrew"


async def test_whoever_withdrew_may_apply_again_and_staff_decide(pages: Pages) -> None:
    browser = await pages.with_card(at="hall")
    assert 'data-state="may"' in (await browser.get("/my/status")).text
    await browser.post("/my/withdraw", on="/my/withdraw")
    again = await pages.with_card(at="hall")

    answer = await again.post("/my/apply/hall", {"shown": await shown(again, "hall"), "answer": "yes"}, on="/my/status")

    assert answer.headers["location"] == "/my/status?done=applied"


async def test_withdrawing_ends_what_was_accepted_too(pages: Pages) -> None:
    await publish(pages)
    browser = await pages.with_card()
    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")
    await browser.post("/my/withdraw", on="/my/withdraw")

    branch = await pages.branch("nora")
    async with pages.parts.database.session(SEED) as session:
        patron = await find(session, pages.parts.keys, "west", "west", CardNumber(ANNA))
        assert patron is not None
        assert (await standings(session, branch, [patron]))[patron].terms is not TermsStanding.ACCEPTED
        acts = await session.all(select(TermsEvidence.act).order_by(TermsEvidence.id))  # type: ignore[call-overload]
    assert list(acts) == ["accepted", "withdrawn"]
    assert await applications(pages) == []


async def test_nobody_gets_rid_of_a_suspension_by_withdrawing(pages: Pages) -> None:
    await give(pages, ANNA, "nora")
    branch = await pages.branch("nora")
    async with pages.parts.database.session(SEED) as session:
        patron = await find(session, pages.parts.keys, "west", "west", CardNumber(ANNA))
        today = session.now.astimezone(branch.wall).date()
        wanted = Suspension(reason=SuspensionReason.OTHER, first=today, last=today + timedelta(days=30))
        assert await suspend(session, pages.parts.keys, branch, [patron or ""], wanted, by="seed") is None
    browser = await pages.with_card()
    assert 'data-state="suspended"' in (await browser.get("/my/status")).text
    await browser.post("/my/withdraw", on="/my/withdraw")

    again = await pages.with_card()
    assert 'data-state="suspended"' in (await again.get("/my/status")).text
    assert (await again.get("/my/apply/nora")).headers["location"] == "/my/status"


async def test_staffs_no_cannot_be_applied_away(pages: Pages) -> None:
    async with pages.parts.database.session(SEED) as session:
        branch, no = await pages.branch("nora"), Right(permitted=False)
        await set_right(session, pages.parts.keys, branch, pages.holder(ANNA), no, by="seed")
    browser = await pages.with_card()

    assert 'data-state="no"' in (await browser.get("/my/status")).text
    assert (await browser.get("/my/apply/nora")).headers["location"] == "/my/status"


async def visited(pages: Pages, number: str, at: str) -> None:
    """Somebody came in, and was refused a minute later."""
    branch = await pages.branch(at)
    async with pages.parts.database.session(SEED) as session:
        name = f"{number} {at}"
        made = await invite(
            session, pages.parts.keys, branch, kind=DeviceKind.DOOR, name=name, by="seed", url="https://x"
        )
        key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
        request = EnrolRequest(token=made.token, kind=DeviceKind.DOOR, public_key=key, version="1")
        reply = await enrol(session, pages.parts.keys, request)
        assert isinstance(reply, EnrolReply)
        (subject, *_) = await subjects_of(session, pages.parts.keys, branch, CardNumber(number), register="west")
        at_once = session.now
        row = (branch.consortium, branch.controller, at, reply.device, "e", 1, at_once, at_once, subject)
        later = at_once + timedelta(minutes=1)
        refusal = (*row[:5], 2, later, at_once, subject, "closed")
        await keep(session, [VisitRow(*row)], [RefusalRow(*refusal)])


@BOTH
async def test_a_patron_sees_her_own_visits_and_nobody_elses(pages: Pages) -> None:
    await visited(pages, ANNA, "nora")
    await visited(pages, BO, "lind")

    hers = await (await pages.with_card(ANNA)).get("/my/visits")
    his = await (await pages.with_card(BO)).get("/my/visits")

    assert "Nora bibliotek" in hers.text
    assert "Lind bibliotek" not in hers.text
    assert "Lind bibliotek" in his.text
    assert "Nora bibliotek" not in his.text
    assert hers.text.count("<tr>") == 3


@BOTH
async def test_everything_held_about_her_is_hers_to_fetch_and_nothing_of_others(pages: Pages) -> None:
    await publish(pages)
    await give(pages, ANNA, "lind")
    await give(pages, BO, "nora")
    await visited(pages, ANNA, "nora")
    browser = await pages.with_card()
    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")
    async with pages.parts.database.session(SEED) as session:
        branch = await pages.branch("nora")
        await put_card(session, pages.parts.keys, branch, STAFF, CardNumber(ANNA), "Bokklubben", "seed")
    staff = await pages.staff("server")
    await staff.post("/branches/nora/patrons", {"card": ANNA, "reason": "here"}, on="/branches/nora/patrons")

    answer = await browser.get("/my/data.json")

    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    held = answer.json()
    assert held["number"] == ANNA
    assert set(held["held"]) >= {"application", "patron_right", "terms_evidence"}
    assert len(held["visits_and_refusals"]["rows"]) == 2
    assert [each["called"] for each in held["lists"]] == ["Bokklubben"]
    assert held["wrong_pins"] == {"since_the_last_right_one": 0, "in_a_row": 0, "locked": False}
    assert any(entry["action"] == "patron.looked_up" for entry in held["looked_at_by_staff"])
    assert BO not in answer.text
    assert "seed" not in answer.text
    assert "7305" not in answer.text
    assert (await pages.audit())[-1].action == "patron.exported"


def test_every_table_that_names_a_patron_is_in_what_she_fetches() -> None:
    told = {entity.__tablename__ for entity, _ in naming()}
    named = {entity.__tablename__ for entity in entities() if "patron_id" in entity.model_fields}

    assert named <= told


async def test_another_consortiums_branch_is_nobodys_to_apply_at(pages: Pages) -> None:
    browser = await pages.with_card()
    for path in ("/my/apply/teg", "/my/apply/nowhere"):
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, {"answer": "yes"}, on="/my/status")).status_code == 404


async def test_an_application_nobody_answered_is_void_after_ninety_days_and_so_is_who_made_it(pages: Pages) -> None:
    browser = await pages.with_card()
    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")
    pages.clock.advance(timedelta(days=KEPT_DAYS + 1))

    async with pages.parts.database.session(unscoped("the night's work")) as session:
        await purge(session, entities())
        await drop_unneeded(session)

    assert await applications(pages) == []
    async with pages.parts.database.reading(LOOK) as session:
        assert list(await session.all(select(Patron))) == []
        assert list(await session.all(select(PatronRight))) == []


async def test_an_answer_is_read_on_her_page(pages: Pages) -> None:
    browser = await pages.with_card()
    await browser.post("/my/apply/nora", {"shown": await shown(browser), "answer": "yes"}, on="/my/apply/nora")
    (row,) = await applications(pages)
    staff = await pages.staff()
    await staff.post(
        "/branches/nora/applications/decide",
        {"application": row.id, "decision": "refuse", "refusal": "introduction"},
        on="/branches/nora/applications",
    )

    page = await browser.get("/my/status")

    assert 'data-state="refused"' in page.text
    assert "introduktion" in page.text
    assert (await applications(pages))[0].state == Answer.REFUSED.value
