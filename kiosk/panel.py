"""How large a kiosk's text and keys must be, from the panel's size and the reader's distance."""

from dataclasses import dataclass

from meroppet.texts.legible import smallest_text_px

TARGET_MM = 20.0
SMALLEST_PX = 17
"""What a browser window that is not the panel (a laptop, a phone) gets at least."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A screen: its pixels, its width in millimetres, and from how far it is read."""

    width_px: int
    height_px: int
    width_mm: float
    distance_mm: float

    @property
    def px_per_mm(self) -> float:
        return self.width_px / self.width_mm

    @property
    def text_px(self) -> float:
        """The smallest font size that may be used."""
        return smallest_text_px(self.px_per_mm, self.distance_mm)

    @property
    def target_px(self) -> float:
        """The smallest side of a key."""
        return TARGET_MM * self.px_per_mm

    def stylesheet(self) -> str:
        """The page's unit as CSS: exact on the panel itself, in proportion in any other window, turned or not."""
        across = 100 * self.text_px / self.width_px
        down = 100 * self.text_px / self.height_px
        target = self.target_px / self.text_px
        return (
            f":root {{ --k-text: max({SMALLEST_PX}px,"
            f" min({across:.3f}vw, {down:.3f}vh), min({down:.3f}vw, {across:.3f}vh));"
            f" --k-target: max(44px, {target:.3f} * var(--k-text)); }}\n"
        )
