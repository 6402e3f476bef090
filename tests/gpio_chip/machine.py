"""A machine with a simulated GPIO chip: Linux as a program (User Mode Linux) on this machine's files, read-only."""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KERNELS = ROOT / ".tools" / "uml"


class NoMachineError(RuntimeError):
    """This machine cannot build or run the other one; the text says why."""


def kernel_file() -> Path:
    """Where the kernel stands once it is built; another recipe, or another C library to run with, is another file."""
    recipe = b"".join((HERE / name).read_bytes() for name in ("build_kernel.sh", "kernel.config"))
    library = (os.confstr("CS_GNU_LIBC_VERSION") or "").encode()
    return KERNELS / hashlib.sha256(recipe + library).hexdigest()[:12] / "linux"


def build(kernel: Path) -> None:
    """Build the kernel unless somebody did meanwhile; raises NoMachineError."""
    KERNELS.mkdir(parents=True, exist_ok=True)
    with (KERNELS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kernel.exists():
            return
        done = subprocess.run([str(HERE / "build_kernel.sh"), str(kernel)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoMachineError(done.stderr.strip()[-2000:] or f"the build ended with {done.returncode}")


def observe(kernel: Path, folder: Path, *, seconds: float) -> dict[str, Any]:
    """Boot, let `guest` do its work in there, and return its report; raises NoMachineError."""
    process = subprocess.Popen(
        _command(kernel, folder),
        cwd=folder,
        # The guest's memory is a file that is mapped; in a container /dev/shm may be too small for it.
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        console = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        # Each of its processes is one of this machine's; they are one session.
        os.killpg(process.pid, signal.SIGKILL)
        console = process.communicate()[0] + f"\nnot done after {seconds:.0f} s".encode()
    file = folder / "report.json"
    if not file.exists():
        raise NoMachineError(f"the machine gave no report; its console: {console.decode(errors='replace')[-2000:]}")
    report: dict[str, Any] = json.loads(file.read_text())
    if "error" in report:
        raise NoMachineError(f"the machine broke off: {report['error']}")
    return report


def _command(kernel: Path, folder: Path) -> list[str]:
    own = [f"uml_dir={folder}/", "mem=128M", "con=null", "con0=null,fd:1", "quiet"]
    root = ["root=/dev/root", "rootfstype=hostfs", "ro", f'init="{sys.executable}"']
    # What the kernel does not know it hands to its first process: as environment, and after -- as arguments.
    environment = [f'PYTHONPATH="{ROOT}"', f'REPORT="{folder}"', "PYTHONDONTWRITEBYTECODE=1"]
    return [str(kernel), *own, *root, *environment, "--", "-m", "tests.gpio_chip.guest"]
