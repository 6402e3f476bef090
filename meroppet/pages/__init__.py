"""What all pages share: templates in two languages, theme, vendored front-end, security headers."""

from meroppet.pages.environment import Pages, pages
from meroppet.pages.headers import SecurityHeaders
from meroppet.pages.languages import LANGUAGES, Language
from meroppet.pages.static_files import mount_static

__all__ = ["LANGUAGES", "Language", "Pages", "SecurityHeaders", "mount_static", "pages"]
