"""Pages from templates: one Jinja environment a language, sharing the base page and the parts that all pages use."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from gettext import NullTranslations
from pathlib import Path

from babel.numbers import format_decimal
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from meroppet.pages import codes, dates, languages, translations
from meroppet.pages.icons import icon
from meroppet.pages.static_files import Assets

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders a package's templates in the visitor's language."""

    def __init__(self, environments: Mapping[str, Environment], catalogues: Mapping[str, NullTranslations]) -> None:
        self._environments = environments
        self._catalogues = catalogues

    def language(self, request: Request) -> str:
        """The visitor's language: address, cookie, browser, else Swedish."""
        return languages.of_request(request)

    def translator(self, lang: str) -> NullTranslations:
        """For sentences made outside a template: `pages.translator(lang).gettext("Saved")`."""
        return self._catalogues[languages.known(lang)]

    def html(self, template: str, lang: str, **context: object) -> str:
        """The template as text, for parts sent over a stream. Raises jinja2.UndefinedError for a value not given."""
        environment = self._environments[languages.known(lang)]
        return environment.get_template(template).render(context)

    def render(
        self, request: Request, template: str, lang: str | None = None, *, status: int = 200, **context: object
    ) -> HTMLResponse:
        """The template as an answer; a language chosen in the address is remembered."""
        chosen = languages.known(lang) if lang else self.language(request)
        text = self.html(template, chosen, request=request, here=request.url.path, **context)
        response = HTMLResponse(text, status_code=status)
        languages.remember(request, response)
        return response


def pages(
    package_templates: Path,
    catalogue: Path,
    *,
    static: Mapping[str, Path] | None = None,
    theme: str = "meroppet",
    zone: tzinfo | None = None,
) -> Pages:
    """Builds the pages of one package.

    `catalogue` holds `sv.po` and `en.po`. `static` maps the names under /static/ to the package's own folders.
    `theme` names a set of colours in themes.css. With `zone`, times are shown on that wall clock; without one, in the
    zone each value carries.
    """
    assets = Assets(static or {})
    codes = [language.code for language in languages.LANGUAGES]
    catalogues = {code: translations.load(catalogue, code) for code in codes}
    environments = {code: _environment(package_templates, catalogues[code], code, assets, zone) for code in codes}
    for environment in environments.values():
        environment.globals["theme"] = theme
    return Pages(environments, catalogues)


def _environment(
    templates: Path, catalogue: NullTranslations, lang: str, assets: Assets, zone: tzinfo | None
) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), PrefixLoader({"pages": FileSystemLoader(TEMPLATES)})]),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    _translate(environment, catalogue)
    environment.globals |= {"lang": lang, "languages": languages.LANGUAGES, "asset": assets.url, "icon": icon}
    environment.filters |= {**_date_filters(lang, zone), "pieces": codes.pieces, "tenths": _tenths(lang)}
    return environment


def _translate(environment: Environment, catalogue: NullTranslations) -> None:
    # The i18n extension adds these to the environment when it is loaded, which no type stub knows.
    install = vars(environment)["install_gettext_callables"]
    install(
        catalogue.gettext,
        catalogue.ngettext,
        newstyle=True,
        pgettext=catalogue.pgettext,
        npgettext=catalogue.npgettext,
    )


def _tenths(lang: str) -> Callable[[float], str]:
    """0,9 in Swedish, 0.9 in English: one decimal, written as people here write it."""
    return lambda value: format_decimal(value, format="#,##0.0", locale=lang)


def _date_filters(lang: str, zone: tzinfo | None) -> dict[str, object]:
    def here(value: datetime) -> datetime:
        return dates.local(value, zone) if zone else value

    def day(value: date) -> date:
        return here(value).date() if isinstance(value, datetime) else value

    def clock_time(value: time | datetime) -> str:
        return dates.clock_time(here(value) if isinstance(value, datetime) else value, lang)

    return {
        "clock_time": clock_time,
        "exact_time": lambda value: dates.exact_time(here(value), lang),
        "long_date": lambda value: dates.long_date(day(value), lang),
        "short_date": lambda value: dates.short_date(day(value), lang),
        "date_with_year": lambda value: dates.date_with_year(day(value), lang),
        "weekday": lambda value: dates.weekday(value if isinstance(value, int) else day(value), lang),
        "week": lambda value: dates.week_number(day(value)),
    }
