"""`meroppet-server rights rekey` over a server of its own: tried dry, done, done again, and misused."""

import argparse
from datetime import date
from pathlib import Path

import pytest

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from server.__main__ import main
from server.app import build
from server.organisations.service import add_branch, add_organisation
from server.patrons.command import run
from server.patrons.service import Holder, set_right
from server.registers.settings import AccountSettings, RegisterSettings
from server.settings import ServerSettings

from .conftest import SEED


@pytest.fixture
async def settings(tmp_path: Path) -> ServerSettings:
    register = RegisterSettings(
        id="koha", profile="koha", host="127.0.0.1", port=1, accounts=(AccountSettings(branch="nora", user="x"),)
    )
    made = ServerSettings(state_dir=tmp_path / "state", registers=(register,))
    server = build(made)
    await server.start()
    async with server.database.session(SEED) as session:
        await add_organisation(session, "west", "consortium", "West")
        await add_organisation(session, "nora-kommun", "municipality", "Nora", parents=["west"])
        at = await add_branch(session, "nora", "Nora", "nora-kommun", "Europe/Stockholm", "0587", date(2026, 1, 1))
        for number in range(60):
            holder = Holder("koha", CardNumber(f"100000{number:02}"))
            await set_right(session, server.keys, at, holder, Right(permitted=True), by="maj")
    await server.close()
    return made


def _asked(file: Path, *, dry: bool = False, branch: str = "nora") -> argparse.Namespace:
    return argparse.Namespace(what="rekey", file=file, branch=branch, dry_run=dry, by="Anna")


async def test_a_file_is_tried_done_and_done_again(
    settings: ServerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("old;new\n10000001;20000001\n19999999;29999999\n", encoding="utf-8")

    assert await run(_asked(file, dry=True), settings) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1: a patron gets the new number",
        "1: nobody here has the old number",
        "nothing was changed (--dry-run)",
    ]
    assert await run(_asked(file), settings) == 0
    assert capsys.readouterr().out.endswith("patrons with their new number: 1; cards on lists that followed: 0\n")
    assert await run(_asked(file), settings) == 0
    assert "1: done before" in capsys.readouterr().out


async def test_too_many_wait_and_conflicts_are_named_by_line(
    settings: ServerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("10000001,20000001\n10000002,20000002\n10000003,10000004\n", encoding="utf-8")

    assert await run(_asked(file), settings) == 1

    out = capsys.readouterr().out
    assert "line 3: left out: another patron has the new number" in out
    assert "nora-kommun: 2 wait to be released on the page /held" in out
    assert "10000001" not in out


async def test_misuse_is_one_sentence(
    settings: ServerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("old,new\n", encoding="utf-8")
    assert await run(_asked(file), settings) == 2
    assert "write old,new on each" in capsys.readouterr().err

    file.write_text("10000001,20000001\n", encoding="utf-8")
    assert await run(_asked(file, branch="teg"), settings) == 2
    assert "branch 'teg' is unknown" in capsys.readouterr().err


def test_the_command_asks_for_a_branch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rights", "rekey", "numbers.csv"])

    assert ended.value.code == 2
    assert "--branch" in capsys.readouterr().err
