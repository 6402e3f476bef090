"""An examination on a terminal: a line as soon as it is known, then what it comes to; or all of it as JSON."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict

from meroppet.ils.doctor.findings import Diagnosis, Finding, Judged
from meroppet.ils.profiles import profile_to_toml
from server.registers.words import CHECKS, JUDGED, sentence

_CHECK, _JUDGED, _WIDTH = 30, 17, 120
_INSIDE = "registers.profile_changes"


def head() -> str:
    """The table's head."""
    return _row("CHECK", "JUDGED", "SEEN") + "\n" + "-" * _WIDTH


def row(finding: Finding) -> str:
    """One finding, over as many lines as it needs."""
    return _row(CHECKS[finding.check], JUDGED[finding.judged], sentence(finding))


def _row(check: str, judged: str, seen: str) -> str:
    indent = _CHECK + _JUDGED
    first, *more = textwrap.wrap(seen, _WIDTH - indent, break_long_words=False) or [""]
    lines = [f"{check:<{_CHECK}}{judged:<{_JUDGED}}{first}", *(" " * indent + line for line in more)]
    return "\n".join(line.rstrip() for line in lines)


def outcome(diagnosis: Diagnosis) -> str:
    """What it all comes to, after the rows: what speaks against a door, the profile."""
    return "\n".join([*_verdict(diagnosis), *_profile(diagnosis)])


def _verdict(diagnosis: Diagnosis) -> Iterator[str]:
    against = [found for found in diagnosis.findings if found.judged in (Judged.UNSAFE, Judged.FAILED)]
    if diagnosis.is_safe:
        yield "\nNothing speaks against a door on this register."
    elif against:
        yield "\nWhat speaks against a door on this register:"
        yield from (f"  {CHECKS[found.check]}: {sentence(found)}" for found in against)
    else:
        yield "\nNot enough was seen to let a door depend on this register: give a test patron and her PIN."


def _profile(diagnosis: Diagnosis) -> Iterator[str]:
    text = profile_text(diagnosis)
    if text is not None:
        yield f'\nThe proposed profile, for server.toml below [[registers]] with profile = "{diagnosis.based_on}":\n'
        yield text.rstrip()


def profile_text(diagnosis: Diagnosis) -> str | None:
    """The proposed profile as the lines of a configuration file; None where there is none."""
    if diagnosis.profile is None:
        return None
    return profile_to_toml(diagnosis.profile, based_on=diagnosis.based_on, notes=_notes(diagnosis), inside=_INSIDE)


def _notes(diagnosis: Diagnosis) -> dict[str, str]:
    notes = dict.fromkeys(diagnosis.seen, "seen") | dict.fromkeys(diagnosis.guessed, "guessed")
    named = asdict(diagnosis.profile.fields) if diagnosis.profile is not None else {}
    absent = (f"fields.{name}" for name, field in named.items() if field is None)
    return notes | {key: "seen in no field" for key in absent if key in notes}


def as_json(diagnosis: Diagnosis) -> str:
    """All of it for a program: `profile` is the TOML of a whole profile file."""
    profile = diagnosis.profile
    told = {
        "safe": diagnosis.is_safe,
        "findings": [_told(finding) for finding in diagnosis.findings],
        "latency": [
            {"message": pace.message, "times": pace.times, "p50_ms": pace.p50_ms, "p95_ms": pace.p95_ms}
            for pace in diagnosis.paces
        ],
        "based_on": diagnosis.based_on,
        "seen": list(diagnosis.seen),
        "guessed": list(diagnosis.guessed),
        "profile": profile and profile_to_toml(profile, based_on=diagnosis.based_on, notes=_notes(diagnosis)),
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _told(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check.value,
        "judged": finding.judged.value,
        "says": finding.says,
        "values": dict(finding.values),
        "text": sentence(finding),
    }
