"""Right, missing, wrong and empty PINs, and how many wrong ones lock: only ever with the test patron."""

from meroppet.ils.doctor.bench import Bench, Stop
from meroppet.ils.doctor.draft import Draft
from meroppet.ils.doctor.findings import Check, Finding, Judged
from meroppet.ils.doctor.person import refuse_other_card
from meroppet.ils.doctor.subject import Subject, Tries, another_pin
from meroppet.ils.profiles import PinMessage
from meroppet.sip2 import requests
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.views import PatronView


async def pins(bench: Bench, subject: Subject, tries: Tries, draft: Draft) -> None:
    """Everything about PINs. It always ends with the right one, which sets a register's count of wrong ones back."""
    desk = _Desk(bench, subject)
    if not await desk.right(draft):
        return
    await desk.missing(draft)
    await desk.wrong()
    if tries.empty_pin:
        await desk.empty()


async def lock_out(bench: Bench, subject: Subject, tries: Tries, draft: Draft) -> None:
    """Wrong PINs until the right one is refused too; the test patron stays locked."""
    desk = _Desk(bench, subject, draft.pin_message or PinMessage.PATRON_INFORMATION)
    await desk.lock_out(draft, tries.most_wrong_pins)


class _Desk:
    """Asks about one patron with one PIN or another."""

    def __init__(self, bench: Bench, subject: Subject, message: PinMessage = PinMessage.PATRON_INFORMATION) -> None:
        self._bench = bench
        self._subject = subject
        self._message = message
        self._usual: frozenset[int] = frozenset()

    async def right(self, draft: Draft) -> bool:
        """The right PIN, by 63 or else by 23; False where neither says yes, and nothing more can be learnt.

        What is refused is not sent again: it may be mistyped, and a few more would lock the patron.
        """
        for message in PinMessage:
            self._message = message
            answer = await self._asked(self._subject.pin, Check.RIGHT_PIN)
            if answer.pin_is_right is True:
                draft.pin_message, self._usual = message, answer.flags
                self._bench.found(Check.RIGHT_PIN, Judged.GOOD, "right_pin", message=message.value)
                return True
            if answer.pin_is_right is False:
                self._bench.found(Check.RIGHT_PIN, Judged.FAILED, "right_pin_refused")
                return False
        self._bench.found(Check.RIGHT_PIN, Judged.FAILED, "pin_not_checked")
        return False

    async def missing(self, draft: Draft) -> None:
        """No PIN at all."""
        account = self._bench.account
        message = requests.patron_information(self._bench.now(), account.institution, self._subject.card)
        told = PatronView(await self._bench.must(message, Check.MISSING_PIN)).pin_is_right
        draft.takes_missing_pin = told is True
        if told is True:
            self._bench.found(Check.MISSING_PIN, Judged.UNSAFE, "missing_pin_accepted")
        else:
            self._bench.found(Check.MISSING_PIN, Judged.GOOD, "missing_pin" if told is None else "missing_pin_refused")

    async def wrong(self) -> None:
        """One wrong PIN, then the right one."""
        answer = await self._asked(another_pin(self._subject.pin), Check.WRONG_PIN)
        if answer.pin_is_right is True:
            self._bench.found(Check.WRONG_PIN, Judged.UNSAFE, "wrong_pin_accepted")
            return
        says = "wrong_pin_refused" if answer.pin_is_right is False else "wrong_pin_unsaid"
        flags = "wrong_pin_flags" if answer.flags - self._usual else says
        await self._set_back(Check.WRONG_PIN)
        self._bench.found(Check.WRONG_PIN, Judged.GOOD, flags)

    async def empty(self) -> None:
        """An empty PIN, once, then the right one."""
        answer = PatronView(await self._bench.must(self._request(""), Check.EMPTY_PIN))
        await self._set_back(Check.EMPTY_PIN)
        if answer.pin_is_right is True:
            self._bench.found(Check.EMPTY_PIN, Judged.UNSAFE, "empty_pin_accepted")
        else:
            self._bench.found(Check.EMPTY_PIN, Judged.GOOD, "empty_pin_refused")

    async def lock_out(self, draft: Draft, most: int) -> None:
        """After how many wrong PINs in a row the right one is refused. One is known not to be enough."""
        self._usual = (await self._asked(self._subject.pin, Check.LOCK_OUT)).flags
        for number in range(2, most + 1):
            for _ in range(number):
                await self._asked(another_pin(self._subject.pin), Check.LOCK_OUT)
            answer = await self._asked(self._subject.pin, Check.LOCK_OUT)
            if answer.pin_is_right is not True:
                draft.wrong_pins = number
                says = "locks_with_flags" if answer.flags - self._usual else "locks"
                self._bench.found(Check.LOCK_OUT, Judged.CAREFUL, says, number=str(number))
                return
        self._bench.found(Check.LOCK_OUT, Judged.CAREFUL, "never_locks", number=str(most))

    async def _set_back(self, check: Check) -> None:
        answer = await self._asked(self._subject.pin, check)
        if answer.pin_is_right is not True:
            raise Stop(Finding(check, Judged.FAILED, "right_pin_no_more"))

    async def _asked(self, pin: str, check: Check) -> PatronView:
        answer = await self._bench.must(self._request(pin), check)
        refuse_other_card(self._bench, answer, self._subject.card, check)
        return PatronView(answer)

    def _request(self, pin: str) -> RawMessage:
        """63 or 23 with a PIN; an empty one too, which no client of ours ever sends."""
        bench, card = self._bench, self._subject.card
        if self._message is PinMessage.PATRON_STATUS:
            return requests.patron_status(bench.now(), bench.account.institution, card, pin)
        made = requests.patron_information(bench.now(), bench.account.institution, card, pin or "0")
        fields = tuple((name, pin if name == "AD" else value) for name, value in made.fields)
        return RawMessage(made.code, made.fixed, fields)
