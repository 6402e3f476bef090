"""Who may do what where, and that nobody can do it in another's name: over every route there is."""

import httpx2
import pytest

from server.organisations.service import BranchView
from server.staff.access import ALLOWED, Action, Grant
from server.web.forms import SESSION_COOKIE, VISIT_COOKIE
from tests.integration.server.pages.conftest import PASSWORD, ROLES, SignIn, Site

NEEDS = {
    "/branches/{branch_id}": Action.SEE,
    "/branches/{branch_id}/live": Action.SEE,
    "/branches/{branch_id}/seen": Action.SEE,
    "/branches/{branch_id}/open": Action.OPEN_DOOR,
    "/branches/{branch_id}/orders/{device_id}/{order_id}/live": Action.OPEN_DOOR,
    "/branches/{branch_id}/hours": Action.HOURS,
    "/branches/{branch_id}/hours/live": Action.HOURS,
    "/branches/{branch_id}/hours/holidays": Action.HOURS,
    "/branches/{branch_id}/hours/host": Action.HOURS,
    "/branches/{branch_id}/hours/closing": Action.HOURS,
    "/branches/{branch_id}/hours/tonight": Action.HOURS,
    "/branches/{branch_id}/hours/seasons": Action.HOURS,
    "/branches/{branch_id}/hours/seasons/{season_id}": Action.HOURS,
    "/branches/{branch_id}/hours/import": Action.HOURS,
    "/branches/{branch_id}/hours/calendar": Action.HOURS,
    "/branches/{branch_id}/hours/calendar/{day}": Action.HOURS,
    "/branches/{branch_id}/hours/history": Action.HOURS,
    "/branches/{branch_id}/hours/cards": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/hours/cards/remove": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/quick": Action.HOURS,
    "/branches/{branch_id}/quick/live": Action.HOURS,
    "/branches/{branch_id}/quick/undo": Action.HOURS,
    "/branches/{branch_id}/quick/{action}": Action.HOURS,
    "/branches/{branch_id}/passes": Action.PASSES,
    "/branches/{branch_id}/passes/new/{what}": Action.PASSES,
    "/branches/{branch_id}/passes/{pass_id}": Action.PASSES,
    "/branches/{branch_id}/passes/{pass_id}/approve": Action.RIGHT_MUNICIPALITY,
    "/branches/{branch_id}/passes/{pass_id}/end": Action.PASSES,
    "/branches/{branch_id}/passes/{pass_id}/tag": Action.PASSES,
    "/branches/{branch_id}/tags/{handout_id}": Action.PASSES,
    "/branches/{branch_id}/tags/{handout_id}/live": Action.PASSES,
    "/branches/{branch_id}/patrons/tag": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons": Action.PERSON,
    "/branches/{branch_id}/patrons/right": Action.PERSON,
    "/branches/{branch_id}/patrons/forget": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/pins": Action.RESET,
    "/branches/{branch_id}/pins": Action.RESET,
    "/branches/{branch_id}/patrons/seen": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/number": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/suspend": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/lift": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/notice": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/several": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/ending": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/numbers": Action.CARDS,
    "/branches/{branch_id}/patrons/terms": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/patrons/guest": Action.RIGHT_BRANCH,
    "/branches/{branch_id}/policy": Action.SEE,
    "/branches/{branch_id}/why": Action.PERSON,
    "/branches/{branch_id}/applications": Action.APPLICATIONS,
    "/branches/{branch_id}/applications/decide": Action.APPLICATIONS,
    "/branches/{branch_id}/applications/{application_id}/look": Action.APPLICATIONS,
    "/branches/{branch_id}/gaps": Action.DEVICES,
    "/branches/{branch_id}/parked": Action.DEVICES,
    "/branches/{branch_id}/devices": Action.DEVICES,
    "/branches/{branch_id}/devices/live": Action.DEVICES,
    "/branches/{branch_id}/devices/invite": Action.DEVICES,
    "/branches/{branch_id}/devices/{device_id}/revoke": Action.DEVICES,
}
FOR_ANYBODY = {
    "/sign-in",
    "/sign-out",
    "/welcome/{token}",
    *(f"/public/branches/{{branch_id}}/{what}" for what in ("hours.json", "hours.jsonld", "hours.ics", "open")),
    *(f"/public/consortia/{{consortium_id}}/{what}" for what in ("hours.json", "hours.ics", "open")),
}
FOR_PATRONS = {
    "/my",
    "/my/at/{branch_id}",
    "/my/at/{branch_id}/card",
    "/my/at/{branch_id}/eid/{eid}",
    "/my/eid",
    "/my/eid/live",
    "/my/eid/go",
    "/my/eid/cancel",
    "/my/status",
    "/my/sign-out",
    "/my/apply/{branch_id}",
    "/my/apply/{branch_id}/sign/{eid}",
    "/my/apply/{branch_id}/take-back",
    "/my/visits",
    "/my/data.json",
    "/my/withdraw",
}
"""For patrons, each on her own; tests/integration/server/applications tell how they are kept apart."""
FOR_KEEPERS = {
    "/registers",
    "/registers/{register_id}",
    "/registers/{register_id}/examine",
    "/registers/{register_id}/examinations/{run_id}",
    "/registers/{register_id}/examinations/{run_id}/live",
}
"""For who answers for library systems; test_registers.py tells who that is."""
FOR_DECIDERS = {
    "/hours",
    "/hours/close",
    "/hours/orders/{key}/take-back",
    "/hours/history",
    "/hours/exceptions",
    "/hours/exceptions/{key}",
    "/hours/exceptions/{key}/remove",
    "/hours/exceptions/{key}/discard",
    "/hours/changes/{change_id}",
    "/hours/changes/{change_id}/undo",
    "/hours/changes/{change_id}/live",
}
"""For who decides about hours anywhere, at the places they decide about; test_exceptions.py tells who that is."""
FOR_WRITERS = {f"/terms/{{place_id}}{what}" for what in ("", "/draft", "/discard", "/preview", "/publish")} | {
    "/terms/{place_id}/versions/{number}"
}
"""For who writes what patrons accept; test_terms.py tells who that is."""
SOMEWHERE = {
    "/policies": Action.POLICY,
    "/policies/{body_id}": Action.POLICY,
    "/policies/{body_id}/change": Action.POLICY,
    **{
        f"/cards{what}": Action.CARDS
        for what in ("", *(f"/{{consortium}}{way}" for way in ("", "/propose", "/remove")))
    },
    "/held": Action.BRAKE,
    "/held/{held_id}/release": Action.BRAKE,
    "/held/{held_id}/discard": Action.BRAKE,
}
"""For whoever may do this at the place it is about, here nora-kommun."""
FOR_STAFF = {"/", "/terms", "/live", "/staff", "/staff/invite", "/staff/{account}/close", "/audit", "/audit/server"}


