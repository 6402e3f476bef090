"""A kiosk asks a patron for what she has not accepted yet, and what she answers is written down with its evidence."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.eligibility import Right
from meroppet.rules.policy import Guests, Policy
from meroppet.rules.terms import Act, Channel, TermsStanding
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.terms import PaperAnswerReply, PapersReply, WirePaper
from server.db import unscoped
from server.policies.service import set_policy
from server.terms.models import GuestApproval, TermsEvidence
from server.terms.service import Draft, VersionView, publish_draft, save_draft
from server.terms.standing import Standing, standings
from server.terms.texts import Text
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, PIN, House

HERE = "skiljebo"


async def published(
    house: House, place: str, *, days: int = 0, grace: int = 0, body: str = "Stäng dörren efter dig."
) -> VersionView:
    """A text of a place, in force so many days from now."""
    today = house.clock.now().date()
    texts = (
        Text(lang="sv", title="Avtal", body=body, changed="Nytt om dörren."),
        Text(lang="en", title="Agreement", body=f"In English: {body}"),
    )
    draft = Draft(effective=today + timedelta(days=days), grace_days=grace, anew=True, texts=texts)
    consortium = house.branches[HERE].consortium
    async with house.database.session(unscoped("a test publishes")) as session:
        kept = await save_draft(session, consortium, place, draft, "staff")
        done = await publish_draft(session, place, kept.number, "staff", today)
    assert isinstance(done, VersionView)
    return done


async def require(house: House, **rules: object) -> None:
    async with house.database.session(house.branches[HERE].scope) as session:
        wanted: dict[str, object] = {"minimum_age": 15, "terms_required": True, **rules}
        await set_policy(session, house.branches[HERE], Policy(**wanted), "staff")  # type: ignore[arg-type]


async def kiosk(house: House) -> SigningDevice:
    """A kiosk before which Astrid has just logged in."""
    device = await house.device(HERE, DeviceKind.KIOSK)
    sealed = device.seal("s1", ASTRID, PIN)
    response = await device.ask("POST", "/ils/patron", {"session": "s1", "sealed": sealed})
    assert response.json()["pin"] == "right", response.text
    return device


async def due(device: SigningDevice) -> tuple[WirePaper, ...]:
    response = await device.ask("POST", "/terms/due", {"session": "s2", "sealed": device.seal("s2", ASTRID, PIN)})
    assert response.status_code == 200, response.text
    return PapersReply.model_validate_json(response.content).papers


async def answer(device: SigningDevice, paper: WirePaper, act: str, lang: str = "sv", sha256: str = "") -> bool:
    text = next(each for each in paper.texts if each.lang == lang)
    body = {
        "session": "s3", "sealed": device.seal("s3", ASTRID, PIN), "paper": paper.id,
        "act": act, "lang": lang, "sha256": sha256 or text.sha256,
    }  # fmt: skip
    response = await device.ask("POST", "/terms/answer", body)
    assert response.status_code == 200, response.text
    return PaperAnswerReply.model_validate_json(response.content).kept


async def evidence(house: House) -> list[TermsEvidence]:
    async with house.database.reading(unscoped("the test looks")) as session:
        return list(await session.all(select(TermsEvidence).order_by(col(TermsEvidence.id))))


async def standing(house: House) -> Standing:
    rows = await evidence(house)
    async with house.database.reading(house.branches[HERE].scope) as session:
        return (await standings(session, house.branches[HERE], [rows[0].patron_id or ""]))[rows[0].patron_id or ""]


async def test_she_is_asked_once_and_her_yes_is_kept_with_the_words_she_read(house: House) -> None:
    await require(house)
    version = await published(house, house.branches[HERE].controller)
    device = await kiosk(house)

    papers = await due(device)
    kept = await answer(device, papers[0], "accepted", "en")
    again = await due(device)

    assert [(paper.kind, [text.lang for text in paper.texts]) for paper in papers] == [("terms", ["sv", "en"])]
    assert papers[0].texts[0].changed == ""
    assert (kept, again) == (True, ())
    (row,) = await evidence(house)
    assert (row.act, row.version_id, row.lang, row.sha256) == ("accepted", version.id, "en", version.texts["en"].sha256)
    assert (row.channel, row.by, row.branch_id) == (Channel.KIOSK.value, device.device, HERE)
    assert (await standing(house)).terms is TermsStanding.ACCEPTED


async def test_not_now_is_asked_again_and_no_is_not(house: House) -> None:
    await require(house)
    await published(house, house.branches[HERE].controller, grace=10)
    device = await kiosk(house)

    (paper,) = await due(device)
    assert await answer(device, paper, "asked")
    later = await due(device)
    assert await answer(device, paper, "declined")

    assert [each.id for each in later] == [paper.id]
    assert paper.until == house.clock.now().date() + timedelta(days=9)
    assert await due(device) == ()
    assert (await standing(house)).terms is TermsStanding.DECLINED
    other = await published(house, house.branches[HERE].controller, body="Andra ord.")
    assert [each.id for each in await due(device)] == [f"terms:{other.id}"], "her no was to other words"


async def test_the_texts_of_consortium_and_municipality_are_asked_one_after_the_other(house: House) -> None:
    await require(house)
    wide = await published(house, house.branches[HERE].consortium, body="Lånevillkor.")
    near = await published(house, house.branches[HERE].controller)

    papers = await due(await kiosk(house))

    assert [paper.id for paper in papers] == [f"terms:{wide.id}", f"terms:{near.id}"]


async def test_a_new_version_is_asked_about_from_its_day_with_what_is_new(house: House) -> None:
    await require(house)
    await published(house, house.branches[HERE].controller)
    device = await kiosk(house)
    assert await answer(device, (await due(device))[0], "accepted")
    second = await published(house, house.branches[HERE].controller, days=2, grace=5, body="Släck ljuset.")

    before = await due(device)
    house.clock.advance(timedelta(days=2))
    device = await kiosk(house)
    papers = await due(device)

    assert before == ()
    assert [(paper.id, paper.texts[0].changed) for paper in papers] == [(f"terms:{second.id}", "Nytt om dörren.")]
    assert (await standing(house)).terms is TermsStanding.PENDING


async def test_nothing_is_asked_where_no_rule_requires_it(house: House) -> None:
    await published(house, house.branches[HERE].controller)
    device = await kiosk(house)
    assert await due(device) == ()

    await require(house)

    assert len(await due(device)) == 1


async def test_a_guest_is_asked_for_an_approval_that_is_kept_by_itself(house: House) -> None:
    await require(house, terms_required=False, guests=Guests.APPROVED)
    device = await kiosk(house)
    assert await due(device) == (), "a register that names no home makes nobody a guest"
    library = house.register.library
    library.patron(ASTRID).home = "fagersta"  # type: ignore[union-attr]

    (paper,) = await due(device)
    assert await answer(device, paper, "accepted")

    assert paper.kind == "guest"
    assert await due(device) == ()
    assert await evidence(house) == []
    async with house.database.reading(unscoped("the test looks")) as session:
        (row,) = await session.all(select(GuestApproval))
        found = await standings(session, house.branches[HERE], [row.patron_id])
    assert (row.approved, row.place, row.sha256) == (True, house.branches[HERE].controller, paper.texts[0].sha256)
    assert found[row.patron_id].guest_approved


async def test_an_answer_to_other_words_than_those_that_hold_is_not_kept(house: House) -> None:
    await require(house)
    await published(house, house.branches[HERE].controller)
    device = await kiosk(house)
    (paper,) = await due(device)

    assert not await answer(device, paper, "accepted", sha256="0" * 64)
    assert not await answer(device, paper.model_copy(update={"id": "terms:nothing"}), "accepted")
    assert not await answer(device, paper.model_copy(update={"id": "guest:elsewhere"}), "accepted")
    assert await evidence(house) == []


async def test_only_whoever_was_identified_at_this_kiosk_is_asked_or_answers(house: House) -> None:
    await require(house)
    await published(house, house.branches[HERE].controller)
    device = await house.device(HERE, DeviceKind.KIOSK)
    door = await house.device()
    body = {"session": "s2", "sealed": device.seal("s2", ASTRID, PIN)}

    assert (await device.ask("POST", "/terms/due", body)).status_code == 403
    assert (await door.ask("POST", "/terms/due", body)).status_code == 403
    assert (await device.ask("POST", "/terms/due", {**body, "session": "other"})).status_code == 400
    said = {**body, "paper": "terms:x", "act": Act.WITHDRAWN.value, "lang": "sv", "sha256": ""}
    assert (await device.ask("POST", "/terms/answer", said)).status_code in {400, 422}


async def test_a_yes_makes_the_doors_of_the_branch_hear_of_it(house: House) -> None:
    await require(house)
    await house.give(Right(permitted=True))
    await published(house, house.branches[HERE].controller)
    device, door = await kiosk(house), await house.device()
    before = (await door.ask("GET", "/changes?after=0")).json()

    assert await answer(device, (await due(device))[0], "accepted")

    found = (await door.ask("GET", f"/changes?after={before['next']}")).json()
    told = [one for one in found["upserts"] if one["kind"] == "right"]
    assert [one["value"]["terms"] for one in told] == ["accepted"]
