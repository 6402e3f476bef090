"""Copies the front-end files named in meroppet/pages/vendored.toml out of npm packages into static/vendor/ beside it.

Standard library only: it runs before anything is installed, and neither node nor npm need be there. Each package is
checked against package-lock.json, and only the named files are unpacked. `manifest.json` beside them says what each
file must be, for the wheel and for the tests.
"""

import base64
import hashlib
import io
import json
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from npm_registry import Registry

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


def fetch(packages: list[str]) -> Iterator[tuple[str, bytes]]:
    """Bring the packages' archives side by side; yields each once it has been checked against the lock.

    Exits with a sentence when one cannot be had or is another than the pinned one.
    """
    try:
        registry = Registry.configured()
    except OSError as error:
        sys.exit(f"npm's configuration names a file that cannot be read: {error}")
    with ThreadPoolExecutor(len(packages)) as side_by_side:
        coming = {package: side_by_side.submit(registry.archive, package, locked(package)[0]) for package in packages}
        for package, archive in coming.items():
            version, integrity = locked(package)
            try:
                data = archive.result()
            except OSError as error:
                sys.exit(f"{package} {version} could not be fetched: {error}")
            if not _is_intact(data, integrity):
                sys.exit(f"{package} {version} is not the one that was pinned in {LOCK.name}")
            yield package, data


def _is_intact(archive: bytes, integrity: str) -> bool:
    algorithm, _, expected = integrity.partition("-")
    return base64.b64encode(hashlib.new(algorithm, archive).digest()).decode() == expected


def unpack(package: str, archive: bytes, files: dict[str, str], into: Path) -> dict[str, str]:
    """Write the named files of one archive under `into`; gives target → sha256. Exits when a file is not there."""
    digests = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        # A package's files stand under one folder, nearly always "package"; only what follows it is a name.
        members = {member.name.partition("/")[2]: member for member in packed if member.isfile()}
        for source, target in files.items():
            content = packed.extractfile(members[source]) if source in members else None
            if content is None:
                sys.exit(f"{package} has no file {source}, named in {LIST.name}")
            data = content.read()
            file = into / target
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            digests[target] = hashlib.sha256(data).hexdigest()
    return digests


def vendor() -> None:
    """Make static/vendor anew beside the old one, then swap: a page never sees half of it."""
    packages = wanted()
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VENDOR.parent, prefix=".vendor-") as name:
        made = Path(name) / "vendor"
        digests: dict[str, str] = {}
        for package, archive in fetch(list(packages)):
            digests |= unpack(package, archive, packages[package], made)
        manifest = json.dumps({"files": dict(sorted(digests.items()))}, indent=1)
        (made / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
        if VENDOR.exists():
            VENDOR.rename(Path(name) / "replaced")
        made.rename(VENDOR)


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
    elif not sys.argv[1:]:
        vendor()
    else:
        sys.exit("usage: vendor.py [--tidy-lock]")
