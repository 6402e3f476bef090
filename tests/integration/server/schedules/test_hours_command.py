"""`meroppet-server hours` as a process: from a file without anything else, and from a database there and back."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
EXAMPLE = "docs/examples/schedule.toml"
WEEK_15 = ("--from", "2025-04-07", "--to", "2025-04-12")
PATIENCE = 120


def _run(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-P", "-m", "server", "hours", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_alone_says_what_week_15_was_like() -> None:
    code, out, err = _run("nora-bibliotek", "--file", EXAMPLE, *WEEK_15)

    lines = _lines(out)
    assert (code, err) == (0, "")
    assert {
        "start": "2025-04-07T15:00:00+02:00",
        "end": "2025-04-11T10:00:00+02:00",
        "state": "closed",
        "rule": "exception:consortium:system-change",
    } in lines
    assert lines[0]["start"] == "2025-04-07T00:00:00+02:00"
    assert lines[-1]["end"] == "2025-04-13T00:00:00+02:00"
    assert all(before["end"] == after["start"] for before, after in pairwise(lines))


def test_explained_it_tells_rules_reasons_and_the_closing_plan() -> None:
    code, out, _ = _run(
        "x", "--file", EXAMPLE, "--from", "2025-04-07T10:00+02:00", "--to", "2025-04-07T23:00+02:00", "--explain"
    )

    staffed, closed = _lines(out)
    assert code == 0
    assert staffed["beneath"] == "self_service"
    assert [(step["kind"], step["at"][11:16]) for step in staffed["steps"]] == [  # type: ignore[attr-defined]
        ("announce", "14:45"),
        ("last_entry", "14:50"),
        ("announce", "14:55"),
    ]
    assert closed["beaten"] == ["week"]
    assert closed["reasons"]["sv"] == "Biblioteken byter datorsystem."  # type: ignore[index]
    assert [step["kind"] for step in closed["steps"]] == ["close", "lights_off", "request_alarm"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x", "--file", "none.toml"], "none.toml: cannot be read"),
        (["x", "--file", "pyproject.toml"], "write format ="),
        (["x", "y", "--file", EXAMPLE], "one branch at a time"),
        (["x", "--file", EXAMPLE, "--from", "2025-04-07", "--to", "2025-04-01"], "exchange them"),
        (["x", "--file", EXAMPLE, "--to", "2025-04-01"], "--to 2025-04-01 has passed; write --from too"),
        (["x", "--file", EXAMPLE, "--from", "7 april"], "write it like 2025-04-07"),
        (["x", "--file", EXAMPLE, "--from", "2025-04-07T15:00"], "has no offset"),
        (["x", "--file", EXAMPLE, "--from", "0001-01-01"], "correct the year"),
        (["export", "--file", EXAMPLE], "hours export PLACE"),
    ],
)
def test_misuse_is_one_sentence_and_code_2(arguments: list[str], says: str) -> None:
    code, out, err = _run(*arguments)

    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The settings of a server whose database holds the branches of the documented example."""
    file = tmp_path / "server.toml"
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n', encoding="utf-8")
    for command in (["migrate"], ["found", "docs/examples/bergslagsbibblan.toml"]):
        done = [sys.executable, "-P", "-m", "server", *command, "--config", str(file)]
        subprocess.run(done, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    return str(file)


def test_from_the_database_and_back(config: str, tmp_path: Path) -> None:
    file, bad = tmp_path / "nora.toml", tmp_path / "fel.csv"
    bad.write_text("2026-12-24;stäng\n2026-12-25;=1\n", encoding="utf-8")

    assert _run("export", "nora-bibliotek", "--output", str(file), "--config", config)[0] == 0
    same = _run("import", "nora-bibliotek", str(file), "--config", config)
    assert same == (0, "nora-bibliotek: nothing changes; this is what holds already\n", "")

    file.write_text(file.read_text(encoding="utf-8").replace("08:00-", "09:00-"), encoding="utf-8")
    code, out, _ = _run("import", "nora-bibliotek", str(file), "--dry-run", "--config", config)
    assert code == 0
    assert "days change" in out
    assert "08:00-22:00 self_service -> 09:00-22:00 self_service" in out
    assert " days more\n" in out
    assert out.endswith("nothing was written (--dry-run)\n")

    assert _run("import", "nora-bibliotek", str(file), "--by", "Anna", "--config", config)[0] == 0
    shown = _run("nora-bibliotek", "--from", "2026-11-23", "--to", "2026-11-23", "--config", config)[1]
    assert [line["start"] for line in _lines(shown)][1] == "2026-11-23T09:00:00+01:00"

    code, out, err = _run("import", "nora-bibliotek", str(bad), "--config", config)
    assert (code, out) == (2, "")
    assert "line 1: " in err
    assert "line 2: " in err
    assert err.endswith("nothing was imported\n")

    for place, says in (("nobody", "no branch or organisation"), ("bergslagsbibblan", "is a consortium")):
        code, _, err = _run(place, "--config", config)
        assert (code, says in err) == (2, True)
