"""Copies the front-end files named in meroppet/pages/vendored.toml out of npm packages into static/vendor/ beside it.

Standard library only: it runs before anything is installed. npm fetches the packages; each is checked against
package-lock.json, and only the named files are unpacked. `manifest.json` beside them says what each file must be, for
the wheel and for the tests.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "meroppet/pages/vendored.toml"
LOCK = ROOT / "package-lock.json"
VENDOR = ROOT / "meroppet/pages/static/vendor"


def wanted() -> dict[str, dict[str, str]]:
    """Package → path inside it → target file."""
    packages: dict[str, dict[str, str]] = {}
    for target, source in tomllib.loads(LIST.read_text(encoding="utf-8"))["files"].items():
        parts = source.split("/")
        length = 2 if source.startswith("@") else 1
        packages.setdefault("/".join(parts[:length]), {})["/".join(parts[length:])] = target
    return packages


def locked(package: str) -> tuple[str, str]:
    """The version and integrity package-lock.json pins; exits with a sentence when it pins none."""
    entry = json.loads(LOCK.read_text(encoding="utf-8"))["packages"].get(f"node_modules/{package}")
    if entry is None:
        sys.exit(f"{package} is not in {LOCK.name}; add it to package.json and run bin/meroppet lock")
    return entry["version"], entry["integrity"]


def fetch(npm: str, packages: list[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Let npm bring the packages' archives; yields each once it has been checked against the lock."""
    pins = {package: locked(package) for package in packages}
    names = [f"{package}@{version}" for package, (version, _) in pins.items()]
    # One client for all: starting one costs more than what it would gain by asking beside the others.
    command = [npm, "pack", "--ignore-scripts", "--silent", "--pack-destination", str(folder), *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nnpm could not bring the front-end files (exit code {done.returncode})")
    for package, (version, integrity) in pins.items():
        archive = folder / f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
        if not _is_intact(archive, integrity):
            sys.exit(f"{package} {version} is not the one that was pinned in {LOCK.name}")
        yield package, archive


def _is_intact(archive: Path, integrity: str) -> bool:
    algorithm, _, expected = integrity.partition("-")
    return base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode() == expected


def unpack(archive: Path, files: dict[str, str], into: Path) -> dict[str, str]:
    """Write the named files of one archive under `into`; gives target → sha256. Exits when a file is not there."""
    digests = {}
    with tarfile.open(archive) as packed:
        # A package's files stand under one folder, nearly always "package"; only what follows it is a name.
        members = {member.name.partition("/")[2]: member for member in packed if member.isfile()}
        for source, target in files.items():
            content = packed.extractfile(members[source]) if source in members else None
            if content is None:
                sys.exit(f"{archive.name} has no file {source}, named in {LIST.name}")
            data = content.read()
            file = into / target
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            digests[target] = hashlib.sha256(data).hexdigest()
    return digests


def vendor(npm: str) -> None:
    """Make static/vendor anew beside the old one, then swap: a page never sees half of it."""
    packages = wanted()
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VENDOR.parent, prefix=".vendor-") as name:
        made = Path(name) / "vendor"
        digests: dict[str, str] = {}
        archives = Path(name) / "archives"
        archives.mkdir()
        for package, archive in fetch(npm, list(packages), archives):
            digests |= unpack(archive, packages[package], made)
        manifest = json.dumps({"files": dict(sorted(digests.items()))}, indent=1)
        (made / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
        if VENDOR.exists():
            VENDOR.rename(Path(name) / "replaced")
        made.rename(VENDOR)
        shutil.rmtree(archives)


def tidy_lock() -> None:
    """Take addresses out of package-lock.json: the host is the machine's choice, the hash is ours."""
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    for entry in lock["packages"].values():
        entry.pop("resolved", None)
        entry.pop("funding", None)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--tidy-lock"]:
        tidy_lock()
    elif len(sys.argv) == 2:
        vendor(sys.argv[1])
    else:
        sys.exit("usage: vendor.py NPM | --tidy-lock")
