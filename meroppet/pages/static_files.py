"""Files that pages load: the shared ones, the vendored ones and each package's own; nothing comes from another host."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SHARED = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600


class VersionedFiles(StaticFiles):
    """Static files; an address with its version may be kept for ever, one without is asked about again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if versioned else "no-cache"
        return response


def mount_static(app: Starlette, own: Mapping[str, Path]) -> None:
    """Serves /static/pages/… and, for each name in `own`, /static/<name>/… from that folder."""
    for name, folder in {"pages": SHARED, **own}.items():
        app.router.routes.append(Mount(f"/static/{name}", VersionedFiles(directory=folder), name=f"static-{name}"))


class Assets:
    """Addresses of static files with their content's hash, so a new version is fetched and an old one never is."""

    def __init__(self, own: Mapping[str, Path]) -> None:
        self._folders = {"pages": SHARED, **own}
        self._versions: dict[str, str] = {}

    def url(self, name: str) -> str:
        """`pages/theme.css` → `/static/pages/theme.css?v=…`. Raises FileNotFoundError for a file that is not there."""
        if name not in self._versions:
            folder, _, path = name.partition("/")
            content = (self._folders[folder] / path).read_bytes()
            self._versions[name] = hashlib.sha256(content).hexdigest()[:12]
        return f"/static/{name}?v={self._versions[name]}"
