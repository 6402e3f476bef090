"""`meroppet-server ask`: one question at the command line, answered by the door's own rules."""

import argparse
import getpass
import json
import os
import sys
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.texts import reason_text
from server.app import Server, build
from server.asking.arguments import CARD_VARIABLE
from server.asking.service import Question, Told, ask
from server.audit.service import Data, record
from server.db.migrate import is_current
from server.keys import KeysError
from server.organisations.service import BranchView, branch
from server.settings import ServerSettings
from server.web.gate import ALL_BRANCHES


async def run(given: argparse.Namespace, settings: ServerSettings) -> int:
    """Print the answer; 0 it would open, 1 it would not, 2 with one sentence where there is no answer."""
    try:
        card = _card(given)
        server = build(settings)
        try:
            told = await _told(given, server, card)
        finally:
            await server.close()
    except DBAPIError as error:
        # Its first argument is the database's code, which quotes nobody (see server.db.database).
        return _fail(f"the database cannot be used: {error.args[0]}")
    except (OSError, KeysError, ValueError) as error:
        return _fail(error)
    sys.stdout.write(f"{_json(given, told) if given.json else _text(given, told)}\n")
    sys.stdout.flush()
    return 0 if told.verdict.granted else 1


async def _told(given: argparse.Namespace, server: Server, card: CardNumber) -> Told:
    if not await is_current(server.database):
        raise ValueError("the database is not up to date; run meroppet-server migrate first")
    async with server.database.reading(ALL_BRANCHES) as session:
        at = await branch(session, given.branch)
    if at is None:
        raise ValueError(f"there is no branch '{given.branch}'; ids are those of the founding file")
    register, ils = server.registers.of(at.id) or "", server.registers.ils(at.id)
    answer = None if ils is None else await ils.patron(card.value, None)
    moment = _at(given.at, server, at)
    question = Question(at, card, moment, register, server.registers.wrong_pins(at.id), answer)
    async with server.database.session(at.scope) as session:
        told = await ask(session, server.keys, question)
        person = server.keys.lookup("audit", f"{register}\n{question.number.value}")[:32]
        data: Data = {"person": person, "why": given.why, "for": moment.isoformat()}
        await record(session, "patron.asked", given.by, at.scope, data, branch=at.id)
    return told


def _at(wanted: datetime | None, server: Server, at: BranchView) -> datetime:
    if wanted is None:
        return server.clock.now()
    return wanted.replace(tzinfo=at.wall) if wanted.tzinfo is None else wanted


def _card(given: argparse.Namespace) -> CardNumber:
    number = card_from_text(_number(given))
    if number is None:
        raise ValueError("that can be no card number; it has 4 to 32 letters and digits")
    return number


def _number(given: argparse.Namespace) -> str:
    if given.card_file is not None:
        return str(given.card_file.read_text(encoding="utf-8").partition("\n")[0])
    if given.card is not None and given.card != "-":
        return str(given.card)
    if CARD_VARIABLE in os.environ:
        return os.environ[CARD_VARIABLE]
    if sys.stdin is None:
        raise ValueError(f"there is no standard input to read the card from; set {CARD_VARIABLE}")
    return getpass.getpass("Card number: ") if sys.stdin.isatty() else sys.stdin.readline()


def _json(given: argparse.Namespace, told: Told) -> str:
    return json.dumps(
        {
            "granted": told.verdict.granted,
            "reason": told.verdict.reason.value,
            "says": reason_text(told.verdict.reason.value, given.lang),
            "branch": given.branch,
            "at": told.at.isoformat(),
            "asked_at": told.asked_at.isoformat(),
            "policy_version": told.policy_version,
            "rules": [
                {
                    "rule": finding.rule,
                    "reason": finding.reason.value if finding.reason is not None else None,
                    "facts": dict(finding.facts),
                    "as_of": finding.as_of.isoformat() if finding.as_of is not None else None,
                }
                for finding in told.findings
            ],
        },
        ensure_ascii=False,
    )


def _text(given: argparse.Namespace, told: Told) -> str:
    verdict = "granted" if told.verdict.granted else f"refused: {told.verdict.reason.value}"
    lines = [f"{given.branch} {told.at.isoformat(timespec='minutes')} {verdict}"]
    for finding in told.findings:
        mark = "ok" if finding.reason is None else "NO" if finding is told.decided_by else "no"
        facts = ", ".join(f"{name}={value}" for name, value in finding.facts.items())
        as_of = f" (as of {finding.as_of.isoformat(timespec='seconds')})" if finding.as_of is not None else ""
        lines.append(f"  {mark}  {finding.rule}: {facts}{as_of}")
    lines.append(reason_text(told.verdict.reason.value, given.lang))
    return "\n".join(lines)


def _fail(why: object) -> int:
    sys.stderr.write(f"meroppet-server: {why}\n")
    return 2
