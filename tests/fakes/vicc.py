"""A card on the virtual reader of a real pcscd: the card side of vsmartcard's vpcd protocol.

The card is the TCP client; being connected is lying on the reader. Both ways: length (two bytes, big-endian), payload.
One byte is a control (0 off, 1 on, 2 reset, 4 "give the answer to reset"), anything longer a command to the card.
"""

import socket
import threading
import time

from tests.fakes.pcscd import SLOT_PORT

SLOT = ("127.0.0.1", SLOT_PORT)
OFF, ON, RESET, GIVE_RESET = 0, 1, 2, 4
NUMBER = b"\xff\xca\x00\x00"
BLOCK = b"\xff\xb0\x00"


def storage_card_reset(standard: int) -> bytes:
    """The answer to reset that PC/SC part 3, 3.1.3.2.3 prescribes: 03 is ISO 14443A part 3, 0B ISO 15693 part 3."""
    history = bytes.fromhex("804F0CA000000306") + bytes([standard]) + b"\x00\x01" + bytes(4)
    body = bytes([0x80 | len(history), 0x80, 0x01]) + history
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes([check])


class VirtualCard:
    """Lies on the reader from construction to close(). Without a number it answers as a card that has none."""

    def __init__(self, number: bytes, *, standard: int = 0x03, memory: bytes = b"") -> None:
        self._number, self._reset, self._memory = number, storage_card_reset(standard), memory
        self._socket = self._put_on_reader()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take it off."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    @staticmethod
    def _put_on_reader() -> socket.socket:
        end = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(SLOT)
            except ConnectionRefusedError:
                assert time.monotonic() < end, "no virtual reader listens"
                time.sleep(0.02)

    def _serve(self) -> None:
        try:
            while (command := self._receive()) is not None:
                answer = self._answer(command)
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)
        except OSError:
            return

    def _receive(self) -> bytes | None:
        size = self._exactly(2)
        return None if size is None else self._exactly(int.from_bytes(size, "big"))

    def _exactly(self, count: int) -> bytes | None:
        received = b""
        while len(received) < count:
            # vpcd sends length and payload apart with Nagle on: without this every command takes 44 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            piece = self._socket.recv(count - len(received))
            if not piece:
                return None
            received += piece
        return received

    def _answer(self, command: bytes) -> bytes | None:
        if len(command) == 1:
            return self._reset if command[0] == GIVE_RESET else None
        if command[:4] == NUMBER and self._number:
            return self._number + b"\x90\x00"
        if command[:3] == BLOCK and (block := self._memory[4 * command[3] :][: command[4]]):
            return block + b"\x90\x00"
        return b"\x6a\x81"
