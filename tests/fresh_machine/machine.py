"""A minimal Debian in a folder, as a library's technician meets it: python3, pip and certificates, nothing of ours.

It gets from this machine what any machine of the same house would have: how its package clients reach their registries
(pip's and npm's configuration, proxies, certificates, Debian's mirror). Nothing here names a host.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RELEASE = "bookworm"
PACKAGES = "python3,python3-pip,ca-certificates"
USER = "tekniker"

# Variables by which package clients are told of mirrors, proxies and certificates.
_CARRIED = re.compile(
    r"(?i)^(pip|uv|npm_config)_|_proxy$|^(ssl_cert_(file|dir)|node_extra_ca_certs|requests_ca_bundle|ci)$"
)
_APT = [
    "sources.list",
    "sources.list.d",
    "apt.conf",
    "apt.conf.d",
    "auth.conf",
    "auth.conf.d",
    "keyrings",
    "trusted.gpg.d",
]


@dataclass(frozen=True, slots=True)
class Machine:
    """A Debian below `root`; commands run there see only it, in mounts and processes of their own."""

    root: Path
    folders: tuple[Path, ...]
    """Local package folders that pip's configuration names, shown inside under the same path."""

    def run(self, command: str, *, user: str, seconds: float) -> int:
        """Run a shell command as a login of `user`; gives its exit code. It prints where this process prints."""
        inside = f"cd ~ && {command}"
        # Mounted on itself, the folder is a root that can have mount namespaces of its own, as a real machine's can.
        mounts = [f"mount --bind {self.root} {self.root}", f"mount -t proc proc {self.root}/proc"]
        mounts += [f"mount --rbind {folder} {self.root}{folder}" for folder in ("/dev", "/sys", *self.folders)]
        script = " && ".join([*mounts, f'cd {self.root} && exec chroot . su - "$0" -c "$1"'])
        namespaces = ["unshare", "--mount", "--propagation=slave", "--pid", "--fork", "--kill-child"]
        return subprocess.run(
            [*namespaces, "sh", "-ec", script, user, f"{_exports()}{inside}"],
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        ).returncode


def build(root: Path, checkout: Path) -> Machine:
    """Make the machine and clone the checkout into its users' homes."""
    _told(f"a minimal Debian {RELEASE}")
    _must("debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, str(root), *_mirror())
    folders = tuple(dict.fromkeys(_package_folders()))
    for folder in folders:
        (root / folder.relative_to("/")).mkdir(parents=True, exist_ok=True)
    _carry_configuration(root)
    _must("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", USER)
    for home in (root / "home" / USER, root / "root"):
        _must("git", "clone", "--quiet", "--no-hardlinks", str(checkout), str(home / "meroppet"))
        _carry_user_configuration(home)
        if (checkout / ".tools/uml").is_dir():
            # The kernel for the GPIO tests, made from Debian's sources in minutes; making it twice proves nothing more.
            shutil.copytree(checkout / ".tools/uml", home / "meroppet/.tools/uml")
    _must("chroot", str(root), "chown", "-R", f"{USER}:", f"/home/{USER}")
    return Machine(root, folders)


def _mirror() -> list[str]:
    """The mirror this machine's own apt uses, if it says one."""
    apt = Path("/etc/apt")
    lists = [file for ending in ("sources", "list") for file in sorted(apt.glob(f"sources.list.d/*.{ending}"))]
    for file in [apt / "sources.list", *lists]:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        found = re.search(r"^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s*)?)(\S+)", text, re.MULTILINE)
        if found:
            return [found.group(1)]
    return []


def _package_folders() -> Iterator[Path]:
    # The environment's own interpreter has no pip; the one it was made from is what the machine's owner configured.
    asked = [str(Path(sys.base_prefix, "bin", "python3")), "-m", "pip", "config", "list"]
    listing = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    for word in re.split(r"[\s'\"=]+", listing.replace("\\n", " ")):
        folder = Path(word.removeprefix("file://"))
        if folder.is_absolute() and folder.is_dir():
            # An index's pages may point beside it; a plain folder of wheels holds all it has.
            yield folder.parent if word.startswith("file://") else folder


def _carry_configuration(root: Path) -> None:
    for file in ("/etc/pip.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/npmrc", *_global_npmrc()):
        if Path(file).exists():
            (root / file.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / file.lstrip("/"))
    if Path("/etc/ssl/certs").is_dir():
        # Replaced as a whole: the links inside would be followed out of the folder.
        shutil.rmtree(root / "etc/ssl/certs")
        shutil.copytree("/etc/ssl/certs", root / "etc/ssl/certs", ignore_dangling_symlinks=True)
    if f"VERSION_CODENAME={RELEASE}" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        for name in _APT:
            source, target = Path("/etc/apt", name), root / "etc/apt" / name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copyfile(source, target)


def _global_npmrc() -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        return []
    # Where npm keeps its machine-wide configuration depends on how it was built: ask it.
    said = subprocess.run(
        [npm, "config", "get", "globalconfig"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return [said, "/usr/etc/npmrc"]


def _carry_user_configuration(home: Path) -> None:
    own = Path.home()
    for name in (".config/pip/pip.conf", ".pip/pip.conf", ".npmrc"):
        if (own / name).exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(own / name, home / name)


def _exports(environ: Mapping[str, str] = os.environ) -> str:
    carried = {name: value for name, value in environ.items() if _CARRIED.search(name)}
    carried.setdefault("LANG", "C.UTF-8")
    for file in _global_npmrc():
        if Path(file).exists():
            carried.setdefault("npm_config_globalconfig", file)
    return "".join(f"export {name}={_quoted(value)}; " for name, value in sorted(carried.items()))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _must(*command: str) -> None:
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} failed: {(done.stdout + done.stderr)[-2000:]}")
    if time.monotonic() - began > 1:
        _told(f"{command[0]}: {time.monotonic() - began:.0f} s")


def _told(line: str) -> None:
    print(f"fresh machine: {line}", flush=True)