def _routes(site: Site) -> list[tuple[str, str]]:
    described = site.app.openapi()["paths"]
    return sorted((method.upper(), path) for path, methods in described.items() for method in methods)


def _address(path: str, branch: str) -> str:
    return path.format(
        branch_id=branch,
        device_id="x",
        order_id="x",
        account="x",
        token="x",
        register_id="west",
        run_id="x",
        season_id="new",
        eid="bankid",
        application_id="x",
        action="close",
        change_id="x",
        day="2026-11-23",
        key="new",
        body_id="nora-kommun",
        consortium="west",
        pass_id="x",
        handout_id="x",
        what="tag",
        held_id="x",
        place_id="x",
        number="1",
    )


def test_every_route_has_its_place_in_this_matrix(site: Site) -> None:
    assert {path for _, path in _routes(site)} == {
        *NEEDS,
        *FOR_ANYBODY,
        *FOR_PATRONS,
        *FOR_STAFF,
        *FOR_KEEPERS,
        *FOR_DECIDERS,
        *SOMEWHERE,
        *FOR_WRITERS,
    }


def _may(grant: Grant, branch: BranchView, path: str) -> bool:
    return grant.covers(branch) and NEEDS[path] in ALLOWED[grant.role]


@pytest.mark.parametrize("role", ROLES)
async def test_role_branch_route(site: Site, sign_in: SignIn, role: str) -> None:
    visitor, grant = await sign_in(role), ROLES[role]
    for method, path in _routes(site):
        if path in FOR_ANYBODY | FOR_PATRONS:
            continue
        for name in ("nora", "lind", "teg") if path in NEEDS else ("",):
            branch = await site.branch(name) if name else None
            may = grant is not None and (
                (branch is None or (grant.covers(branch) and NEEDS[path] in ALLOWED[grant.role]))
                and (path not in FOR_KEEPERS or Action.REGISTERS in ALLOWED[grant.role])
                and (path not in SOMEWHERE or SOMEWHERE[path] in ALLOWED[grant.role])
            )
            if may and path.endswith("/live"):
                continue  # Endless; over a real socket in test_live.py.
            on = "/" if grant else "/sign-in"
            address = _address(path, name)
            answer = await visitor.get(address) if method == "GET" else await visitor.post(address, on=on)
            sees = grant is not None and (branch is None or grant.covers(branch))
            refused = 401 if grant is None else 403 if sees else 404
            where = f"{role} {method} {address}: {answer.status_code}"
            if not may:
                assert answer.status_code == refused, where
            elif path not in FOR_STAFF:
                assert answer.status_code in {200, 303, 404, 422}, where


