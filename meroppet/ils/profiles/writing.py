"""From a profile to TOML: only the lines in which it differs from the preset it is based on."""

import json
from collections.abc import Mapping
from typing import Any

from meroppet.ils.ports import LoanReason
from meroppet.ils.profiles.keys import TABLES, Key
from meroppet.ils.profiles.site import SiteProfile


def write_profile(
    profile: SiteProfile, base: SiteProfile, *, notes: Mapping[str, str] | None = None, inside: str = ""
) -> str:
    """The TOML text that makes `profile` out of `base`; reading it back gives the same profile.

    `notes` are comments by dotted key ("wire.charset"); a key with a note is written even where it does not differ.
    `inside` is the table of a configuration file that the lines are for; without it the text is a whole profile file.
    """
    notes = notes or {}
    prefix = f"{inside}." if inside else ""
    blocks = _head(profile, base, inside)
    for table, keys in TABLES.items():
        lines = [
            _line(key, profile, notes)
            for key in keys.values()
            if key.of(profile) != key.of(base) or key.dotted in notes
        ]
        if lines:
            blocks.append("\n".join([f"[{prefix}{table}]", *lines]))
    if profile.loan_refusals != base.loan_refusals:
        blocks += [_refusal(prefix, text, reason) for text, reason in profile.loan_refusals]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _line(key: Key, profile: SiteProfile, notes: Mapping[str, str]) -> str:
    note = " ".join(notes.get(key.dotted, "").split())
    written = f"{key.name} = {_literal(key.kind.plain(key.of(profile)))}"
    return f"{written}  # {note}" if note else written


def _head(profile: SiteProfile, base: SiteProfile, inside: str) -> list[str]:
    head = [f"[{inside}]"] if inside else [f"name = {_literal(profile.name)}", f"based_on = {_literal(base.name)}"]
    forgets = base.loan_refusals and not profile.loan_refusals
    if forgets:
        head.append("refusals = []")
    return ["\n".join(head)] if forgets or not inside else []


def _refusal(prefix: str, text: str, reason: LoanReason) -> str:
    return f"[[{prefix}refusals]]\ntext = {_literal(text)}\nmeans = {_literal(reason.value)}"


def _literal(value: Any) -> str:
    if isinstance(value, str) and "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    # JSON's strings, numbers, flags and lists of them are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
