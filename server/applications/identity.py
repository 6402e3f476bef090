"""From twelve digits that an e-ID has proved to the register's own number; the digits live in local variables only."""

import asyncio
from enum import StrEnum

from meroppet.rules.credentials import CardNumber, card_from_text
from server.organisations.service import BranchView
from server.registers.service import DEADLINE_SECONDS
from server.web.parts import StaffParts


class Unknown(StrEnum):
    """Why nobody was found by her personnummer."""

    NO_PATRON = "no_patron"
    NO_ANSWER = "no_answer"
    NO_NUMBER = "no_number"


async def registered_as(parts: StaffParts, branch: BranchView, personnummer: str) -> CardNumber | Unknown:
    """The register's number for a person. A register that knows her by nothing else has none that may be kept."""
    ils = parts.registers.ils(branch.id)
    if ils is None:
        return Unknown.NO_ANSWER
    try:
        async with asyncio.timeout(2 * DEADLINE_SECONDS):
            answer = await ils.patron(personnummer, None)
    except TimeoutError:
        return Unknown.NO_ANSWER
    if answer.cause is not None:
        return Unknown.NO_ANSWER
    if answer.facts is None or not answer.facts.valid:
        return Unknown.NO_PATRON
    number = card_from_text(answer.patron_id or "")
    return Unknown.NO_NUMBER if number is None or number.value == personnummer else number
