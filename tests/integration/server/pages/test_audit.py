"""The log of what staff did: who may read what of it, a page at a time, and that reading it is a line of it."""

import re

import pytest
from sqlalchemy import select
from sqlmodel import col

from server.audit.models import ServerAuditEntry
from server.audit.service import PAGE, record
from server.audit.words import ACTIONS
from server.db import unscoped
from tests.integration.server.pages.conftest import ANNA, SignIn, Site


async def _did(site: Site, action: str, *branches: str) -> None:
    for name in branches:
        at = await site.branch(name)
        async with site.parts.database.session(at.scope) as session:
            await record(session, action, "someone", at.scope, {"person": "0123abcd"}, branch=at.id)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("municipality", {"Nora bibliotek"}),
        ("consortium", {"Nora bibliotek", "Lind bibliotek"}),
        ("server", {"Nora bibliotek", "Lind bibliotek", "Teg bibliotek"}),
    ],
)
async def test_each_role_reads_what_concerned_its_own_places(
    site: Site, sign_in: SignIn, role: str, seen: set[str]
) -> None:
    await _did(site, "alarms.seen", "nora", "lind", "teg")

    page = (await (await sign_in(role)).get("/audit")).text

    assert set(re.findall(r"\w+ bibliotek", page)) == seen
    assert "Tittade på larmen" in page
    assert "<code>alarms.seen</code>" in page
    assert "<code>person: 0123abcd</code>" in page


async def test_a_branchs_staff_see_neither_the_log_nor_a_link_to_it(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("branch")

    assert [(await visitor.get(path)).status_code for path in ("/audit", "/audit/server")] == [403, 403]
    assert 'href="/audit"' not in (await visitor.get("/")).text
    assert 'href="/audit"' in (await (await sign_in("municipality")).get("/")).text


async def test_that_the_log_was_read_is_a_line_of_it_once(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("municipality")

    assert "audit.read" not in (await visitor.get("/audit")).text
    assert (await visitor.get("/audit")).text.count("<code>audit.read</code>") == 1

    rows = await site.audit()
    assert [(row.action, row.consortium_id, row.controller_id) for row in rows] == [
        ("audit.read", "west", "nora-kommun")
    ] * 2


async def test_the_servers_log_is_for_who_runs_it(site: Site, sign_in: SignIn) -> None:
    assert (await (await sign_in("consortium")).get("/audit/server")).status_code == 403

    page = (await (await sign_in("server")).get("/audit/server")).text

    assert "<code>staff.sign_in</code>" in page
    assert "Loggade in" in page


async def test_the_log_is_read_a_page_at_a_time_newest_first(site: Site, sign_in: SignIn) -> None:
    at, visitor = await site.branch("nora"), await sign_in("municipality")
    async with site.parts.database.session(at.scope) as session:
        for number in range(PAGE + 3):
            await record(session, "alarms.seen", "someone", at.scope, {"line": number}, branch=at.id)

    first = (await visitor.get("/audit")).text
    older = re.search(r'href="(/audit\?before=\d+)"', first)
    assert older is not None
    second = (await visitor.get(older[1])).text

    assert [int(line) for line in re.findall(r"line: (\d+)", first)] == list(range(PAGE + 2, 2, -1))
    assert [int(line) for line in re.findall(r"line: (\d+)", second)] == [2, 1, 0]
    assert "?before=" not in second.split("<main")[1]


async def test_everything_staff_do_has_words_in_both_languages(site: Site, sign_in: SignIn) -> None:
    at, visitor = await site.branch("nora"), await sign_in("municipality")
    async with site.parts.database.session(at.scope) as session:
        for action in ACTIONS:
            await record(session, action, "someone", at.scope, branch=at.id)
    texts = [(await visitor.get(f"/audit?lang={lang}")).text.replace("<wbr>", "") for lang in ("sv", "en")]

    for action in ACTIONS:
        said = [re.search(rf">([^<]+)</span><code>{re.escape(action)}</code>", text) for text in texts]
        assert said[0] is not None
        assert said[1] is not None
        assert action != said[0][1] != said[1][1] != action


async def test_no_page_writes_an_action_that_has_no_words(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("server")
    card = {"card": ANNA, "permitted": "yes", "reach": "branch"}
    for path in ("patrons", "patrons/right", "patrons/forget", "why", "seen"):
        await visitor.post(f"/branches/nora/{path}", card, on="/")
    await visitor.post("/staff/invite", {"grant": "branch:nora"}, on="/staff")
    await visitor.get("/audit")
    await visitor.get("/audit/server")

    async with site.parts.database.reading(unscoped("the test looks at all")) as session:
        of_server = await session.all(select(col(ServerAuditEntry.action)))

    assert {row.action for row in await site.audit()} | {*of_server} <= {*ACTIONS}
