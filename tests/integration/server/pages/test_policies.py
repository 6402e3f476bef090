"""Who may come in, said on three levels: read as sentences, changed with a look at what changes where."""

import asyncio

import pytest

from meroppet.rules.policy import Block, Guests, Policy
from server.db import unscoped
from server.patrons.brake import HeldKind, Taking, held
from server.policies.places import Place, place
from server.policies.service import Outdated, Proposal, TooLoose, history_of, policy_of, propose, say, set_policy
from server.replication.service import changes
from tests.integration.server.pages.conftest import SignIn, Site

LOOKING = unscoped("the test looks")
ON_ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""
DECISION = "Styrgruppen 2026-11-20 § 12"


async def _place(site: Site, name: str) -> Place:
    async with site.parts.database.reading(LOOKING) as session:
        found = await place(session, name)
    assert found is not None
    return found


async def _policy(site: Site, branch: str) -> Policy:
    async with site.parts.database.reading(LOOKING) as session:
        view = await policy_of(session, branch)
    assert view is not None
    return view.policy


async def _say(site: Site, name: str, **stated: object) -> object:
    at = await _place(site, name)
    async with site.parts.database.session(at.scope) as session:
        return await say(session, at, stated, "maj", decision=DECISION)


async def test_a_stricter_consortium_binds_every_branch_beneath_at_once(site: Site) -> None:
    done = await _say(site, "west", minimum_age=20)

    assert isinstance(done, Proposal)
    assert sorted(touched.branch.id for touched in done.touched) == ["lind", "nora"]
    assert [(await _policy(site, name)).minimum_age for name in ("nora", "lind", "teg")] == [20, 20, 18]


@ON_ONE
async def test_a_looser_consortium_leaves_stricter_branches_as_they_are(site: Site) -> None:
    done = await _say(site, "west", minimum_age=16)

    assert isinstance(done, Proposal)
    assert done.touched == ()
    assert (await _policy(site, "nora")).minimum_age == 18


async def test_only_branches_whose_rules_became_others_hear_of_it(site: Site) -> None:
    nora = await site.branch("nora")
    async with site.parts.database.session(nora.scope) as session:
        await set_policy(session, nora, Policy(minimum_age=21), "seed")
    async with site.parts.database.reading(LOOKING) as session:
        before = await changes(session, "west", ["nora", "lind"], 0)
    assert before is not None

    await _say(site, "west", minimum_age=20)

    async with site.parts.database.reading(LOOKING) as session:
        told = {name: await changes(session, "west", [name], before.next) for name in ("nora", "lind")}
    assert {name: [one.kind for one in reply.upserts] for name, reply in told.items() if reply} == {
        "nora": [], "lind": ["policy"],
    }  # fmt: skip


@ON_ONE
async def test_a_lower_level_may_not_be_looser_and_is_told_whose_rule_stands_against_it(site: Site) -> None:
    await _say(site, "west", minimum_age=18, blocks=frozenset({Block.LOST, Block.FEES}), guests=Guests.APPROVED)

    refused = await _say(site, "nora-kommun", minimum_age=16, blocks=frozenset({Block.FEES}), guests=Guests.REFUSED)

    assert isinstance(refused, TooLoose)
    assert [(own.field, own.layer.name) for own in refused.conflicts] == [("minimum_age", "West"), ("blocks", "West")]
    async with site.parts.database.reading(LOOKING) as session:
        assert await history_of(session, await _place(site, "nora-kommun")) == []


async def test_every_version_is_kept_with_its_decision(site: Site) -> None:
    for age in (17, 18, 19):
        await _say(site, "west", minimum_age=age)

    async with site.parts.database.reading(LOOKING) as session:
        versions = await history_of(session, await _place(site, "west"))
    assert [(own.version, own.stated["minimum_age"], own.by, own.decision) for own in versions] == [
        (3, 19, "maj", DECISION), (2, 18, "maj", DECISION), (1, 17, "maj", DECISION),
    ]  # fmt: skip


@ON_ONE
async def test_what_was_changed_meanwhile_is_not_overwritten(site: Site) -> None:
    at = await _place(site, "west")
    await _say(site, "west", minimum_age=19)
    async with site.parts.database.session(at.scope) as session:
        refused = await say(session, at, {"minimum_age": 18}, "eva", decision=DECISION, version=0)

    assert refused == Outdated(1)
    assert (await _policy(site, "nora")).minimum_age == 19


@ON_ONE
async def test_looking_at_what_would_change_stores_nothing(site: Site) -> None:
    at = await _place(site, "west")
    async with site.parts.database.reading(at.scope) as session:
        proposal = await propose(session, at, {"minimum_age": 30})

    assert isinstance(proposal, Proposal)
    assert {touched.branch.id: touched.after and touched.after.minimum_age for touched in proposal.touched} == {
        "nora": 30, "lind": 30,
    }  # fmt: skip
    assert (await _policy(site, "nora")).minimum_age == 18


