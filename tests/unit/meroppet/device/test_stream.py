"""What the stream's lines say, and that nothing in them can end the listening."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.device.events_stream import Heartbeat, Word, words
from meroppet.wire.commands import Order, StrangeOrder, WakeUp


async def heard(text: str) -> list[Word]:
    async def lines() -> AsyncIterator[str]:
        for line in text.split("\n"):
            yield line

    return [word async for word in words(lines())]


ORDER = '{"order": "o1", "action": "open_once", "expires": "2026-11-23T11:00:00Z"}'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('event: changed\nid: 7\ndata: {"change": 7}\n', WakeUp(change=7)),
        ('event:changed\ndata:{"change":\ndata: 7}\n', WakeUp(change=7)),
        (f"event: order\ndata: {ORDER}\n", Order.model_validate_json(ORDER)),
        (": still here", Heartbeat()),
        ("event: changed\ndata: nonsense\n", Heartbeat()),
        (
            'event: order\ndata: {"order": "o1", "action": "burn_down", "expires": "2026-11-23T11:00:00Z"}\n',
            StrangeOrder(order="o1", action="burn_down"),
        ),
        ('event: order\ndata: {"order": "o1"}\n', Heartbeat()),
        ("event: gossip\ndata: {}\n", Heartbeat()),
    ],
)
async def test_lines_say_words(text: str, word: Word) -> None:
    assert await heard(text) == [word]


@given(text=st.text(st.characters(exclude_characters="\r"), max_size=200))
async def test_no_text_raises(text: str) -> None:
    await heard(text)
