"""What staff do with texts patrons accept: write, look, publish; and take a yes, a no or a withdrawal at the desk."""

import re
from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.rules.policy import Guests, Policy
from meroppet.rules.terms import TermsStanding
from meroppet.wire.changes import RightDocument
from server.db import Scope, unscoped
from server.organisations.amendments import set_memberships
from server.patrons.service import Holder, find, set_right
from server.policies.service import set_policy
from server.replication.service import changes
from server.terms.keeping import note_ends, on_record, purge
from server.terms.models import GuestApproval, TermsEvidence, TermsReach
from server.terms.reach import catch_up
from server.terms.service import Draft, VersionView, publish_draft, save_draft, versions_of
from server.terms.standing import Standing, standings
from server.terms.texts import Text
from tests.integration.server.pages.conftest import ANNA, SignIn, Site, Visitor

TODAY = date(2026, 11, 23)
SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')
HERE = {"card": ANNA, "reason": "here"}


def form(days: int = 0, body: str = "Stäng dörren efter dig.", **more: str) -> dict[str, str]:
    """A draft as its form sends it."""
    said = {
        "effective": (TODAY + timedelta(days=days)).isoformat(), "grace_days": "30", "anew": "yes",
        "title_sv": "Avtal om meröppet", "body_sv": body, "changed_sv": "",
        "title_en": "Agreement", "body_en": f"In English: {body}", "changed_en": "",
    }  # fmt: skip
    return {**said, **more}


async def published(site: Site, place: str, *, grace: int = 0, body: str = "Text.") -> VersionView:
    today = site.parts.clock.now().date()
    draft = Draft(effective=today, grace_days=grace, anew=True, texts=(Text(lang="sv", title="Avtal", body=body),))
    async with site.parts.database.session(unscoped("a test publishes")) as session:
        kept = await save_draft(session, "west", place, draft, "seed")
        done = await publish_draft(session, place, kept.number, "seed", today)
    assert isinstance(done, VersionView)
    return done


async def require(site: Site, name: str = "nora", **rules: object) -> None:
    at = await site.branch(name)
    async with site.parts.database.session(at.scope) as session:
        wanted: dict[str, object] = {"minimum_age": 18, "terms_required": True, **rules}
        await set_policy(session, at, Policy(**wanted), "seed")  # type: ignore[arg-type]


async def standing(site: Site, name: str = "nora") -> Standing:
    at = await site.branch(name)
    async with site.parts.database.reading(at.scope) as session:
        patron = await find(session, site.parts.keys, "west", "west", CardNumber(ANNA)) or ""
        return (await standings(session, at, [patron]))[patron]


async def evidence(site: Site) -> list[TermsEvidence]:
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        return list(await session.all(select(TermsEvidence).order_by(col(TermsEvidence.id))))


async def say(visitor: Visitor, **said: str) -> str:
    answer = await visitor.post("/branches/nora/patrons/terms", {**HERE, **said}, on="/")
    return answer.text


