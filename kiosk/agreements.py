"""The texts patrons are asked to accept, over the device's signed channel; card and PIN leave sealed to the server."""

from collections.abc import Callable

from meroppet.ils.remote import ANSWERS_WITHIN, SignedChannel
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.papers import Paper, PaperText
from meroppet.rules.session import TellPaper
from meroppet.wire.terms import PaperAnswerReply, PaperAnswerRequest, PapersReply, PapersRequest, WirePaper


class RemoteAgreements:
    """The port `Agreements` over a channel. `new_token` makes the identifiers that sealed texts are bound to."""

    def __init__(self, channel: SignedChannel, new_token: Callable[[], str]) -> None:
        self._channel = channel
        self._new_token = new_token

    async def due(self, card: CardNumber, pin: Pin) -> tuple[Paper, ...]:
        """What to ask her; nothing when the server does not answer: nobody is kept from borrowing by it."""
        token = self._new_token()
        request = PapersRequest(session=token, sealed=self._channel.seal(token, card, pin))
        try:
            reply = await self._channel.post("/terms/due", request, PapersReply, within=ANSWERS_WITHIN)
        except OSError:
            return ()
        return tuple(_paper(each) for each in reply.papers if each.texts)

    async def tell(self, said: TellPaper) -> bool:
        """True when her answer is written down at the server."""
        token = self._new_token()
        request = PaperAnswerRequest(
            session=token,
            sealed=self._channel.seal(token, said.card, said.pin),
            paper=said.paper,
            act=said.act.value,
            lang=said.lang,
            sha256=said.sha256,
        )
        try:
            reply = await self._channel.post("/terms/answer", request, PaperAnswerReply, within=ANSWERS_WITHIN)
        except OSError:
            return False
        return reply.kept


def _paper(said: WirePaper) -> Paper:
    texts = tuple(
        PaperText(lang=each.lang, title=each.title, body=each.body, changed=each.changed, sha256=each.sha256)
        for each in said.texts
    )
    return Paper(id=said.id, kind=said.kind, texts=texts, until=said.until)
