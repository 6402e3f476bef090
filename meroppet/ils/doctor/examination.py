"""The examination of one register from first to last: what is looked at in which order, and what comes of it."""

from collections.abc import Callable

from meroppet.ils.doctor import items, manners, opening, pace, person, pins
from meroppet.ils.doctor.bench import Bench, Stop, Wants
from meroppet.ils.doctor.draft import Draft, nearest
from meroppet.ils.doctor.findings import Check, Diagnosis, Finding, Judged
from meroppet.ils.doctor.proof import proof
from meroppet.ils.doctor.subject import Patience, Subject, Tries
from meroppet.ils.profiles import PRESETS, SiteProfile
from meroppet.ils.sip2_connection import Sip2Account
from meroppet.runtime.clock import Clock
from meroppet.sip2 import requests

Tell = Callable[[Finding], None]

_PROPOSED = "site"


def _nobody(_finding: Finding) -> None:
    """Nobody wants to know while it goes on."""


async def examine(
    account: Sip2Account,
    subject: Subject,
    clock: Clock,
    *,
    preset: str | None = None,
    tries: Tries | None = None,
    patience: Patience | None = None,
    delimiter: str = "|",
    tell: Tell = _nobody,
) -> Diagnosis:
    """Examine a register and propose its profile.

    In: the account to log in as, the test patron, and the name of the preset to begin from (None: the nearest one).
    `tell` is called with each finding as it is made. Nothing is raised for anything the register does, and nothing is
    written to it unless `tries.loan` says so; wrong PINs are counted there, and the last PIN sent is the right one
    unless `tries.lock_out` locked the test patron.
    """
    return await _Examination(
        account, subject, clock, preset, tries or Tries(), patience or Patience(), delimiter, tell
    ).run()


class _Examination:
    """One run."""

    def __init__(
        self,
        account: Sip2Account,
        subject: Subject,
        clock: Clock,
        preset: str | None,
        tries: Tries,
        patience: Patience,
        delimiter: str,
        tell: Tell,
    ) -> None:
        self._findings: list[Finding] = []
        self._tell = tell
        self._bench = Bench(account, clock, patience, self._found, Wants(delimiter=delimiter))
        self._subject = subject
        self._preset = preset
        self._tries = tries
        self._draft = Draft()
        self._is_reached = False

    async def run(self) -> Diagnosis:
        """All of it, or as much as the register lets be done."""
        try:
            await self._all()
        except Stop as stop:
            self._found(stop.finding)
        finally:
            self._bench.close()
        profile = self._proposed() if self._is_reached else None
        return Diagnosis(
            findings=tuple(self._findings),
            paces=tuple(self._bench.paces),
            profile=profile,
            based_on=self._base.name,
            seen=tuple(self._draft.lines()),
            guessed=self._draft.guessed(),
        )

    def _found(self, finding: Finding) -> None:
        self._findings.append(finding)
        self._tell(finding)

    @property
    def _base(self) -> SiteProfile:
        return PRESETS[self._preset or nearest(self._draft)]

    def _proposed(self) -> SiteProfile:
        return self._draft.profile(self._base, _PROPOSED)

    async def _all(self) -> None:
        await self._wire()
        if self._subject.card:
            await self._patron()
        else:
            self._bench.found(Check.PATRON, Judged.UNSEEN, "no_card_given")
        await pace.pace(self._bench, self._subject, self._draft)
        await self._rest()

    async def _wire(self) -> None:
        bench, draft = self._bench, self._draft
        await opening.begin(bench)
        self._is_reached = True
        draft.needs_login, draft.delimiter = bench.wants.needs_login, bench.wants.delimiter
        await self._terminator()
        await manners.error_detection(bench)
        draft.error_detection = bench.wants.error_detection

    async def _terminator(self) -> None:
        """Speak as one is spoken to, if that is understood too."""
        bench, began = self._bench, self._bench.wants.terminator
        bench.wants.terminator = manners.terminator(bench)
        if await bench.may(requests.sc_status()) is None:
            bench.wants.terminator = began
        self._draft.terminator = bench.wants.terminator
        manners.tell_terminator(bench)

    async def _patron(self) -> None:
        bench, subject, draft = self._bench, self._subject, self._draft
        answer = await person.patron(bench, subject, draft)
        person.zone(bench, draft)
        can_be_lent = await items.items(bench, subject)
        person.letters(bench, subject, draft)
        person.facts(bench, subject, draft, answer, bench.now().date())
        draft.minds_institution = await manners.institution(bench, subject)
        await person.unknown_card(bench, subject.pin)
        if subject.pin:
            await pins.pins(bench, subject, self._tries, draft)
        else:
            bench.found(Check.RIGHT_PIN, Judged.UNSEEN, "no_pin_given")
        if self._tries.loan and can_be_lent:
            await items.loan(bench, subject, draft, self._base)

    async def _rest(self) -> None:
        """What takes long, and last what leaves the test patron locked."""
        bench, subject, draft = self._bench, self._subject, self._draft
        if self._tries.idle_seconds > 0:
            await pace.idle(bench, self._tries.idle_seconds, draft)
        if subject.card:
            pin = subject.pin if draft.pin_message is not None else None
            await proof(bench, subject, self._proposed(), pin)
        if self._tries.lock_out and draft.pin_message is not None:
            await pins.lock_out(bench, subject, self._tries, draft)
