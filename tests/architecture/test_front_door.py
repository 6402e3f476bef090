"""bin/meroppet on machines where something is wrong: one clear sentence, an exit code not 0, nothing half done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = str(Path(sys.base_prefix, "bin", "python3"))
TOOLS = "/usr/bin:/bin"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh checkout as far as the front door looks at it."""
    folder = tmp_path / "meroppet"
    (folder / "meroppet/pages").mkdir(parents=True)
    for name in ("bin", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "package-lock.json", "meroppet/pages/vendored.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A folder for PATH with a python3 that hands on to the real one, for tests to replace."""
    folder = tmp_path / "path"
    folder.mkdir()
    _script(folder / "python3", f'exec "{REAL}" "$@"')
    return folder


def _script(file: Path, body: str) -> None:
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)


def _enter(
    checkout: Path, *arguments: str, path: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    surroundings = {
        "PATH": f"{path}:{TOOLS}" if path else TOOLS,
        "HOME": str(checkout.parent),
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
        **environ,
    }
    command = [str(checkout / "bin/meroppet"), *arguments]
    return subprocess.run(command, cwd="/", env=surroundings, capture_output=True, text=True, check=False, timeout=60)


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    return next(line for line in done.stderr.splitlines() if line.startswith("meroppet: "))


def test_help_names_every_command(checkout: Path) -> None:
    done = _enter(checkout, "help")

    assert done.returncode == 0
    for command in ["demo", "run", "test", "check", "fix", "bench", "fuzz", "docs", "wheel", "lock"]:
        assert f"  {command}" in done.stdout


def test_an_unknown_command_is_refused(checkout: Path) -> None:
    assert _sentence(_enter(checkout, "dmeo")) == "meroppet: no command 'dmeo'"


def test_run_wants_a_command(checkout: Path) -> None:
    assert "say what to run" in _sentence(_enter(checkout, "run"))


def test_an_old_python_is_named(checkout: Path, python: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        _script(python / name, 'case "$1" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')

    sentence = _sentence(_enter(checkout, "demo", path=python))

    assert sentence == "meroppet: Python 3.11 or newer is needed; this machine has Python 3.9.2"


def test_a_missing_pip_is_named_with_the_remedy(checkout: Path, python: Path) -> None:
    body = f'case "$*" in "-m pip"*) echo "No module named pip" >&2; exit 1 ;; esac; exec "{REAL}" "$@"'
    _script(python / "python3", body)

    assert "apt install python3-pip" in _sentence(_enter(checkout, "demo", path=python))


def test_a_registry_that_does_not_answer_is_told_as_that(checkout: Path, python: Path) -> None:
    nobody = "http://127.0.0.1:9/simple"

    done = _enter(checkout, "demo", path=python, PIP_INDEX_URL=nobody, npm_config_registry=nobody)

    assert "a package registry does not answer" in _sentence(done)
    assert not (checkout / ".venv/made-for-demo").exists()


def test_a_full_disk_is_told_before_anything_is_fetched(checkout: Path) -> None:
    small = checkout.parent / "small"
    small.mkdir()
    script = 'mount -t tmpfs -o size=2m none "$0" && cp -r "$1" "$0/meroppet" && exec "$0/meroppet/bin/meroppet" demo'
    namespaces = ["unshare", "--user", "--map-root-user", "--mount"] if os.getuid() else ["unshare", "--mount"]

    done = subprocess.run(
        [*namespaces, "sh", "-c", script, str(small), str(checkout)],
        env={"PATH": f"{Path(REAL).parent}:{TOOLS}:/usr/sbin:/sbin", "HOME": str(small)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "the disk is full: 400 MB are needed" in _sentence(done)


def test_pips_configuration_reaches_uv() -> None:
    environ = {
        "PATH": TOOLS,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1/a b/simple",
        "PIP_CERT": "/etc/ssl/house.pem",
        "PIP_EXTRA_INDEX_URL": "http://127.0.0.1/beside",
        "UV_HTTP_TIMEOUT": "7",
        "PIP_TIMEOUT": "9",
    }

    done = subprocess.run(
        [REAL, str(ROOT / "bin/pip_configuration.py")],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert "export UV_DEFAULT_INDEX='http://127.0.0.1/a b/simple'" in done.stdout
    assert "export SSL_CERT_FILE=/etc/ssl/house.pem" in done.stdout
    assert "UV_HTTP_TIMEOUT" not in done.stdout
    assert "beside" not in done.stdout
