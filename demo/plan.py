"""How each process is told what it needs: its settings file, its command line, its place on the network."""

import asyncio
import json
import os
import secrets
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo import toml
from demo.consortia import CHOICES, Place, places
from demo.errors import CannotStart
from demo.folder import Folder
from demo.ports import HOST, Ports
from demo.register_account import PASSWORD_VARIABLE, account_of
from server.eid.standin.reaching import Certificates, files_in, options_for

PYTHON = (sys.executable, "-P", "-m")
"""-P: a file called server.py in the folder where the demo is started must not be run in the server's place."""
ATTACHED = ("--until-input-ends", "--quiet")
"""How the register belongs to the demo: it ends with it, and says no PIN or password to its log."""
HEARTBEAT_SECONDS = 1
"""A turned clock is vouched for by the next heartbeat, and nobody wants to wait fifteen seconds for that."""
MODULES = {"door": "door_controller", "kiosk": "kiosk"}

CONTACTS = {
    "contact": "contact",
    "exit_button": "exit",
    "tamper_box": "tamper",
    "fire": "fire",
    "alarm_armed": "armed",
    "alarm_triggered": "intrusion",
    "reset_key": "reset",
    "people_in": "passage_in",
    "people_out": "passage_out",
}
"""The door's inputs, and the contacts of the board they are wired to."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a person opens in a browser; staff by name, for a browser keeps a sign-in cookie for no bare address."""

    branch: str
    kiosk: str
    staff: str
    patrons: str
    phone: str
    """A telephone with the demo's electronic identification."""


SPOKEN_WORDS_A_SECOND = 2.5
"""So that what the loudspeaker says in one language can be read before it says it in the next."""


