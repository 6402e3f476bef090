"""A kiosk's questions about texts to accept, through the server, and what a patron answered."""

from datetime import date
from typing import Literal

from meroppet.wire.base import Reply, Request


class WirePaperText(Reply):
    """See meroppet.rules.papers.PaperText."""

    lang: str
    title: str
    body: str
    changed: str = ""
    sha256: str = ""


class WirePaper(Reply):
    """See meroppet.rules.papers.Paper."""

    id: str
    kind: str = "terms"
    texts: tuple[WirePaperText, ...]
    until: date | None = None


class PapersRequest(Request):
    """POST /api/device/v1/terms/due. `sealed` holds {"card": …, "pin": …} bound to `session`."""

    session: str
    sealed: str


class PapersReply(Reply):
    """What to ask her now, in order; empty when there is nothing."""

    papers: tuple[WirePaper, ...] = ()


class PaperAnswerRequest(Request):
    """POST /api/device/v1/terms/answer. `sha256` is of the text that was on the screen, in `lang`."""

    session: str
    sealed: str
    paper: str
    act: Literal["accepted", "declined", "asked"]
    lang: str
    sha256: str


class PaperAnswerReply(Reply):
    """Whether it is written down. False: the text is no longer the one to accept, or the patron could not be found."""

    kept: bool