@ON_ONE
async def test_a_page_says_every_rule_as_a_sentence_and_whose_it_is(site: Site, sign_in: SignIn) -> None:
    await _say(site, "nora-kommun", introduction_required=True)

    page = (await (await sign_in("branch")).get("/branches/nora/policy")).text

    assert "Ingen under 18 år släpps in." in page
    assert "En introduktion på filialen ska ha getts." in page
    assert page.count("<tr>") == 5 + 26
    assert "Nora bibliotek" in page
    assert "/policies/" not in page


async def test_two_levels_changed_at_the_same_time_both_count(site: Site) -> None:
    ages, agreed = {"minimum_age": 20}, {"terms_required": True}
    await asyncio.gather(
        *(
            _say(site, name, **said)
            for name, said in (("west", ages), ("nora-kommun", agreed), ("nora", {"pin_length": 5}))
        )
    )

    policy = await _policy(site, "nora")
    assert (policy.minimum_age, policy.terms_required, policy.pin_length) == (20, True, 5)


FORM = {"op": "preview", "version": "0", "minimum_age": "20", "decision": DECISION}


async def test_a_change_is_shown_before_it_is_saved(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("consortium")
    address = "/policies/west/change"

    page = (await visitor.post(address, FORM, on=address)).text

    assert "Strängare regler gäller genast." in page
    assert page.count("Ingen under 20 år släpps in.") == 3
    assert (await _policy(site, "nora")).minimum_age == 18
    answer = await visitor.post(address, {**FORM, "op": "save"}, on=address)
    assert answer.headers["location"] == "/policies/west?told=saved"
    assert (await _policy(site, "nora")).minimum_age == 20
    page = (await visitor.get("/policies/west")).text
    assert DECISION in page
    rows = await site.audit()
    assert [(row.action, row.data["decision"]) for row in rows] == [("policy.changed", DECISION)]


@ON_ONE
@pytest.mark.parametrize("op", ["preview", "save"])
async def test_a_consortiums_rules_need_a_decision(site: Site, sign_in: SignIn, op: str) -> None:
    visitor, address = await sign_in("consortium"), "/policies/west/change"

    answer = await visitor.post(address, {**FORM, "op": op, "decision": " "}, on=address)

    assert answer.status_code == 422
    assert "beslutet saknas" in answer.text
    assert (await _policy(site, "nora")).minimum_age == 18


@ON_ONE
@pytest.mark.parametrize("op", ["preview", "save"])
async def test_a_looser_rule_is_refused_with_the_sentence_against_it(site: Site, sign_in: SignIn, op: str) -> None:
    await _say(site, "west", minimum_age=18)
    visitor, address = await sign_in("municipality"), "/policies/nora-kommun/change"

    answer = await visitor.post(address, {"op": op, "version": "0", "minimum_age": "16"}, on=address)

    assert answer.status_code == 422
    assert "Ingen under 16 år släpps in." in answer.text
    assert "Ingen under 18 år släpps in." in answer.text
    assert "West" in answer.text


@ON_ONE
async def test_what_cannot_be_read_is_said_at_its_field_and_kept_in_the_form(site: Site, sign_in: SignIn) -> None:
    visitor, address = await sign_in("municipality"), "/policies/nora-kommun/change"
    form = {"op": "save", "version": "0", "minimum_age": "arton", "group_hours": "Schack mån", "pin_length": "9"}

    answer = await visitor.post(address, form, on=address)

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 3
    assert 'value="arton"' in answer.text


@ON_ONE
async def test_a_municipality_decides_neither_for_its_consortium_nor_for_its_neighbour(sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")
    for name, status in (
        ("west", 403), ("lind-kommun", 404), ("lind", 404), ("teg", 404), ("x", 404), ("nora", 200),
        ("nora-kommun", 200),
    ):  # fmt: skip
        assert (await visitor.get(f"/policies/{name}")).status_code == status, name


async def test_a_held_change_is_on_the_first_page_until_somebody_discards_it_with_a_reason(
    site: Site, sign_in: SignIn
) -> None:
    taking = Taking(consortium="west", controller="nora-kommun", kind=HeldKind.BULK, by="maj", taken=30, total=40)
    async with site.parts.database.session(taking.scope) as session:
        view = await held(session, taking)
    assert view is not None
    visitor = await sign_in("municipality")
    assert 'href="/held"' in (await visitor.get("/")).text
    assert 'href="/held"' not in (await (await sign_in("branch")).get("/")).text

    refused = await visitor.post(f"/held/{view.id}/discard", {"why": " "}, on="/held")
    assert (refused.status_code, "30 av 40" in refused.text) == (422, True)
    await visitor.post(f"/held/{view.id}/discard", {"why": "fel fil"}, on="/held")

    assert 'href="/held"' not in (await visitor.get("/")).text
    assert "fel fil" in (await visitor.get("/held")).text
    assert [(row.action, row.data["why"]) for row in await site.audit()] == [("brake.discarded", "fel fil")]


@ON_ONE
async def test_a_branchs_whole_policy_may_not_be_looser_either(site: Site) -> None:
    await _say(site, "west", minimum_age=18)
    nora = await site.branch("nora")

    with pytest.raises(ValueError, match=r"minimum_age = 16 \(West says 18\)"):
        async with site.parts.database.session(nora.scope) as session:
            await set_policy(session, nora, Policy(minimum_age=16), "seed")
