"""How a change is made once, and how it is settled what became of it: by asking, never by sending it again unasked."""

import asyncio
from typing import Any, TypeVar

from meroppet.ils.ports import UnavailableCause
from meroppet.ils.sip2_account_answers import offers
from meroppet.ils.sip2_calls import Failed, Judged, Sip2Calls
from meroppet.ils.sip2_changes import Change, Finding
from meroppet.ils.sip2_questions import Sip2Questions

_FOR_ASKING = 0.25
"""The part of a change's time that is kept for asking what became of it."""
_MOST_UNSETTLED = 200

A = TypeVar("A", bound=Judged)


class Settlement:
    """Makes changes within `deadline` seconds each, and remembers those of which nobody knows what became."""

    def __init__(self, calls: Sip2Calls, questions: Sip2Questions, deadline: float) -> None:
        self._calls = calls
        self._questions = questions
        self._deadline = deadline
        # Values are changes of every kind; each is only ever met again under its own key.
        self._unsettled: dict[tuple[str, ...], Change[Any]] = {}
        self._going_on: dict[tuple[str, ...], asyncio.Future[Any]] = {}

    async def make(self, change: Change[A]) -> A:
        """The register's answer, or what asking afterwards told, or `lost`."""
        going_on: asyncio.Future[A] | None = self._going_on.get(change.key)
        if going_on is not None:
            return await self._joined(change, going_on)
        outcome: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._going_on[change.key] = outcome
        try:
            outcome.set_result(await self._made(change))
            return outcome.result()
        finally:
            del self._going_on[change.key]
            outcome.cancel()

    async def _joined(self, change: Change[A], going_on: "asyncio.Future[A]") -> A:
        """What becomes of the same change that somebody else (or an impatient hand) has asked for already."""
        await asyncio.wait((going_on,), timeout=self._deadline)
        if going_on.done() and not going_on.cancelled():
            return going_on.result()
        return change.lost(UnavailableCause.TIMEOUT, may_have_happened=True)

    async def _made(self, change: Change[A]) -> A:
        until = asyncio.get_running_loop().time() + self._deadline
        until_answered = until - _FOR_ASKING * self._deadline
        earlier = await self._earlier(change, until_answered)
        if earlier is not None:
            return earlier
        unavailable = await change.before(self._questions, until_answered)
        if unavailable is not None:
            return change.lost(unavailable, may_have_happened=False)
        if change.message and not offers(self._calls.told, change.message):
            return change.unsupported()
        return await self._send(change, until_answered, until)

    async def _earlier(self, change: Change[A], until: float) -> A | None:
        """The answer if the same change is unsettled and must not be sent again, or proves to have been made."""
        unsettled: Change[A] | None = self._unsettled.get(change.key)
        if unsettled is None:
            return None
        found = await unsettled.became(self._questions, until)
        if found is Finding.UNANSWERED or (found is Finding.UNCLEAR and not change.harmless_twice):
            return change.lost(UnavailableCause.TIMEOUT, may_have_happened=True)
        self._unsettled.pop(change.key, None)
        return None if isinstance(found, Finding) else found

    async def _send(self, change: Change[A], until_answered: float, until: float) -> A:
        self._remember(change)
        outcome = await self._calls.ask(change.request, change.read, until_answered)
        cause = outcome.cause
        if cause is None and not isinstance(outcome, Failed):
            self._unsettled.pop(change.key, None)
            return outcome
        return await self._settle(change, _doubtful(outcome), until)

    async def _settle(self, change: Change[A], failed: Failed, until: float) -> A:
        if not failed.sent:
            self._unsettled.pop(change.key, None)
            return change.lost(failed.cause, may_have_happened=False)
        found = await change.became(self._questions, until)
        if not isinstance(found, Finding):
            self._unsettled.pop(change.key, None)
            return found
        # A register that was only too slow may still be at it: its "not made" of now is no "not made" of later.
        is_settled = found is Finding.NOT_MADE and failed.ended
        if is_settled:
            self._unsettled.pop(change.key, None)
        return change.lost(failed.cause, may_have_happened=not is_settled)

    def _remember(self, change: Change[Any]) -> None:
        # Before sending: whoever is cancelled while waiting has left a change behind, too.
        self._unsettled[change.key] = change
        if len(self._unsettled) > _MOST_UNSETTLED:
            del self._unsettled[next(iter(self._unsettled))]


def _doubtful(outcome: Judged | Failed) -> Failed:
    """An answer that could not be believed, as a failure: the register is done with the request, at any rate."""
    if isinstance(outcome, Failed):
        return outcome
    return Failed(outcome.cause or UnavailableCause.MALFORMED, sent=True, ended=True)
