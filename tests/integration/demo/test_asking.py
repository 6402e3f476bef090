"""`meroppet-server ask` over the demo's server and register: every patron fares as her card promises, and why."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from demo.consortia import ZONE, place
from demo.people import CLEANER, ODD_CARDS, PEOPLE, Person, number_at
from demo.register_stock import demo_stock
from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.library import Library
from meroppet.ils.library_records import Patron
from meroppet.rules.reasons import Reason
from meroppet.runtime.clock import SystemClock
from server.__main__ import _parser
from server.app import build
from server.asking.arguments import CARD_VARIABLE
from server.asking.command import run
from server.audit.service import recent
from server.db import unscoped
from server.registers.settings import AccountSettings, RegisterSettings
from server.settings import ServerSettings

HERE = place("skiljebo")
TODAY = SystemClock().now().astimezone(ZoneInfo(ZONE)).date()
EVENING, NIGHT = f"{TODAY}T19:30", f"{TODAY}T03:00"


@pytest.fixture
async def settings(seeded: Path) -> AsyncIterator[ServerSettings]:
    """The seeded server's settings, with the demo's register behind Skiljebo."""
    patrons = [known.record for known in demo_stock(HERE.branch, TODAY) if isinstance(known.record, Patron)]
    library = Library(patrons, [], lambda: TODAY)
    accounts = [RegisterAccount("ski", "secret", HERE.branch.register_code)]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=SystemClock())
    running = asyncio.create_task(register.run())
    account = AccountSettings(branch="skiljebo", user="ski", institution=HERE.branch.register_code)
    known = RegisterSettings(
        id=HERE.consortium.id, profile="koha", host="127.0.0.1", port=register.port, accounts=(account,)
    )
    yield ServerSettings(state_dir=seeded, registers=(known,), register_passwords={"skiljebo": SecretStr("secret")})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await register.close()


async def ask(settings: ServerSettings, *arguments: str) -> int:
    return await run(_parser().parse_args(["ask", *arguments]), settings)


def promised(person: Person) -> Reason:
    """What her card says, but for the PIN, which nobody types here."""
    reason = person.at_the_door(HERE.branch, TODAY)
    return Reason.GRANTED if reason is Reason.WEAK_PIN else reason


async def test_everybody_is_told_what_the_door_would_say(
    settings: ServerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in PEOPLE:
        card = number_at(person, HERE.branch)

        code = await ask(settings, "--branch", "skiljebo", "--card", card, "--at", EVENING, "--json")

        told = json.loads(capsys.readouterr().out)
        assert told["reason"] == promised(person), person.id
        assert code == (0 if told["granted"] else 1)
        against = [rule["reason"] for rule in told["rules"] if rule["reason"] is not None]
        assert (against[0] if against else "granted") == told["reason"]
        assert card not in json.dumps(told)


async def test_a_card_is_taken_from_where_nobody_else_reads_it(
    settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "card"
    file.write_text(f"{PEOPLE[0].card}\nnotes\n", encoding="utf-8")
    assert await ask(settings, "--branch", "skiljebo", "--card-file", str(file), "--at", EVENING) == 0

    monkeypatch.setenv(CARD_VARIABLE, PEOPLE[0].card)
    assert await ask(settings, "--branch", "skiljebo", "--at", EVENING) == 0

    monkeypatch.delenv(CARD_VARIABLE)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PEOPLE[0].card}\n"))
    assert await ask(settings, "--branch", "skiljebo", "--at", EVENING) == 0
    assert "skiljebo" in capsys.readouterr().out


async def test_at_night_the_hours_decide_and_the_rest_is_told_too(
    settings: ServerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    elsa = next(person for person in PEOPLE if person.id == "elsa")

    assert await ask(settings, "--branch", "skiljebo", "--card", elsa.card, "--at", NIGHT) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("refused: closed")
    assert next(line for line in lines if "hours:" in line).strip().startswith("NO")
    assert next(line for line in lines if "permission:" in line).strip().startswith("no")
    assert lines[-1] == "The branch was closed by its hours."


async def test_a_stranger_is_unknown_and_a_silent_register_is_no_yes(
    settings: ServerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = settings.model_copy(update={"registers": ()})

    assert await ask(settings, "--branch", "skiljebo", "--card", ODD_CARDS[0].text, "--at", EVENING) == 1
    assert "unknown_card" in capsys.readouterr().out
    assert await ask(silent, "--branch", "skiljebo", "--card", PEOPLE[0].card, "--at", EVENING) == 1
    assert "ils_unavailable" in capsys.readouterr().out


async def test_a_tag_that_was_handed_out_opens_at_its_own_hours_though_it_is_closed(
    settings: ServerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await ask(settings, "--branch", "skiljebo", "--card", CLEANER.text, "--at", f"{TODAY}T05:30") == 0
    assert await ask(settings, "--branch", "skiljebo", "--card", CLEANER.text, "--at", EVENING) == 1

    told = capsys.readouterr().out
    assert CLEANER.reason in told
    assert "age:" not in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--branch", "teg", "--card", "99990000000101"), "there is no branch 'teg'"),
        (("--branch", "skiljebo", "--card", "9999\x00"), "that can be no card number"),
        (("--branch", "skiljebo", "--card-file", "/nowhere/card"), "No such file"),
    ],
)
async def test_what_cannot_be_asked_is_one_sentence(
    settings: ServerSettings, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await ask(settings, *arguments) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert len(told.err.splitlines()) == 1


async def test_a_database_that_is_not_there_is_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = ServerSettings(state_dir=tmp_path)

    assert await ask(empty, "--branch", "skiljebo", "--card", PEOPLE[0].card) == 2
    assert "migrate first" in capsys.readouterr().err


@pytest.mark.parametrize("at", ["igår", "2026-13-01", "0001-01-01T00:00"])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(["ask", "--branch", "skiljebo", "--at", at])

    assert ended.value.code == 2


async def test_each_question_is_written_down_once_with_its_reason_and_no_number(settings: ServerSettings) -> None:
    await ask(settings, "--branch", "skiljebo", "--card", PEOPLE[0].card, "--why", "incident", "--by", "Kim")

    server = build(settings)
    try:
        async with server.database.reading(unscoped("the test looks at the log")) as session:
            entries = await recent(session, [unscoped("the test looks at the log")])
    finally:
        await server.close()
    newest = entries[0]
    assert (newest.action, newest.actor) == ("patron.asked", "Kim")
    assert newest.data["why"] == "incident"
    assert PEOPLE[0].card not in str(newest.data)