class Plan:
    """Everything the processes of one run are told."""

    def __init__(self, place: Place, ports: Ports, folder: Folder) -> None:
        self._place, self._ports, self._folder = place, ports, folder
        self._password = secrets.token_urlsafe(12)
        self._codes: dict[str, str] = {}
        self.addresses = Addresses(
            branch=f"http://localhost:{ports.branch}/",
            kiosk=f"http://localhost:{ports.kiosk}/",
            staff=f"http://localhost:{ports.staff}/",
            patrons=f"http://localhost:{ports.staff}/my",
            phone=f"http://localhost:{ports.phone}/phone",
        )

    @property
    def root(self) -> Path:
        """The run folder."""
        return self._folder.root

    def journal(self, device: str) -> Path:
        """The file of a device's journal."""
        return self._folder.state(device) / "journal.db"

    @property
    def bankid(self) -> Certificates:
        """The certificates of the stand-in for BankID."""
        return files_in(self._folder.state("bankid"))

    @property
    def database(self) -> Path:
        """The server's SQLite file."""
        return self._folder.state("server") / "server.db"

    @property
    def lockd_socket(self) -> Path:
        """Where lockd listens."""
        return self._folder.socket("lockd")

    @property
    def register_password(self) -> str:
        """The word under which the register lets the server (and the check) in, new in every run."""
        return self._password

    def commands(self) -> Mapping[str, Sequence[str]]:
        """The command line of each process."""
        branch = next(name for name, means in CHOICES.items() if means == self._place.branch.id)
        register = ("register", "--branch", branch, "--port", str(self._ports.register), "--state", "demo")
        return {
            "register": (*PYTHON, "demo", *register, *ATTACHED, "--clock", str(self._folder.clock)),
            "server": (*PYTHON, "server", "serve", "--config", str(self._config("server"))),
            "lockd": (*PYTHON, "hardware.lockd", "--config", str(self._config("lockd"))),
            "door": (*PYTHON, "door_controller", "--config", str(self._config("door"))),
            "kiosk": (*PYTHON, "kiosk", "--config", str(self._config("kiosk"))),
        }

    def environment(self, process: str) -> Mapping[str, str]:
        """What is added to a process's environment: passwords stand in no file of settings."""
        return {
            "register": {PASSWORD_VARIABLE: self._password},
            "server": {"CREDENTIALS_DIRECTORY": str(self._credentials)},
        }.get(process, {})

    def whereabouts(self, process: str) -> str:
        """Where a process listens, for people."""
        return {
            "register": f"SIP2 {HOST}:{self._ports.register}",
            "server": f"https://{HOST}:{self._ports.devices}/ {self.addresses.staff}",
            "lockd": "",
            "door": f"http://{HOST}:{self._ports.door}/",
            "kiosk": self.addresses.kiosk,
        }[process]

    def sign_in(self) -> tuple[str, str]:
        """User name and password of this folder's member of staff; the password was drawn when it was seeded."""
        known = json.loads(self._staff.read_text(encoding="utf-8"))
        return known["user"], known["password"]

    # Writing

    def write(self) -> None:
        """Write every settings file anew. Raises OSError."""
        clock: toml.Table = {"clock": "virtual", "clock_offset_file": self._folder.clock}
        documents: dict[str, toml.Table] = {
            "lockd": {"socket": self.lockd_socket, "line": f"virtual:{self._folder.socket('board')}"},
            "door": {**clock, **self._door()},
            "kiosk": {**clock, **self._kiosk()},
            "server": {**clock, **self._server()},
        }
        for process, document in documents.items():
            self._config(process).write_text(toml.text(document), encoding="utf-8")
        self._credentials.mkdir(mode=0o700, exist_ok=True)
        for place in places():
            secret = self._credentials / f"register_passwords__{place.branch.id}"
            secret.write_text(self._password, encoding="utf-8")
            secret.chmod(0o600)

    def _door(self) -> toml.Table:
        board = self._virtual("board")
        return {
            "state_dir": self._folder.state("door"),
            "lockd_socket": self.lockd_socket,
            "status_port": self._ports.door,
            **dict.fromkeys(("card_reader", "keypad", "indicator", "sounder", "display"), board),
            **dict.fromkeys(("voice", "messenger"), board),
            "loudspeaker": {**board, "words_a_second": SPOKEN_WORDS_A_SECOND},
            **{place: {**board, "part": part} for place, part in CONTACTS.items()},
            "relays": {"hall": {**board, "name": "lights", "group": "lights"}},
        }

    def _kiosk(self) -> toml.Table:
        desk = self._virtual("desk")
        return {
            "state_dir": self._folder.state("kiosk"),
            "listen": {"port": self._ports.kiosk},
            **dict.fromkeys(("barcode_scanner", "tag_pad", "card_reader", "keypad"), desk),
        }

    def _server(self) -> toml.Table:
        return {
            "state_dir": self._folder.state("server"),
            "devices": {
                "port": self._ports.devices,
                "url": self._device_url,
                "heartbeat_seconds": HEARTBEAT_SECONDS,
            },
            "staff": {"port": self._ports.staff, "url": self.addresses.staff},
            "eid": [{"driver": "bankid", **options_for(self.bankid, self._ports.bankid)}],
            "registers": [
                {
                    "id": self._place.consortium.id,
                    "profile": "koha",
                    "host": HOST,
                    "port": self._ports.register,
                    "accounts": [
                        {
                            "branch": self._place.branch.id,
                            "user": account_of(self._place.branch),
                            "institution": self._place.branch.register_code,
                        }
                    ],
                }
            ],
        }

    def _virtual(self, name: str) -> toml.Table:
        return {"driver": "virtual", "socket": self._folder.socket(name)}

    # Doing, once

    async def seed(self) -> None:
        """Fill the server's database. Raises CannotStart."""
        config = ("--config", str(self._config("server")))
        said = await self._run("demo", "seed", *config, "--staff", str(self._staff), "--branch", self._place.branch.id)
        self._codes = json.loads(said)
        self._folder.seeded.touch()

    def is_enrolled(self, device: str) -> bool:
        """Whether the device belongs to the branch and calls where the server is in this run."""
        return self._folder.is_enrolled(device, self._device_url)

    async def enrol(self, device: str) -> None:
        """Enrol a device as an installer does: a code from the server, given to the device. Raises CannotStart."""
        # A device that calls somewhere else now is another device: nothing of the old one is carried over.
        shutil.rmtree(self._folder.state(device), ignore_errors=True)
        code = self._codes.pop(device, "") or await self._invite(device)
        device_config = ("--config", str(self._config(device)))
        await self._run(MODULES[device], *device_config, "enrol", code.strip())
        self._folder.mark_enrolled(device, self._device_url)

    async def _invite(self, device: str) -> str:
        config = ("--config", str(self._config("server")))
        return await self._run("server", "invite", self._place.branch.id, device, *config)

    async def _run(self, module: str, *arguments: str) -> str:
        """What a command says on standard output. Raises CannotStart with its last words."""
        process = await asyncio.create_subprocess_exec(
            *PYTHON, module, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=self._surroundings(module)
        )
        try:
            said, complaint = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            raise
        if process.returncode:
            words = complaint.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise CannotStart(f"{module} {arguments[0]} failed: {words[-1]}")
        return said.decode("utf-8")

    def _surroundings(self, module: str) -> dict[str, str]:
        # The server's passwords are for the two that open the server's database, and for no device.
        return {**os.environ, **(self.environment("server") if module in {"demo", "server"} else {})}

    @property
    def _device_url(self) -> str:
        return f"https://{HOST}:{self._ports.cable}"

    @property
    def _credentials(self) -> Path:
        return self._folder.root / "credentials"

    @property
    def _staff(self) -> Path:
        return self._folder.root / "staff.json"

    def _config(self, process: str) -> Path:
        return self._folder.config / f"{process}.toml"
