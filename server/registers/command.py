"""`meroppet-server ils doctor`: examines a register before go-live, from the settings or at an address typed here."""

import argparse
import getpass
import os
import sys
from dataclasses import replace

from meroppet.ils.doctor.examination import examine
from meroppet.ils.doctor.findings import Finding
from meroppet.ils.doctor.subject import Patience, Subject, Tries
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Tls
from meroppet.runtime.clock import SystemClock
from server.registers.arguments import PASSWORD_VARIABLE, PIN_VARIABLE
from server.registers.connecting import DEADLINE_SECONDS
from server.registers.printing import as_json, head, outcome, row
from server.registers.service import Registers
from server.settings import ServerSettings


async def doctor(given: argparse.Namespace, settings: ServerSettings) -> int:
    """Examine; 0, 1 or 2 as `--help` says, 2 with one sentence for what cannot be meant."""
    try:
        account, preset, delimiter = _account(given, settings)
        subject = _subject(given)
    except ValueError as error:
        sys.stderr.write(f"meroppet-server: {error}\n")
        return 2
    tries = Tries(given.try_empty_pin, given.try_lock_out, given.try_loan, given.idle)
    patience = Patience(answer=given.patience, door=DEADLINE_SECONDS)
    tell = _beside if given.json else _told
    here = _as_typed if given.host is not None else _as_set
    if not given.json:
        _say(head())
    diagnosis = await examine(
        account,
        subject,
        SystemClock(),
        preset=preset,
        delimiter=delimiter,
        tries=tries,
        patience=patience,
        tell=lambda finding: tell(here(finding)),
    )
    diagnosis = replace(diagnosis, findings=tuple(here(finding) for finding in diagnosis.findings))
    _say(as_json(diagnosis) if given.json else outcome(diagnosis))
    return 0 if diagnosis.is_safe else 1


def _as_set(finding: Finding) -> Finding:
    return finding


def _as_typed(finding: Finding) -> Finding:
    """Where the register is typed here, so is the remedy; everywhere else it stands in the settings."""
    if finding.says != "not_encrypted":
        return finding
    return replace(finding, values={**finding.values, "how": "--plain-text"})


def _told(finding: Finding) -> None:
    _say(row(finding))


def _beside(finding: Finding) -> None:
    """Progress, where standard output is for a program."""
    sys.stderr.write(f"{finding.check.value}: {finding.judged.value}\n")
    sys.stderr.flush()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _account(given: argparse.Namespace, settings: ServerSettings) -> tuple[Sip2Account, str | None, str]:
    """Whom to ask, the preset to begin from, and what stands between fields."""
    if given.host is not None:
        return _typed(given), given.profile, PRESETS[given.profile or "standard"].wire.delimiter
    registers = {register.id: register for register in settings.registers}
    if not registers:
        raise ValueError("there is no register in the settings; give --host, or write one (docs/installer.md)")
    wanted = given.register or next(iter(registers))
    if wanted not in registers:
        raise ValueError(f"no register '{wanted}' in the settings; there are: {', '.join(registers)}")
    register = registers[wanted]
    branches = [account.branch for account in register.accounts]
    branch = given.branch or next(iter(branches), "")
    if branch not in branches:
        raise ValueError(f"register '{wanted}' has no account for branch '{branch}'; it has: {', '.join(branches)}")
    account = Registers(settings.registers, settings.register_passwords, SystemClock()).account(branch)
    if account is None:
        raise ValueError(f"register '{wanted}' is not asked over SIP2; there is nothing to examine")
    if account.user and not account.password:
        # systemd hands the credential to the server only; whoever types this need not have it in the settings.
        account = replace(account, password=_password())
    return account, given.profile or register.profile, register.site_profile().wire.delimiter


def _typed(given: argparse.Namespace) -> Sip2Account:
    if given.register is not None or given.branch is not None:
        raise ValueError("--register and --branch are of the settings, --host is not: give one or the other")
    wants_tls = given.tls or given.ca_file is not None or given.pinned_sha256 is not None
    return Sip2Account(
        host=given.host,
        port=given.port,
        user=given.user,
        password=_password() if given.user else "",
        institution=given.institution,
        location=given.location,
        zone=given.zone,
        tls=Tls(given.ca_file, given.pinned_sha256) if wants_tls else None,
        plain_text_hosts=frozenset({given.host} if given.plain_text else ()),
    )


def _subject(given: argparse.Namespace) -> Subject:
    return Subject(
        card=given.card,
        pin=_secret(PIN_VARIABLE, "PIN of the test patron: ") if given.card else "",
        item=given.item,
        name=given.name,
        born=given.born,
        category=given.category,
        expires=given.expires,
        home=given.home,
        age_limit=given.age_limit,
        blocked_card=given.blocked_card,
    )


def _password() -> str:
    return _secret(PASSWORD_VARIABLE, "Password of the SIP2 user: ")


def _secret(variable: str, prompt: str) -> str:
    """From the environment, or typed unseen, or a line of standard input; never an argument, which all can see."""
    if variable in os.environ:
        return os.environ[variable]
    if sys.stdin is None:
        raise ValueError(f"there is no standard input to read {variable} from; set it in the environment")
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    line = sys.stdin.readline()
    if not line:
        raise ValueError(f"standard input ended where {variable} should stand; give it there or in the environment")
    return line.rstrip("\r\n")
