"""Network namespaces, each with a cable to ours, and what can be done to the packets on it. Needs root, ip, nft."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

HOSTS = Path("/etc/netns")
"""`ip netns exec` lays what is there over /etc."""


class Fault(Enum):
    """Packets that vanish without a word, as seen from inside."""

    BOTH = ("input", "output")
    """A cable that is cut: each side has a connection the other knows nothing of."""
    HEARS_NOTHING = ("input",)
    IS_NOT_HEARD = ("output",)


class Namespace:
    """One namespace; `localhost` there is our end of the cable."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self._number, self._cable = name, number, f"mn{os.getpid() % 100000}-{number}"
        self._ours = f"10.231.{number}.1"

    def lay(self) -> None:
        """Make it, and a cable to it."""
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "addr", "add", f"{self._ours}/24", "dev", self._cable)
        run("ip", "link", "set", self._cable, "up")
        self.run("ip", "addr", "add", f"10.231.{self._number}.2/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        (HOSTS / self.name).mkdir(parents=True)
        (HOSTS / self.name / "hosts").write_text(f"{self._ours} localhost\n")

    def remove(self) -> None:
        """Leave nothing of it."""
        subprocess.run(["ip", "netns", "del", self.name], check=False, timeout=30)
        subprocess.run(["ip", "link", "del", self._cable], check=False, timeout=30, stderr=subprocess.DEVNULL)
        (HOSTS / self.name / "hosts").unlink(missing_ok=True)
        (HOSTS / self.name).rmdir()

    def inside(self, *command: str) -> list[str]:
        """A command line that runs there."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str) -> None:
        """Run something there to its end."""
        run(*self.inside(*command))

    def cut(self, fault: Fault) -> None:
        """Let packets vanish from now on."""
        rules = [
            f"add chain inet cut {hook} {{ type filter hook {hook} priority 0; policy drop; }}" for hook in fault.value
        ]
        self.run("nft", "\n".join(["add table inet cut", *rules]))

    def mend(self) -> None:
        """Let them through again."""
        self.run("nft", "delete table inet cut")


def run(*command: str) -> None:
    """Run something to its end; what it complains of is in the error."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@contextmanager
def namespaces(number: int) -> Iterator[list[Namespace]]:
    """So many of them, for as long as the context lasts."""
    made = [Namespace(f"meroppet-{os.getpid()}-{each}", each) for each in range(1, number + 1)]
    try:
        for each in made:
            each.lay()
        yield made
    finally:
        for each in made:
            each.remove()
