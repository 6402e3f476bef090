"""A tag held to a device while staff wait for it."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from meroppet.device.errors import ChannelDown
from meroppet.device.tag_reading import R, TagReading
from meroppet.rules.branch import ClockTrust
from meroppet.rules.card_formats import Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.wire.base import Request
from meroppet.wire.commands import Action, Order
from meroppet.wire.passes import TagOutcome, TagReadRequest
from tests.fakes.clocks import ManualClock

TAG = CardNumber("04A1B2C3D4E5F6")


@dataclass(slots=True)
class FakeChannel:
    """Answers as told and remembers what it was sent."""

    outcome: str = "done"
    is_down: bool = False
    sent: list[TagReadRequest] = field(default_factory=list)

    def seal_number(self, bound_to: str, card: CardNumber) -> str:
        return f"sealed for {bound_to}"

    async def post(self, path: str, request: Request, reply: type[R], *, within: float = 1.0) -> R:
        if self.is_down:
            raise ChannelDown("down")
        assert isinstance(request, TagReadRequest)
        assert path == "/tags"
        self.sent.append(request)
        return reply.model_validate({"outcome": self.outcome})


def order(clock: ManualClock, name: str = "o1") -> Order:
    return Order(order=name, action=Action.READ_TAG, expires=clock.now() + timedelta(seconds=60))


async def test_a_tag_is_reported_once_and_then_nobody_waits() -> None:
    clock, channel = ManualClock(), FakeChannel()
    reading = TagReading(channel, clock)
    assert await reading.report(TAG) is None

    reading.begin(order(clock))
    assert reading.is_waiting
    assert await reading.report(TAG) is TagOutcome.DONE
    assert not reading.is_waiting
    assert await reading.report(TAG) is None

    assert [(sent.order, sent.sealed) for sent in channel.sent] == [("o1", "sealed for o1")]
    assert TAG.value not in str(channel.sent)


async def test_an_order_that_has_expired_waits_for_nothing() -> None:
    clock, channel = ManualClock(), FakeChannel()
    reading = TagReading(channel, clock)
    reading.begin(order(clock))

    clock.advance(timedelta(seconds=60))

    assert not reading.is_waiting
    assert await reading.report(TAG) is None
    assert channel.sent == []


async def test_a_clock_nobody_vouches_for_waits_for_nothing() -> None:
    clock = ManualClock(trust=ClockTrust.NONE)
    reading = TagReading(FakeChannel(), clock)
    reading.begin(order(clock))

    assert not reading.is_waiting


@pytest.mark.parametrize(
    ("read", "said"), [(Unfit.ITEM_TAG, TagOutcome.ITEM_TAG), (Unfit.RANDOM_UID, TagOutcome.UNREADABLE)]
)
async def test_after_a_wrong_tag_another_may_be_tried(read: Unfit, said: TagOutcome) -> None:
    clock, channel = ManualClock(), FakeChannel(outcome=said.value)
    reading = TagReading(channel, clock)
    reading.begin(order(clock))

    assert await reading.report(read) is said
    assert channel.sent[0].unfit is said
    assert channel.sent[0].sealed == ""
    assert reading.is_waiting

    channel.is_down = True
    assert await reading.report(TAG) is None
    assert reading.is_waiting

    channel.is_down, channel.outcome = False, "something_newer"
    assert await reading.report(TAG) is TagOutcome.UNREADABLE
