"""What may be asked as often as one likes: items and accounts; the answers are values, never exceptions."""

from meroppet.ils.ports import ItemAnswer, ItemReason
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_account_answers import Account, account_answer, account_unavailable
from meroppet.ils.sip2_answers import item_answer
from meroppet.ils.sip2_calls import Failed, Sip2Calls
from meroppet.ils.sip2_requests import pin_to_send
from meroppet.sip2.requests import Summary
from meroppet.sip2.views import ItemView


class Sip2Questions:
    """17 and 63. `until` is in the running loop's time. Texts must be such that they can be sent."""

    def __init__(self, profile: SiteProfile, calls: Sip2Calls) -> None:
        self._profile = profile
        self._calls = calls

    async def item(self, barcode: str, until: float) -> ItemAnswer:
        """What the register knows of one item."""
        outcome = await self._calls.ask(
            lambda ask: ask.item(barcode),
            lambda answer: item_answer(self._profile, ItemView(answer.message), barcode),
            until,
        )
        if isinstance(outcome, Failed):
            return ItemAnswer(ItemReason.UNAVAILABLE, barcode, cause=outcome.cause)
        return outcome

    async def account(self, card: str, pin: str | None, summary: Summary, until: float) -> Account:
        """A patron's account with one kind of its items listed."""
        is_sent = pin_to_send(self._profile, pin) is not None
        outcome = await self._calls.ask(
            lambda ask: ask.listing(card, pin, summary),
            lambda answer: account_answer(self._profile, answer, card, pin_sent=is_sent),
            until,
        )
        return account_unavailable(outcome.cause) if isinstance(outcome, Failed) else outcome