@pytest.mark.parametrize("role", ["nobody", "server"])
async def test_every_form_from_elsewhere_is_refused(site: Site, sign_in: SignIn, role: str) -> None:
    visitor = await sign_in(role)
    for method, path in _routes(site):
        if method != "POST":
            continue
        address = _address(path, "nora")
        page = await visitor.get("/" if role == "server" else "/sign-in")
        token = page.text.split('name="token" value="')[1][:64]
        for headers, data in (
            ({"Sec-Fetch-Site": "cross-site"}, {"token": token}),
            ({"Sec-Fetch-Site": "same-site"}, {"token": token}),
            ({"Sec-Fetch-Site": "none"}, {"token": token}),
            ({"Origin": "https://evil.test"}, {"token": token}),
            ({"Origin": "null"}, {"token": token}),
            ({}, {"token": token}),
            ({"Sec-Fetch-Site": "same-origin"}, {}),
            ({"Sec-Fetch-Site": "same-origin"}, {"token": token[::-1]}),
            ({"Sec-Fetch-Site": "same-origin"}, {"token": "å"}),
        ):
            answer = await visitor.client.post(address, data=data, headers=headers)
            assert answer.status_code == 403, (address, headers, data)


async def test_an_older_browser_is_known_by_its_origin(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")
    page = await visitor.get("/sign-in")
    token = page.text.split('name="token" value="')[1][:64]

    answer = await visitor.client.post(
        "/sign-in",
        data={"token": token, "username": "branch", "password": PASSWORD},
        headers={"Origin": "https://staff.test"},
    )

    assert answer.status_code == 303


async def test_another_visitors_token_does_not_fit(site: Site, sign_in: SignIn) -> None:
    mine, hers = await sign_in("server"), await sign_in("branch")
    token = (await hers.get("/")).text.split('name="token" value="')[1][:64]

    answer = await mine.client.post("/sign-out", data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403


async def test_the_cookie_is_for_this_host_secure_and_out_of_reach_of_scripts(site: Site, sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")
    answer = await visitor.post("/sign-in", {"username": "branch", "password": PASSWORD})

    cookies = answer.headers.get_list("set-cookie")
    mine = next(cookie for cookie in cookies if cookie.startswith(SESSION_COOKIE))
    assert all(part in mine for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
    assert "Domain" not in mine
    assert any(cookie.startswith(f'{VISIT_COOKIE}=""') for cookie in cookies)


async def test_each_sign_in_has_a_new_session_and_a_copied_cookie_ends_with_sign_out(
    site: Site, sign_in: SignIn
) -> None:
    visitor = await sign_in("branch")
    copied = visitor.client.cookies[SESSION_COOKIE]
    again = await sign_in("branch")
    assert again.client.cookies[SESSION_COOKIE] != copied

    await visitor.post("/sign-out", on="/")

    transport = httpx2.ASGITransport(app=site.app)
    thief = httpx2.AsyncClient(transport=transport, base_url="https://staff.test", cookies={SESSION_COOKIE: copied})
    answer = await thief.get("/")
    assert answer.status_code == 401
    assert (await again.get("/")).status_code == 200
    await thief.aclose()


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/branches/nora", "/branches/nora"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("", "/"),
        ("/a\nb", "/"),
    ],
)
async def test_signing_in_leads_to_our_own_pages_only(sign_in: SignIn, wanted: str, got: str) -> None:
    visitor = await sign_in("nobody")

    answer = await visitor.post("/sign-in", {"username": "branch", "password": PASSWORD, "next": wanted})

    assert answer.headers["location"] == got


async def test_wrong_sign_in_says_the_same_for_every_cause(sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")
    wrong = [
        await visitor.post("/sign-in", {"username": name, "password": "no"}) for name in ("branch", "not-there", "")
    ]

    texts = {answer.text.split("</form>")[0].split('name="token"')[0] for answer in wrong}
    assert [answer.status_code for answer in wrong] == [403, 403, 403]
    assert len(texts) == 1


async def test_every_page_carries_the_security_headers(sign_in: SignIn) -> None:
    visitor = await sign_in("server")
    for path in ("/", "/sign-in", "/nowhere", "/branches/nora"):
        answer = await visitor.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


async def test_a_pages_secrets_are_not_in_an_unknown_address(sign_in: SignIn) -> None:
    visitor = await sign_in("nobody")

    answer = await visitor.get("/nowhere")

    assert answer.status_code == 404
    assert "Traceback" not in answer.text
