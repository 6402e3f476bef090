"""Prints pip's configuration as shell assignments for uv: a mirror chosen for pip serves uv too.

Standard library and pip only: it runs before anything is installed. What uv's own variables already say is left alone.
"""

import os
import shlex
import subprocess
import sys

# Which of uv's variables stands for which of pip's settings. A second index beside the main one is not carried over:
# piwheels, which Raspberry Pi OS adds, builds some wheels anew, and what is pinned by hash is the original.
COUNTERPARTS = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}


def pip_settings() -> dict[str, str]:
    """What pip itself says it would use; environment after files, as pip ranks them."""
    command = [sys.executable, "-m", "pip", "--no-input", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    ranked = sorted(listing.splitlines(), key=lambda line: (line.startswith(":env:"), line.startswith("install.")))
    settings = {}
    for line in ranked:
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = value.strip("'\"").replace("\\n", " ").strip()
    return settings


def main() -> None:
    """Print one `export` per setting that uv has a variable for."""
    settings = pip_settings()
    exports = {COUNTERPARTS[name]: value for name, value in settings.items() if name in COUNTERPARTS and value}
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"} and "find-links" in settings:
        exports |= {"UV_NO_INDEX": "1", "UV_FIND_LINKS": settings["find-links"]}
    for name, value in exports.items():
        if name not in os.environ:
            print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
