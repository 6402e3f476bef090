"""What a page must be for everybody: no finding of axe-core, keys enough, no sideways scrolling, colours not needed."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.async_api import Page

GRAVE = frozenset({"serious", "critical"})

RUN = "() => axe.run(document, {resultTypes: ['violations']})"
"""Every rule is run; what they let pass is only not written out."""

FOCUSABLE = """() => {
  const part = document.activeElement
  if (!part || part === document.body) return null
  const style = getComputedStyle(part), box = part.getBoundingClientRect()
  const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
    || style.boxShadow !== 'none' || part.matches('.ds-skip-link')
  const at = [...document.querySelectorAll('*')].indexOf(part)
  return {at, ring, seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
          html: part.outerHTML.slice(0, 120)}
}"""
"""Where the focus is: its place in the document, whether a ring is drawn, and whether it is within the window.

The link that skips to the content is there only while it has the focus: that is its mark."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One of axe's findings."""

    rule: str
    impact: str
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.where} ({self.says})"


async def findings(page: Page) -> list[Finding]:
    """Everything axe-core has against the page as it is, with every one of its rules."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    results: Any = await page.evaluate(RUN)
    return [
        Finding(violation["id"], violation["impact"], node["html"][:160], violation["help"])
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


async def tab_stops(page: Page, most: int = 400) -> list[dict[str, Any]]:
    """Where the Tab key goes, from the top of the page until it comes around."""
    stops: list[dict[str, Any]] = []
    await page.evaluate("document.activeElement?.blur()")
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUSABLE)
        if stop is None or (stops and stop["at"] == stops[0]["at"]):
            return stops
        if stops and stop["at"] == stops[-1]["at"]:
            # A date has several stops of its own; the last, its calendar, is ringed by the browser.
            stops[-1]["ring"] |= stop["ring"]
        else:
            stops.append(stop)
    return stops
