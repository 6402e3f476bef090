"""The front-end files come from whatever registry npm is configured for, and only as they were pinned."""

import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = str(Path(sys.base_prefix, "bin", "python3"))
LOCK = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
HTMX = LOCK["node_modules/htmx.org"]["version"]
ASK = (
    "import sys; sys.path.insert(0, sys.argv[1]); from npm_registry import Registry; "
    "print(len(Registry.configured().archive(*sys.argv[2:])))"
)


class Mirror:
    """A registry on loopback that serves what a test gives it and keeps what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str | None]] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append((self.path, self.headers.get("Authorization")))
                if self.path in mirror.redirects:
                    self.send_response(302)
                    self.send_header("Location", mirror.redirects[self.path])
                    self.end_headers()
                    return
                page = mirror.pages.get(self.path)
                self.send_response(404 if page is None else 200)
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_: object) -> None:
                """Nothing is told."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    opened = Mirror()
    yield opened
    opened.close()


@pytest.fixture
def other() -> Iterator[Mirror]:
    opened = Mirror()
    yield opened
    opened.close()


def _ask(home: Path, package: str, version: str, **environ: str) -> subprocess.CompletedProcess[str]:
    surroundings = {"PATH": "/usr/bin:/bin", "HOME": str(home), "npm_config_globalconfig": "/dev/null", **environ}
    command = [REAL, "-c", ASK, str(ROOT / "bin"), package, version]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False, timeout=60)


def test_a_registry_in_the_environment_is_asked(mirror: Mirror, tmp_path: Path) -> None:
    mirror.pages["/npm/htmx.org/-/htmx.org-1.2.3.tgz"] = b"seven b"

    done = _ask(tmp_path, "htmx.org", "1.2.3", npm_config_registry=f"http://{mirror.host}/npm")

    assert done.stdout.strip() == "7", done.stderr


def test_a_scope_has_its_own_registry_and_token(mirror: Mirror, tmp_path: Path) -> None:
    mirror.pages["/own/@digdir/css/-/css-1.0.0.tgz"] = b"four"
    (tmp_path / ".npmrc").write_text(
        f"registry=http://127.0.0.1:9/\n@digdir:registry=http://{mirror.host}/own/\n"
        f"//{mirror.host}/own/:_authToken=${{TOKEN}}\n"
    )

    done = _ask(tmp_path, "@digdir/css", "1.0.0", TOKEN="sesam")

    assert done.stdout.strip() == "4", done.stderr
    assert mirror.asked == [("/own/@digdir/css/-/css-1.0.0.tgz", "Bearer sesam")]


def test_the_environment_is_heard_before_the_file(mirror: Mirror, tmp_path: Path) -> None:
    mirror.pages["/htmx.org/-/htmx.org-1.2.3.tgz"] = b"x"
    (tmp_path / ".npmrc").write_text("registry=http://127.0.0.1:9/\n")

    done = _ask(tmp_path, "htmx.org", "1.2.3", NPM_CONFIG_REGISTRY=f"http://{mirror.host}")

    assert done.stdout.strip() == "1", done.stderr


def test_a_registry_of_its_own_ways_is_asked_where_its_archives_are(mirror: Mirror, tmp_path: Path) -> None:
    where = f"http://{mirror.host}/elsewhere.tgz"
    mirror.pages["/@digdir%2Fcss"] = json.dumps({"versions": {"1.0.0": {"dist": {"tarball": where}}}}).encode()
    mirror.pages["/elsewhere.tgz"] = b"12345"

    done = _ask(tmp_path, "@digdir/css", "1.0.0", npm_config_registry=f"http://{mirror.host}")

    assert done.stdout.strip() == "5", done.stderr


def test_a_token_is_not_carried_to_another_host(mirror: Mirror, other: Mirror, tmp_path: Path) -> None:
    path = "/htmx.org/-/htmx.org-1.2.3.tgz"
    mirror.redirects[path] = f"http://{other.host}/store.tgz"
    other.pages["/store.tgz"] = b"xy"
    (tmp_path / ".npmrc").write_text(f"//{mirror.host}/:_authToken=sesam\n")

    done = _ask(tmp_path, "htmx.org", "1.2.3", npm_config_registry=f"http://{mirror.host}")

    assert done.stdout.strip() == "2", done.stderr
    assert mirror.asked == [(path, "Bearer sesam")]
    assert other.asked == [("/store.tgz", None)]


def test_a_file_is_never_taken_for_a_registry(tmp_path: Path) -> None:
    done = _ask(tmp_path, "passwd", "1", npm_config_registry="file:///etc")

    assert "not by file:" in done.stderr


def test_a_package_that_is_not_the_pinned_one_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    for name, entry in LOCK.items():
        package = name.removeprefix("node_modules/")
        if package:
            stranger = f"/{package}/-/{package.rpartition('/')[2]}-{entry['version']}.tgz"
            mirror.pages[stranger] = _archive(b"stranger")
    checkout = tmp_path / "checkout"
    (checkout / "meroppet/pages").mkdir(parents=True)
    for file in ("bin/vendor.py", "bin/npm_registry.py", "package-lock.json", "meroppet/pages/vendored.toml"):
        (checkout / file).parent.mkdir(exist_ok=True)
        (checkout / file).write_bytes((ROOT / file).read_bytes())

    done = subprocess.run(
        [REAL, str(checkout / "bin/vendor.py")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "npm_config_registry": f"http://{mirror.host}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert "is not the one that was pinned" in done.stderr
    assert f"/htmx.org/-/htmx.org-{HTMX}.tgz" in [path for path, _ in mirror.asked]
    assert not (checkout / "meroppet/pages/static/vendor").exists()


def _archive(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        member = tarfile.TarInfo("package/LICENSE")
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    return made.getvalue()
