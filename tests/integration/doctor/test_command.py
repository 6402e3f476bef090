"""The command as an installer types it: what it prints, what it keeps to itself, and how it ends."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.profiles import profile_from_toml
from tests.integration.doctor.conftest import CARD, ITEM, NAME, PASSWORD, PIN, Open

SECRETS = {"MEROPPET_DOCTOR_PASSWORD": PASSWORD, "MEROPPET_DOCTOR_PIN": PIN}


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


async def doctor(
    *words: str, environ: Mapping[str, str] = SECRETS, typed: str = "", top: tuple[str, ...] = ()
) -> Ended:
    """The command in a process of its own; `typed` is its standard input."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("MEROPPET_", "CREDENTIALS_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", *top, "ils", "doctor", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**mine, **environ},
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    return Ended(process.returncode or 0, out.decode(), err.decode())


def _at(port: int) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--user", "sip_nora", "--institution", "NORA"]
    return [*where, "--card", CARD, "--item", ITEM]


async def test_a_safe_register_ends_with_0_a_table_and_a_profile(open_register: Open) -> None:
    register = await open_register()

    ended = await doctor(*_at(register.port), "--name", NAME, "--born", "1980-01-01")

    assert ended.code == 0
    assert ended.out.startswith("CHECK ")
    assert "Nothing speaks against a door" in ended.out
    assert "[registers.profile_changes.fields]" in ended.out
    assert ended.out.count("p95") == 4, "each kind of question once"
    assert 'may_enter = ""  # seen in no field' in ended.out


async def test_an_unsafe_one_ends_with_1_and_says_why(open_register: Open) -> None:
    register = await open_register(DIALECTS["spydus"])

    ended = await doctor(*_at(register.port))

    assert ended.code == 1
    assert "What speaks against a door on this register:\n  No PIN at all:" in ended.out


async def test_as_json_it_is_whole_and_its_profile_can_be_used(open_register: Open) -> None:
    register = await open_register(DIALECTS["quria"])

    ended = await doctor(*_at(register.port), "--json")

    told = json.loads(ended.out)
    assert (ended.code, told["safe"], told["based_on"]) == (0, True, "quria")
    assert profile_from_toml(told["profile"]).wire.coding.charset == "cp850"
    assert {finding["check"] for finding in told["findings"]} >= {"login", "wrong_pin", "encoding", "proof"}
    assert [pace["message"] for pace in told["latency"]] == ["99", "17", "63", "63 + PIN"]


async def test_secrets_are_typed_and_neither_they_nor_the_patron_are_printed(open_register: Open) -> None:
    register = await open_register()
    typed = f"{PASSWORD}\n{PIN}\n"

    for how in ((), ("--json",)):
        ended = await doctor(*_at(register.port), *how, environ={}, typed=typed)

        assert ended.code == 0
        for secret in (PASSWORD, CARD, NAME, "Åsa", "19800101", "1980-01-01"):
            assert secret not in ended.out + ended.err


async def test_a_register_of_the_settings_is_examined_as_its_branch(open_register: Open, tmp_path: Path) -> None:
    register = await open_register()
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "register_passwords__nora").write_text(PASSWORD, encoding="utf-8")
    file = tmp_path / "server.toml"
    file.write_text(
        f"""
        [[registers]]
        id = "west"
        profile = "koha"
        host = "127.0.0.1"
        port = {register.port}
        accounts = [{{branch = "nora", user = "sip_nora", institution = "NORA"}}]
        """,
        encoding="utf-8",
    )
    environ = {"MEROPPET_DOCTOR_PIN": PIN, "CREDENTIALS_DIRECTORY": str(credentials)}
    config = ("--config", str(file))

    first = await doctor("--card", CARD, environ=environ, top=config)
    named = await doctor("--register", "west", "--branch", "nora", "--card", CARD, environ=environ, top=config)
    other = await doctor("--register", "north", environ=environ, top=config)
    typed = await doctor("--card", CARD, environ={"MEROPPET_DOCTOR_PIN": PIN}, typed=f"{PASSWORD}\n", top=config)

    assert (first.code, named.code) == (0, 0)
    assert typed.code == 0, "without the credential the password is asked for"
    assert (other.code, other.err) == (
        2,
        "meroppet-server: no register 'north' in the settings; there are: west\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "there is no register in the settings"),
        (["--register", "west"], "there is no register in the settings"),
        (["--host", "127.0.0.1", "--register", "west"], "give one or the other"),
        (["--host", "127.0.0.1", "--born", "yesterday"], "write it as 1980-12-24"),
        (["--host", "127.0.0.1", "--idle", "-1"], "seconds are more than 0"),
        (["--host", "127.0.0.1", "--profile", "kohha"], "invalid choice"),
        (["--host", "127.0.0.1", "--port", "99999"], "no port"),
        (["--host", "127.0.0.1", "--port", "-1"], "no port"),
        (["--host", "127.0.0.1", "--zone", "Mars/Olympus"], "no time zone"),
        (["--host", "127.0.0.1", "--pinned-sha256", "åäö"], "64 hexadecimal digits"),
    ],
)
async def test_what_cannot_be_meant_is_one_sentence(words: list[str], says: str) -> None:
    ended = await doctor(*words)

    assert ended.code == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


async def test_plain_text_over_a_network_needs_to_be_asked_for_where_the_register_is_named(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text(
        '[[registers]]\nid = "west"\nprofile = "koha"\nhost = "192.0.2.1"\naccounts = [{branch = "nora"}]\n',
        encoding="utf-8",
    )

    typed = await doctor("--host", "192.0.2.1", "--card", CARD)
    of_settings = await doctor("--card", CARD, top=("--config", str(file)))

    for ended, says in ((typed, "--plain-text."), (of_settings, "plain_text = true.")):
        told = " ".join(ended.out.split())
        assert ended.code == 1
        assert "PINs would cross the network in plain text to 192.0.2.1" in told
        assert told.count(f"say so with {says}") == 2, "in the row and in what speaks against a door"