async def test_a_text_is_written_looked_at_and_published(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    today = site.parts.clock.now().date()
    said = form((today - TODAY).days)

    saved = await visitor.post("/terms/nora-kommun/draft", said, on="/")
    preview = (await visitor.get("/terms/nora-kommun/preview")).text
    async with site.parts.database.reading(Scope.of_consortium("west")) as session:
        before = await versions_of(session, "nora-kommun")
    seal = SEAL.search(preview)
    assert seal is not None
    unseen = await visitor.post("/terms/nora-kommun/publish", {"number": "1", "seal": "0" * 64}, on="/")
    done = await visitor.post("/terms/nora-kommun/publish", {"number": "1", "seal": seal[1]}, on="/")

    assert unseen.status_code == 422
    assert "Någon annan har publicerat eller ändrat utkastet." in unseen.text
    assert (saved.status_code, saved.headers["location"]) == (303, "/terms/nora-kommun/preview")
    assert "Stäng dörren efter dig." in preview
    assert (before.published, before.draft is not None) == ((), True)
    assert done.headers["location"] == "/terms/nora-kommun?told=published"
    async with site.parts.database.reading(Scope.of_consortium("west")) as session:
        after = await versions_of(session, "nora-kommun")
    assert [(view.number, view.rule.grace_days) for view in after.published] == [(1, 30)]
    assert after.draft is None
    assert [row.action for row in await site.audit()] == ["terms.draft_saved", "terms.published"]
    assert "Avtal om meröppet" in (await visitor.get("/terms/nora-kommun/versions/1")).text


async def test_the_next_version_shows_what_differs_and_how_many_must_accept_anew(site: Site, sign_in: SignIn) -> None:
    first = await published(site, "nora-kommun", body="Stäng dörren.\nSläck ljuset.")
    visitor = await sign_in("municipality")
    await say(visitor, act="accepted", version=first.id, identity="yes", lang="sv")
    today = site.parts.clock.now().date()
    said = form((today - TODAY).days + 1, "Stäng dörren.\nVisa hänsyn.", changed_sv="Om hänsyn.")

    await visitor.post("/terms/nora-kommun/draft", said, on="/")
    page = (await visitor.get("/terms/nora-kommun/preview")).text

    assert re.search(r"<ins>.*Visa hänsyn\.</ins>", page)
    assert re.search(r"<del>.*Släck ljuset\.</del>", page)
    assert "1 låntagare som har godkänt en tidigare version måste godkänna på nytt." in page
    await visitor.post("/terms/nora-kommun/draft", {**said, "anew": "no"}, on="/")
    assert "Ingen som har godkänt en tidigare version" in (await visitor.get("/terms/nora-kommun/preview")).text


WRONG = (
    ({"effective": "i morgon"}, "är ingen dag"),
    ({"grace_days": "366"}, "är inget antal dagar"),
    ({"grace_days": "-1"}, "är inget antal dagar"),
    ({"effective": "2020-01-01"}, "från en dag som har varit"),
    ({"body_sv": ""}, "Det behövs en rubrik och en text på svenska"),
    ({"body_en": ""}, "Det behövs en rubrik och en text på svenska"),
    ({"body_sv": "x" * 20_001}, "Det är för långt"),
)


async def test_a_draft_that_cannot_be_published_says_why(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    today = site.parts.clock.now().date()

    for wrong, says in WRONG:
        answer = await visitor.post("/terms/nora-kommun/draft", form((today - TODAY).days, **wrong), on="/")

        assert answer.status_code == 422, wrong
        assert says in answer.text
        assert "Avtal om meröppet" in answer.text, "what was typed is not lost"


async def test_a_published_version_stays_as_it_is(site: Site, sign_in: SignIn) -> None:
    await published(site, "nora-kommun")
    visitor = await sign_in("municipality")
    today = site.parts.clock.now().date()

    same = await visitor.post(
        "/terms/nora-kommun/draft",
        form((today - TODAY).days, "Text.", title_sv="Avtal", title_en="", body_en=""),
        on="/",
    )
    twice = await visitor.post("/terms/nora-kommun/publish", {"number": "1"}, on="/")

    assert "Varken rubrik eller text skiljer sig" in same.text
    assert (twice.status_code, same.status_code) == (422, 422)
    async with site.parts.database.reading(Scope.of_consortium("west")) as session:
        assert len((await versions_of(session, "nora-kommun")).published) == 1


async def test_each_writes_for_her_own_place_only(site: Site, sign_in: SignIn) -> None:
    for role, place, status in (
        ("branch", "nora-kommun", 404),
        ("municipality", "nora-kommun", 200),
        ("municipality", "west", 404),
        ("municipality", "lind-kommun", 404),
        ("consortium", "west", 200),
        ("consortium", "lind-kommun", 200),
        ("consortium", "teg-kommun", 404),
    ):
        visitor = await sign_in(role)
        assert (await visitor.get(f"/terms/{place}")).status_code == status, (role, place)
    assert (await (await sign_in("branch")).get("/terms")).status_code == 403


async def test_the_desk_takes_a_yes_only_of_somebody_it_has_seen(site: Site, sign_in: SignIn) -> None:
    await require(site)
    version = await published(site, "nora-kommun")
    visitor = await sign_in("branch")

    unseen = await say(visitor, act="accepted", version=version.id, lang="sv")
    page = await say(visitor, act="accepted", version=version.id, lang="sv", identity="yes")

    assert "Titta på en legitimation först" in unseen
    assert "Har godkänt" in page
    (row,) = await evidence(site)
    assert (row.act, row.sha256, row.channel) == ("accepted", version.texts["sv"].sha256, "desk")
    assert row.number_digest != ANNA
    assert await standing(site) == Standing(TermsStanding.ACCEPTED, None, guest_approved=False, said=True)
    rows = await site.audit()
    assert [row.action for row in rows] == ["patron.looked_up", "terms.said"]
    assert ANNA not in rows[1].model_dump_json()


async def test_a_withdrawal_ends_the_right_at_every_door_of_the_consortium(site: Site, sign_in: SignIn) -> None:
    wide = await published(site, "west")
    near = await published(site, "nora-kommun")
    visitor = await sign_in("branch")
    for version in (wide, near):
        await say(visitor, act="accepted", version=version.id, lang="sv", identity="yes")
    assert (await standing(site, "lind")).terms is TermsStanding.ACCEPTED

    page = await say(visitor, act="withdrawn")

    assert "Har återkallat: ingen dörr öppnas" in page
    for name in ("nora", "lind"):
        assert (await standing(site, name)).terms is TermsStanding.WITHDRAWN, name
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        for name in ("nora", "lind"):
            told = await changes(session, "west", [name], 0)
            assert told is not None
            rights = [RightDocument.model_validate(one.value) for one in told.upserts if one.kind == "right"]
            assert [right.terms for right in rights] == [TermsStanding.WITHDRAWN], name
    await say(visitor, act="accepted", version=wide.id, lang="sv", identity="yes")
    assert (await standing(site, "lind")).terms is TermsStanding.ACCEPTED
    assert (await standing(site, "nora")).terms is TermsStanding.WITHDRAWN, "its own text is not accepted again"


async def test_an_approval_across_municipalities_is_recorded_by_itself_and_taken_back(
    site: Site, sign_in: SignIn
) -> None:
    await require(site, terms_required=False, guests=Guests.APPROVED)
    visitor = await sign_in("branch")

    async def approve(**said: str) -> str:
        return (await visitor.post("/branches/nora/patrons/guest", {**HERE, **said}, on="/")).text

    assert "Titta på en legitimation först" in await approve(approved="yes")
    page = await approve(approved="yes", identity="yes", lang="sv")
    mine, other = await standing(site), await standing(site, "lind")
    gone = await approve(approved="no")

    assert "Har godkänt att den här kommunen ser uppgifterna" in page
    assert (mine.guest_approved, other.guest_approved) == (True, False)
    assert "Har inte godkänt" in gone
    assert not (await standing(site)).guest_approved
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        rows = list(await session.all(select(GuestApproval).order_by(col(GuestApproval.id))))
    assert [(row.place, row.approved) for row in rows] == [("nora-kommun", True), ("nora-kommun", False)]


async def test_a_text_of_another_place_is_not_taken(site: Site, sign_in: SignIn) -> None:
    version = await published(site, "lind-kommun")
    visitor = await sign_in("branch")

    answer = await visitor.post(
        "/branches/nora/patrons/terms", {**HERE, "act": "accepted", "version": version.id, "identity": "yes"}, on="/"
    )

    assert answer.status_code == 422
    assert await evidence(site) == []


async def test_a_new_text_is_told_to_every_door_under_it(site: Site) -> None:
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        holder = Holder("west", CardNumber(ANNA))
        await set_right(session, site.parts.keys, at, holder, Right(permitted=True), by="seed")
    assert await catch_up(site.parts.database, site.parts.keys) == 0

    await published(site, "west", grace=10)

    assert await catch_up(site.parts.database, site.parts.keys) == 2
    assert await catch_up(site.parts.database, site.parts.keys) == 0
    async with site.parts.database.reading(unscoped("the test looks")) as session:
        told = await changes(session, "west", ["nora"], 0)
        assert len(list(await session.all(select(TermsReach)))) == 2
    assert told is not None
    (right,) = [RightDocument.model_validate(one.value) for one in told.upserts if one.kind == "right"]
    last = site.parts.clock.now().date() + timedelta(days=9)
    assert (right.terms, right.terms_until) == (TermsStanding.NOT_ASKED, last)


async def test_what_she_said_stays_12_months_after_her_last_right(site: Site, sign_in: SignIn) -> None:
    version = await published(site, "nora-kommun")
    visitor = await sign_in("branch")
    await say(visitor, act="accepted", version=version.id, lang="sv", identity="yes")
    keeping = unscoped("housekeeping")

    async def after(days: int) -> tuple[int, int]:
        site.parts.clock.advance(timedelta(days=days))  # type: ignore[attr-defined]
        async with site.parts.database.session(keeping) as session:
            await note_ends(session, [])
            await purge(session)
        rows = await evidence(site)
        return len(rows), sum(row.patron_id is not None for row in rows)

    assert await after(400) == (1, 1), "a yes stands in for a right where permission comes by itself"
    await say(await sign_in("branch"), act="withdrawn")
    assert await after(1) == (2, 0), "without a right the rows name nobody"
    async with site.parts.database.reading(keeping) as session:
        assert await on_record(session) == []
    page = (await (await sign_in("branch")).post("/branches/nora/patrons", HERE, on="/")).text
    assert "Återkallade" in page, "a dispute finds them by her number"
    assert await after(364) == (2, 0)
    assert await after(2) == (0, 0)


async def test_where_a_municipality_joins_everybody_accepts_anew(site: Site, sign_in: SignIn) -> None:
    version = await published(site, "west", grace=10)
    await say(await sign_in("branch"), act="accepted", version=version.id, lang="sv", identity="yes")
    assert (await standing(site, "lind")).terms is TermsStanding.ACCEPTED
    await catch_up(site.parts.database, site.parts.keys)
    joined = site.parts.clock.now().date() + timedelta(days=3)

    async with site.parts.database.session(unscoped("a municipality joins")) as session:
        await set_memberships(session, "lind-kommun", {"west"}, {("west", joined): None})

    told = await catch_up(site.parts.database, site.parts.keys)
    found = await standing(site, "lind")
    assert (found.terms, found.until) == (TermsStanding.NOT_ASKED, joined + timedelta(days=9))
    assert (await standing(site, "nora")).terms is TermsStanding.ACCEPTED
    assert told == 1
