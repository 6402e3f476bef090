"""The npm registry as this machine's npm would reach it, by npm's configuration: mirror, proxy, certificates, tokens.

Standard library only. Source: npm's documentation of `npmrc` and `config`, and a registry's two addresses: a package's
description (REGISTRY/NAME) and, by a convention all keep, its archives (REGISTRY/NAME/-/LAST-VERSION.tgz).
"""

import base64
import json
import os
import re
import shutil
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OWN_DEFAULT = "https://registry.npmjs.org/"
"""What npm itself asks where nothing is configured."""
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SECONDS = 60
ATTEMPTS = 3
NO = {"false", "0", "null", ""}


@dataclass(frozen=True)
class Registry:
    """Where and how to ask. `settings` is npm's configuration, file and environment together."""

    settings: Mapping[str, str]
    opener: urllib.request.OpenerDirector

    @classmethod
    def configured(cls) -> "Registry":
        """By the configuration of this machine and user. Raises OSError where a file of it cannot be read."""
        settings = configuration(os.environ)
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=_context(settings))]
        proxies = {
            scheme: settings[name]
            for name, scheme in (("proxy", "http"), ("https-proxy", "https"))
            if _is_set(settings, name)
        }
        if proxies:
            handlers.append(urllib.request.ProxyHandler(proxies))
        return cls(settings, urllib.request.build_opener(*handlers))

    def archive(self, package: str, version: str) -> bytes:
        """The archive of one version. Raises OSError."""
        base = self._base(package)
        try:
            return self._get(f"{base}{package}/-/{package.rpartition('/')[2]}-{version}.tgz")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
        # A registry of its own ways says in the package's description where its archives are.
        described = json.loads(self._get(base + urllib.parse.quote(package, safe="@")))
        return self._get(described["versions"][version]["dist"]["tarball"])

    def _base(self, package: str) -> str:
        scope = package.partition("/")[0] if package.startswith("@") else ""
        chosen = self.settings.get(f"{scope}:registry") or self.settings.get("registry") or OWN_DEFAULT
        return chosen.rstrip("/") + "/"

    def _get(self, url: str) -> bytes:
        if not url.startswith(("https://", "http://")):
            raise OSError(f"a registry is reached over http or https, not by {url.partition(':')[0]}:")
        request = urllib.request.Request(url)  # noqa: S310 (checked above)
        if (authorization := self._authorization(url)) is not None:
            # Never carried to where a redirect leads.
            request.add_unredirected_header("Authorization", authorization)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.opener.open(request, timeout=SECONDS) as answer:
                    data: bytes = answer.read()
                    return data
            except urllib.error.HTTPError:
                raise
            except OSError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _authorization(self, url: str) -> str | None:
        parts = urllib.parse.urlsplit(url)
        place = f"//{parts.netloc}{parts.path}"
        while place.rstrip("/"):
            if token := self.settings.get(f"{place}:_authToken"):
                return f"Bearer {token}"
            if basic := self.settings.get(f"{place}:_auth") or self._basic(place):
                return f"Basic {basic}"
            # From the longest path upwards, with and without the slash at the end.
            place = place[:-1] if place.endswith("/") else place[: place.rindex("/") + 1]
        return None

    def _basic(self, place: str) -> str | None:
        user, password = (self.settings.get(f"{place}:{name}") for name in ("username", "_password"))
        if not user or not password:
            return None
        return base64.b64encode(f"{user}:{base64.b64decode(password).decode()}".encode()).decode()


def configuration(environ: Mapping[str, str]) -> dict[str, str]:
    """npm's settings: environment before the user's file before the machine's."""
    settings: dict[str, str] = {}
    for file in reversed(list(_files(environ))):
        if file.is_file():
            settings |= _entries(file.read_text(encoding="utf-8", errors="replace"), environ)
    for name, value in environ.items():
        if name.lower().startswith("npm_config_"):
            meant = name[len("npm_config_") :]
            # What belongs to one host or scope is written as in a file.
            settings[meant if meant[:1] in "/@" else meant.lower().replace("_", "-")] = value
    return settings


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The user's file first, then the machine's, by every place in which an npm may have been built to look."""
    named = {name.lower(): value for name, value in environ.items()}
    yield Path(named.get("npm_config_userconfig") or Path.home() / ".npmrc")
    if chosen := named.get("npm_config_globalconfig"):
        yield Path(chosen)
    elif node := shutil.which("node"):
        yield Path(node).resolve().parent.parent / "etc/npmrc"
    yield from (Path(place) for place in ("/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc"))


def _entries(text: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name[:1] not in {"#", ";"}:
            plain = value.strip().strip("\"'")
            yield name.strip(), re.sub(r"\$\{([^}]+)\}", lambda found: environ.get(found[1], found[0]), plain)


def _is_set(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "").lower() not in NO


def _context(settings: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # An interpreter that was not built for this machine does not know where the machine keeps its authorities.
    for file in (settings.get("cafile"), os.environ.get("NODE_EXTRA_CA_CERTS"), SYSTEM_AUTHORITIES):
        if file and Path(file).exists():
            context.load_verify_locations(file)
            break
    if settings.get("strict-ssl", "true").lower() in NO:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
