"""Examinations that staff have begun: they run in this process, one a register at a time, and are forgotten with it.

Card, PIN and facts of the test patron live in the running task only; what is kept names nobody.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from meroppet.ils.doctor.examination import examine
from meroppet.ils.doctor.findings import Diagnosis, Finding
from meroppet.ils.doctor.subject import Patience, Subject, Tries
from meroppet.ils.sip2_client import Sip2Account
from meroppet.runtime.clock import Clock

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 600.0
KEPT = 20


@dataclass(slots=True)
class Run:
    """One examination. `diagnosis` None and `is_over`: it was broken off."""

    id: str
    register: str
    branch: str
    by: str
    begun_at: datetime
    findings: list[Finding] = field(default_factory=list)
    diagnosis: Diagnosis | None = None
    is_over: bool = False

    @property
    def topic(self) -> str:
        """What is woken at each finding."""
        return f"examination:{self.id}"


class Examinations:
    """The runs of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def find(self, register: str, run_id: str) -> Run | None:
        """A run of this register."""
        found = self._runs.get(run_id)
        return found if found is not None and found.register == register else None

    def running(self, register: str) -> Run | None:
        """The run that is going on at this register."""
        return next((run for run in self._runs.values() if run.register == register and not run.is_over), None)

    def last(self, register: str) -> Run | None:
        """The latest run of this register."""
        return next((run for run in reversed(self._runs.values()) if run.register == register), None)

    def begin(
        self,
        run: Run,
        account: Sip2Account,
        subject: Subject,
        *,
        preset: str,
        delimiter: str,
        tries: Tries,
        patience: Patience,
        wake: Callable[[str], None],
    ) -> None:
        """Begin it; the caller has seen that none is running. `wake` is called with the run's topic."""

        def tell(finding: Finding) -> None:
            run.findings.append(finding)
            wake(run.topic)

        async def work() -> None:
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    run.diagnosis = await examine(
                        account,
                        subject,
                        self._clock,
                        preset=preset,
                        delimiter=delimiter,
                        tries=tries,
                        patience=patience,
                        tell=tell,
                    )
            except TimeoutError:
                logger.warning("register=%s examination took too long", run.register)
            finally:
                run.is_over = True
                self._tasks.pop(run.id, None)
                wake(run.topic)

        self._keep(run)
        self._tasks[run.id] = asyncio.create_task(work())

    def new(self, register: str, branch: str, by: str) -> Run:
        """A run that has not begun."""
        return Run(secrets.token_urlsafe(9), register, branch, by, self._clock.now())

    def _keep(self, run: Run) -> None:
        self._runs[run.id] = run
        over = [found.id for found in self._runs.values() if found.is_over]
        for old in over[: max(0, len(self._runs) - KEPT)]:
            del self._runs[old]

    async def close(self) -> None:
        """Break off what runs."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
