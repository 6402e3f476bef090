"""docs/sip2.md does what it says: its example runs, its command answers as shown, its lists are whole."""

import json
import re
from pathlib import Path
from typing import Any

from meroppet.sip2.json_lines import decoded
from tests.fuzz.mutations import MUTATIONS

TEXT = (Path(__file__).parents[4] / "docs" / "sip2.md").read_text(encoding="utf-8")


def _block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_conversation_runs() -> None:
    scope: dict[str, Any] = {}

    exec(compile(_block("python"), "docs/sip2.md", "exec"), scope)  # noqa: S102 (our own text)

    assert scope["patron"].name == "Åsa Öberg"


def test_the_command_answers_as_shown() -> None:
    asked, answered = _block("console").splitlines()
    given = re.search(r"'(.*)'", asked)
    assert given is not None

    assert decoded(json.loads(given[1])) == json.loads(answered)


def test_there_are_as_many_mutations_as_it_says() -> None:
    assert len(MUTATIONS) == 12
    assert "in twelve ways" in TEXT
