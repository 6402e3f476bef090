"""`meroppet-demo seed`: fills the server's empty database with the four consortia, before the server runs.

On standard output it says, as JSON, the codes with which the shown branch's door and kiosk are enrolled.

A process of its own, so that the demo itself never loads the server's tables.
"""

import argparse
import asyncio
import json
import secrets
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.agreements import answer, publish
from demo.consortia import CONSORTIA, LIVE_FROM, ZONE, Consortium, DemoBranch
from demo.decisions import decisions
from demo.people import CLEANER, CLEANING, PEOPLE, number_at
from demo.rules import PEOPLE_ONLY
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.passes import PassKind
from meroppet.runtime.settings import SettingsError, load
from meroppet.wire.enrolment import DeviceKind
from server.app import Server, build
from server.db import Session, unscoped
from server.devices.service import invite
from server.keys import KeyRing
from server.organisations.service import ALWAYS, BranchView, Kind, add_branch, add_organisation, branch
from server.passes.service import Made, Wanted, make_pass, put_tag, standing_pass
from server.patrons.service import Holder, set_rights
from server.patrons.telling import ready_branch
from server.policies.layers import Stated
from server.policies.places import place
from server.policies.service import say, set_policy
from server.schedules.exceptions import put_exception
from server.schedules.listed import GROUP, STAFF, put_card
from server.schedules.service import set_pattern
from server.schedules.targets import target
from server.settings import DEFAULT_FILE, PREFIX, ServerSettings
from server.staff.access import Grant, Role
from server.staff.service import NewAccount, add_account
from server.terms.service import VersionView

BY = "demo"
IN_COMMON: Stated = {"categories": PEOPLE_ONLY}
"""What every consortium asks of all its members: cards are let in that are a person's."""
STAFF_USER = "demo"


def main(arguments: list[str]) -> int:
    """Seed once; 1 with one sentence when the settings or the disk do not allow it."""
    parser = argparse.ArgumentParser("meroppet-demo seed")
    parser.add_argument("--config", type=Path, required=True, help="the server's settings")
    parser.add_argument("--staff", type=Path, required=True, help="file for the new member of staff's sign-in")
    parser.add_argument("--branch", required=True, help="the branch whose devices will be enrolled")
    chosen = parser.parse_args(arguments)
    try:
        settings = load(ServerSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=chosen.config)
        print(json.dumps(asyncio.run(seed(settings, chosen.staff, chosen.branch))))
    except (SettingsError, OSError, ValueError) as error:
        print(f"meroppet-demo seed: {error}", file=sys.stderr)
        return 1
    return 0


async def seed(settings: ServerSettings, staff: Path, shown: str) -> dict[str, str]:
    """Fill the empty server; the codes with which the shown branch's devices are enrolled, by kind."""
    server = build(settings)
    try:
        await server.start()
        async with server.database.session(unscoped("the demo fills an empty server with four consortia")) as session:
            today = session.now.astimezone(ZoneInfo(ZONE)).date()
            for consortium in CONSORTIA:
                await _consortium(session, server.keys, consortium, today)
            await _decide(session, today)
        password = _password()
        wanted = NewAccount("Demo Demosson", STAFF_USER, password)
        await add_account(server.database, server.passwords, wanted, [Grant(Role.SERVER)], BY)
        _keep(staff, password)
        return await _codes(server, shown)
    finally:
        await server.close()


async def _consortium(session: Session, keys: KeyRing, consortium: Consortium, today: date) -> None:
    await add_organisation(session, consortium.id, Kind.CONSORTIUM, consortium.name)
    for group in consortium.groups:
        await add_organisation(session, group.id, Kind.GROUP, group.name, parents=[consortium.id])
    for member in consortium.municipalities:
        parents = [consortium.id, *([member.group] if member.group else [])]
        since = member.joined or ALWAYS
        await add_organisation(
            session, member.id, Kind.MUNICIPALITY, member.name, member.code, parents=parents, since=since
        )
    text = await publish(session, consortium, today, BY)
    at = await place(session, consortium.id)
    if at is None:
        raise ValueError(f"nowhere to say rules: '{consortium.id}'")
    await say(session, at, IN_COMMON, BY, decision=f"{consortium.name}s styrgrupp {today.isoformat()} § 4")
    for shown in consortium.branches:
        await _branch(session, keys, consortium, shown, text)


async def _branch(session: Session, keys: KeyRing, consortium: Consortium, own: DemoBranch, text: VersionView) -> None:
    today = text.rule.effective
    added = await add_branch(
        session, own.id, own.name, own.controller, ZONE, own.help_number, LIVE_FROM, accent=consortium.id
    )
    await set_policy(session, added, own.policy, BY)
    await set_pattern(session, added, own.schedule, BY)
    rights = [(person, right) for person in PEOPLE if (right := person.right_on(today)) is not None]
    astrid = CardNumber(number_at(PEOPLE[0], own))
    await put_card(session, keys, added, STAFF, astrid, "Astrid, timvikarie", BY)
    for group in own.policy.group_hours:
        await put_card(session, keys, added, f"{GROUP}{group.list_key}", astrid, "Astrid, kassör", BY)
    await _hand_out_a_tag(session, keys, added)
    holders = [(Holder(consortium.id, CardNumber(number_at(person, own))), right) for person, right in rights]
    await set_rights(session, keys, added, holders, by=BY)
    for person in PEOPLE:
        holder = Holder(consortium.id, CardNumber(number_at(person, own)))
        await answer(session, keys, added, person, holder, text, BY)


async def _hand_out_a_tag(session: Session, keys: KeyRing, at: BranchView) -> None:
    """The cleaner has been given a tag, which opens before anybody else may come in."""
    wanted = Wanted(kind=PassKind.CLEANER, label="Städ, tagg 1", windows=CLEANING, pin=Pin(CLEANER.pin))
    made = await make_pass(session, keys, at, wanted, BY)
    row = await standing_pass(session, at, made.id) if isinstance(made, Made) else None
    if row is None:
        raise ValueError(f"the cleaner's pass at {at.name}: {made}")
    named = await ready_branch(session, keys, at)
    await put_tag(session, at, row, named.subject(CardNumber(CLEANER.text)), BY)


async def _decide(session: Session, today: date) -> None:
    """What is to come at several levels, so that no page of the demo's hours is empty."""
    for name, exception in decisions(today).items():
        at = await target(session, name)
        if at is None:
            raise ValueError(f"nowhere to decide hours: '{name}'")
        async with session.within(at.scope):
            await put_exception(session, at, exception, BY)


async def _codes(server: Server, shown: str) -> dict[str, str]:
    async with server.database.session(unscoped("the demo's devices belong to one of the branches")) as session:
        found = await branch(session, shown)
        if found is None:
            raise ValueError(f"no branch '{shown}'")
        async with session.within(found.scope):
            url = server.settings.device_url
            codes = {
                kind.value: await invite(session, server.keys, found, kind=kind, name=name, by=BY, url=url)
                for kind, name in ((DeviceKind.DOOR, "Entrédörr"), (DeviceKind.KIOSK, "Automat"))
            }
    return {kind: code.text() for kind, code in codes.items()}


def _password() -> str:
    """Drawn now: nobody's demo has the same one."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _keep(staff: Path, password: str) -> None:
    staff.touch(mode=0o600)
    staff.write_text(json.dumps({"user": STAFF_USER, "password": password}), encoding="utf-8")
