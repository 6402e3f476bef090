"""Icons from one set (Lucide), drawn into the page so that they take the text's colour; always beside a word."""

from functools import cache

from markupsafe import Markup

from meroppet.pages.static_files import SHARED

ICONS = SHARED / "vendor" / "icons"


@cache
def icon(name: str) -> Markup:
    """The drawing, hidden from screen readers. Raises FileNotFoundError if vendored.toml does not list it."""
    svg = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    body = svg[svg.index("<svg") + len("<svg") :]
    return Markup(f'<svg aria-hidden="true" focusable="false" data-icon="{name}"{body}')  # noqa: S704 (our own files)
