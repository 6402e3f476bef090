"""An ISO 14443-A card for nfcpy's `udp` driver: datagrams of b"106A <hex>", "RFOFF" when the field goes off."""

import socket
import threading

SENSE, WAKE = b"\x26", b"\x52"
CASCADE = {0x93: 0, 0x95: 1, 0x97: 2}
MORE_TO_COME, DONE = b"\x04", b"\x00"


class UdpTag:
    """A field with a card in it or not; `number` may be changed while it runs. Empty is an empty field."""

    def __init__(self, number: bytes = b"") -> None:
        self.number = number
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the field away."""
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                message, reader = self._socket.recvfrom(1024)
            except TimeoutError:
                continue
            technology, _, command = message.partition(b" ")
            answer = self._answer(bytes.fromhex(command.decode())) if technology == b"106A" else None
            if answer is not None:
                self._socket.sendto(b"106A " + answer.hex().encode(), reader)

    def _answer(self, command: bytes) -> bytes | None:
        parts = self._parts()
        if not parts:
            return None
        if command in (SENSE, WAKE):
            return bytes.fromhex("4400" if len(parts) > 1 else "0400")
        level = CASCADE.get(command[0])
        if level is None or level >= len(parts):
            return None
        if command[1] == 0x20:
            return parts[level] + bytes([parts[level][0] ^ parts[level][1] ^ parts[level][2] ^ parts[level][3]])
        return DONE if level == len(parts) - 1 else MORE_TO_COME

    def _parts(self) -> list[bytes]:
        """The number in cascade levels, 0x88 before each that is continued (ISO/IEC 14443-3, 6.5.4)."""
        number = self.number
        match len(number):
            case 4:
                return [number]
            case 7:
                return [b"\x88" + number[:3], number[3:]]
            case 10:
                return [b"\x88" + number[:3], b"\x88" + number[3:6], number[6:]]
        return []
