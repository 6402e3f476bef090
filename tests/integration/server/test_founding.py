"""Founding a consortium: all or nothing, twice is once, and what staff own stays theirs."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from meroppet.rules.schedule import Schedule
from server.audit.service import recent
from server.db import Database, Scope, unscoped
from server.organisations.founding import FoundingError, Step, Verb, lay_down
from server.organisations.founding_file import read
from server.organisations.service import add_organisation, branch, consortium_of, organisation, organisations, parents
from server.policies.service import policy_of, set_policy
from server.replication.service import position
from server.schedules.service import schedule_of, set_pattern

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
LOOK = unscoped("a test looks at everything")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copy = tmp_path / "bergslagsbibblan.toml"
    copy.write_text((EXAMPLES / "bergslagsbibblan.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return copy


async def _found(database: Database, file: Path, *, dry_run: bool = False) -> list[Step]:
    return await lay_down(database, read(file), "installer", dry_run=dry_run)


def _edit(file: Path, old: str, new: str, times: int = 1) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, times), encoding="utf-8")


def _moved(steps: list[Step]) -> list[str]:
    return [str(step) for step in steps if step.verb is not Verb.KEPT]


async def test_everything_in_the_file_is_made(database: Database, file: Path) -> None:
    await _found(database, file)

    async with database.reading(LOOK) as session:
        assert len(await organisations(session)) == 10
        found = await branch(session, "nora-bibliotek")
        assert found is not None
        assert (found.consortium, found.controller, found.help_number) == ("bergslagsbibblan", "nora", "0980-319 202")
        policy, schedule = await policy_of(session, found.id), await schedule_of(session, found.id)
        assert policy is not None
        assert schedule is not None
        assert (policy.policy.minimum_age, schedule.schedule.weekly[6][0].start) == (18, 8 * 60)


async def test_who_belonged_when_is_kept(database: Database, file: Path) -> None:
    await _found(database, file)

    async with database.reading(LOOK) as session:
        assert await parents(session, "laxa", date(2025, 4, 28)) == []
        assert [view.id for view in await parents(session, "laxa", date(2025, 4, 29))] == ["bergslagsbibblan"]


async def test_twice_is_once(database: Database, file: Path) -> None:
    await _found(database, file)
    async with database.reading(LOOK) as session:
        before = await position(session, "bergslagsbibblan")

    again = await _found(database, file)

    assert {step.verb for step in again} == {Verb.KEPT}
    async with database.reading(LOOK) as session:
        assert await position(session, "bergslagsbibblan") == before


async def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, file: Path) -> None:
    said = await _found(database, file, dry_run=True)

    async with database.reading(LOOK) as session:
        assert await organisations(session) == []
    assert await _found(database, file) == said


async def test_a_changed_name_and_number_reach_the_devices(database: Database, file: Path) -> None:
    await _found(database, file)
    async with database.reading(LOOK) as session:
        before = await position(session, "bergslagsbibblan")
    _edit(file, "0980-319 202", "0980-319 299")
    _edit(file, "Laxå kommun", "Laxå")

    steps = await _found(database, file)

    assert _moved(steps) == [
        "changed municipality laxa: name 'Laxå kommun' → 'Laxå'",
        "changed branch nora-bibliotek: help_number '0980-319 202' → '0980-319 299'",
    ]
    async with database.reading(LOOK) as session:
        assert (await position(session, "bergslagsbibblan")).number == before.number + 1


async def test_a_new_municipality_joins_and_another_leaves(database: Database, file: Path) -> None:
    await _found(database, file)
    _edit(file, "since = 2025-05-06 }", "since = 2025-05-06, until = 2026-06-30 }")
    _edit(file, "[[branches]]", '[[organisations]]\nid = "karlskoga"\nname = "Karlskoga kommun"\n\n[[branches]]')

    steps = await _found(database, file)

    assert _moved(steps) == [
        "made    municipality karlskoga (Karlskoga kommun)",
        "changed lekeberg is in bergslagsbibblan since 2025-05-06 until 2026-06-30",
        "made    karlskoga is in bergslagsbibblan",
    ]
    async with database.reading(LOOK) as session:
        assert await parents(session, "lekeberg", date(2026, 7, 1)) == []
        assert await consortium_of(session, "karlskoga") == "bergslagsbibblan"


async def test_a_wrong_joining_day_is_corrected_and_other_consortia_are_left_alone(
    database: Database, file: Path
) -> None:
    async with database.session(LOOK) as session:
        await add_organisation(session, "west", "consortium", "West")
        await add_organisation(session, "laxa", "municipality", "Laxå kommun", "1860", ["west"])
    await _found(database, file)
    _edit(file, "since = 2025-04-29", "since = 2025-04-30")

    steps = await _found(database, file)

    assert _moved(steps) == [
        "changed laxa was never in bergslagsbibblan since 2025-04-29",
        "made    laxa is in bergslagsbibblan since 2025-04-30",
    ]
    async with database.reading(LOOK) as session:
        assert [view.id for view in await parents(session, "laxa", date(2025, 4, 29))] == ["west"]


async def test_rules_and_hours_that_staff_have_changed_stay_theirs(database: Database, file: Path) -> None:
    await _found(database, file)
    async with database.session(Scope.of_controller("bergslagsbibblan", "nora")) as session:
        nora = await branch(session, "nora-bibliotek")
        assert nora is not None
        policy = await policy_of(session, nora.id)
        assert policy is not None
        await set_policy(session, nora, replace(policy.policy, minimum_age=21), "staff")
        await set_pattern(session, nora, Schedule(nora.zone, ((),) * 7), "staff")
    _edit(file, "minimum_age = 18", "minimum_age = 15")

    await _found(database, file)

    async with database.reading(LOOK) as session:
        policy, schedule = await policy_of(session, nora.id), await schedule_of(session, nora.id)
        assert policy is not None
        assert schedule is not None
        assert (policy.policy.minimum_age, policy.version) == (21, 2)
        assert schedule.schedule.weekly == ((),) * 7


async def test_what_was_done_is_in_the_audit_log(database: Database, file: Path) -> None:
    await _found(database, file)

    scope = Scope.of_consortium("bergslagsbibblan")
    async with database.reading(scope) as session:
        lines = await recent(session, [scope])
    assert {(line.actor, line.action) for line in lines if line.branch == "nora-bibliotek"} == {
        ("installer", "branch.made"),
        ("installer", "policy.set"),
        ("installer", "schedule.pattern.set"),
    }


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('controller = "nora"', 'controller = "kumla"', "controller = 'kumla': is 'nora' and stays so"),
        ('accent = "berg', 'zone = "Europe/Oslo"\naccent = "berg', "zone = 'Europe/Oslo': is 'Europe/Stockholm'"),
        ('name = "Nora kommun"', 'name = "Nora kommun"\nkind = "group"', "'nora': kind = 'group', but it is a munici"),
    ],
)
async def test_what_contradicts_what_there_is_writes_nothing(
    database: Database, file: Path, old: str, new: str, complaint: str
) -> None:
    await _found(database, file)
    _edit(file, 'name = "Kumla kommun"', 'name = "Kumla"')
    _edit(file, old, new)

    with pytest.raises(FoundingError, match=re.escape(complaint)):
        await _found(database, file)

    async with database.reading(LOOK) as session:
        kumla = await organisation(session, "kumla")
    assert kumla is not None
    assert kumla.name == "Kumla kommun"


async def test_a_branch_of_somebody_who_is_no_member_yet_is_refused(database: Database, file: Path) -> None:
    _edit(file, "since = 2016-01-01", "since = 2099-01-01", times=2)

    with pytest.raises(FoundingError, match="'nora-bibliotek': 'nora' belongs to no consortium today"):
        await _found(database, file)

    async with database.reading(LOOK) as session:
        assert await organisations(session) == []


async def test_an_id_that_is_a_branch_elsewhere_is_refused(database: Database, file: Path) -> None:
    await lay_down(database, read(EXAMPLES / "vastmanland.toml"), "installer")

    _edit(file, '"laxa"', '"skiljebo"')
    with pytest.raises(FoundingError, match="id = 'skiljebo': is a branch already"):
        await _found(database, file)
    _edit(file, '"skiljebo"', '"laxa"')
    _edit(file, '"nora-bibliotek"', '"skiljebo"')
    with pytest.raises(FoundingError, match="'skiljebo' is taken"):
        await _found(database, file)


def _command(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = tmp_path / "server.toml"
    settings.write_text(f'state_dir = "{tmp_path / "state"}"\n', encoding="utf-8")
    command = [sys.executable, "-P", "-m", "server", *arguments, "--config", str(settings)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_says_what_it_did(tmp_path: Path, file: Path) -> None:
    early = _command(tmp_path, "found", str(file))
    migrated = _command(tmp_path, "migrate")
    rehearsed = _command(tmp_path, "found", str(file), "--dry-run")
    done = _command(tmp_path, "found", str(file))
    file.write_text("[consortium]\nid = 'West!'\nname = 'West'\n", encoding="utf-8")
    wrong = _command(tmp_path, "found", str(file))

    assert (early.returncode, migrated.returncode, rehearsed.returncode, done.returncode) == (1, 0, 0, 0)
    assert "run meroppet-server migrate first" in early.stderr
    assert rehearsed.stdout == done.stdout + "nothing was written (--dry-run)\n"
    assert "made    branch nora-bibliotek (Nora bibliotek)\n" in done.stdout
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
