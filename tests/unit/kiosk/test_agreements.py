"""Texts to accept reach the kiosk through the server; a server that is silent keeps nobody from borrowing."""

from itertools import count
from typing import Any

from kiosk.agreements import RemoteAgreements
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.papers import Paper, PaperText
from meroppet.rules.session import TellPaper
from meroppet.rules.terms import Act
from meroppet.wire.base import Reply, Request
from meroppet.wire.terms import PaperAnswerReply, PaperAnswerRequest, PapersReply, WirePaper, WirePaperText

CARD, PIN = CardNumber("2900100000017"), Pin("7305")
SAID = TellPaper("s1", CARD, PIN, "v1", Act.ACCEPTED, "sv", "digest")


class Channel:
    """Answers as told, and keeps what was asked."""

    def __init__(self, answer: Reply | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Request]] = []

    def seal(self, bound_to: str, card: CardNumber, pin: Pin) -> str:
        return f"sealed for {bound_to}"

    async def post(self, path: str, request: Request, reply: type[Any], *, within: float) -> Any:
        self.asked.append((path, request))
        if self.answer is None:
            raise ConnectionError
        return self.answer


def agreements(channel: Channel) -> RemoteAgreements:
    numbers = count(1)
    return RemoteAgreements(channel, lambda: f"t{next(numbers)}")


async def test_what_is_due_comes_with_every_language() -> None:
    words = WirePaperText(lang="sv", title="Avtal", body="Text", changed="Nytt", sha256="digest")
    channel = Channel(PapersReply(papers=(WirePaper(id="v1", texts=(words,)), WirePaper(id="v2", texts=()))))

    found = await agreements(channel).due(CARD, PIN)

    shown = PaperText(lang="sv", title="Avtal", body="Text", changed="Nytt", sha256="digest")
    assert found == (Paper(id="v1", texts=(shown,)),)
    assert channel.asked[0][0] == "/terms/due"
    assert CARD.value not in channel.asked[0][1].model_dump_json()


async def test_an_answer_goes_with_the_words_it_answers() -> None:
    channel = Channel(PaperAnswerReply(kept=True))

    kept = await agreements(channel).tell(SAID)

    request = PaperAnswerRequest(
        session="t1", sealed="sealed for t1", paper="v1", act="accepted", lang="sv", sha256="digest"
    )
    assert (kept, channel.asked) == (True, [("/terms/answer", request)])


async def test_a_silent_server_asks_nothing_and_keeps_nothing() -> None:
    assert await agreements(Channel(None)).due(CARD, PIN) == ()
    assert not await agreements(Channel(None)).tell(SAID)
