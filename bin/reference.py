"""Writes docs/reference.md from the code: reasons, journal kinds, settings and drivers, as the code defines them.

`python bin/reference.py` writes, `--check` exits with 1 when the page is not what it would write.
"""

import ast
import importlib
import inspect
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from hardware.lockd.__main__ import SETTINGS as LOCKD
from meroppet.rules.events import KINDS
from meroppet.rules.reasons import Reason
from meroppet.runtime.settings import Settings, reference
from meroppet.texts import kind_text, reason_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference.md"
PROCESSES = {"meroppet-server": "server", "meroppet-door": "door_controller", "meroppet-kiosk": "kiosk"}


def page() -> str:
    """The whole page."""
    parts = [
        ["# Reference", "", "Written by `bin/meroppet docs` from the code; change it there."],
        ["## Reasons", "", "How an attempt can end (`meroppet/rules/reasons.py`), as staff read it.", "", *reasons()],
        ["## Journal kinds", "", "What a device's journal can hold (`meroppet/rules/events.py`).", "", *kinds()],
        ["## Settings", "", *settings()],
        ["## Drivers", "", *drivers()],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def reasons() -> Iterator[str]:
    """One row a reason."""
    yield from table(["code", "svenska", "English"])
    for reason in Reason:
        yield row(f"`{reason.value}`", reason_text(reason.value, "sv"), reason_text(reason.value, "en"))


def kinds() -> Iterator[str]:
    """One row an event kind, with what its detail holds."""
    yield from table(["kind", "svenska", "detail", "when"])
    for kind, event in sorted(KINDS.items()):
        detail = ", ".join(f"`{field.name}`" for field in fields(event))
        yield row(f"`{kind}`", kind_text(kind, "sv"), detail, first_line(event))


def settings() -> Iterator[str]:
    """One table a process; defaults < TOML file < environment < systemd credentials."""
    yield "Defaults < TOML file < environment < systemd credentials. Secrets (marked) never stand in the file."
    for command, package in PROCESSES.items():
        module = importlib.import_module(f"{package}.settings")
        yield from ["", f"### {command}", "", f"File: `{module.DEFAULT_FILE}`", ""]
        yield from table(["key", "variable", "type", "default", "what"])
        for line in reference(model_of(module), module.PREFIX):
            what = f"{line.about} **Secret.**" if line.secret else line.about
            variable = f"`{line.variable}`" if line.variable else ""
            yield row(f"`{line.key}`", variable, f"`{line.kind}`", f"`{line.default}`" if line.default else "", what)
    yield from ["", "### meroppet-lockd", "", "File or command line (`--key value`); standard library only.", ""]
    yield from table(["key", "default", "what"])
    for key, (default, about) in LOCKD.items():
        yield row(f"`{key}`", f"`{default}`" if default else "required", about)


def model_of(module: Any) -> type[Settings]:
    """The one settings model a process's settings module defines."""
    (model,) = (
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Settings) and value.__module__ == module.__name__
    )
    return model


def drivers() -> Iterator[str]:
    """One row a driver, by entry-point group; a third party's package adds rows to the same groups."""
    yield 'Chosen by name (`driver = "virtual"`); there is no fallback.'
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for group, entries in sorted(project["entry-points"].items()):
        yield from ["", f"### `{group}`", ""]
        yield from table(["driver", "class", "what"])
        for name, target in sorted(entries.items()):
            yield row(f"`{name}`", f"`{target}`", said_of(target))


def said_of(target: str) -> str:
    """The sentence the class an entry point names begins with; read, not imported: some load on a Pi only."""
    module, _, name = target.partition(":")
    tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return (ast.get_docstring(found) or "").partition("\n")[0]


def first_line(described: Any) -> str:
    """The sentence a docstring begins with."""
    return (inspect.getdoc(described) or "").partition("\n")[0]


def table(columns: list[str]) -> Iterator[str]:
    """A Markdown table's head."""
    yield row(*columns)
    yield row(*("---" for _ in columns))


def row(*cells: str) -> str:
    """A Markdown table's row."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the page, or compare it."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not what the code says; run bin/meroppet docs")
        return
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
