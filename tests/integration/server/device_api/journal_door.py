"""A device's real journal and its way to the real server, with a disk that can be copied and put back."""

import shutil
from pathlib import Path

from meroppet.device.journal import Journal
from meroppet.rules.events import LinkRestored
from meroppet.wire.enrolment import BootReply
from meroppet.wire.journal import JournalReply
from tests.fakes.signing_device import SigningDevice

from .conftest import House


class Door:
    """A device's real journal in a folder, and its way to the server."""

    def __init__(self, house: House, signing: SigningDevice, folder: Path) -> None:
        self.house, self.signing, self.folder = house, signing, folder
        self.key = ""
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.folder / "journal.db", self.house.clock, "b" * 32)
        self.journal.trust_heads(self.signing.device, self.key)

    async def boot(self, name: str) -> None:
        reply = await self.signing.boot(name)
        self.key = BootReply.model_validate_json(reply.content).sign_public
        self.journal.trust_heads(self.signing.device, self.key)

    async def write(self, *marks: int) -> None:
        for mark in marks:
            await self.journal.write(LinkRestored(float(mark)))

    async def push(self) -> JournalReply | None:
        """One push, as the device makes it; None if it has nothing to tell."""
        sent = await self.journal.unsent()
        if sent is None:
            return None
        answer = await self.signing.ask("POST", "/journal", sent.model_dump(mode="json"))
        assert answer.status_code == 200, answer.text
        reply = JournalReply.model_validate_json(answer.content)
        await self.journal.acked(sent, reply)
        return reply

    async def sync(self) -> list[JournalReply]:
        replies = []
        while (reply := await self.push()) is not None:
            replies.append(reply)
            assert len(replies) < 50
        return replies

    def image(self, name: str) -> Path:
        """A copy of the disk, as somebody makes it of an SD card."""
        self.journal.close()
        made = self.folder.with_name(name)
        shutil.copytree(self.folder, made)
        self.open()
        return made

    def put_back(self, image: Path) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)
        shutil.copytree(image, self.folder)
        self.open()
