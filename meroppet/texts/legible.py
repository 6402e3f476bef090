"""How large text on a closed screen must be for those who see little, by the screen and from how far it is read."""

import math

CAP_DEGREES = 0.7
"""EN 301 549 5.1.4: a capital H subtends at least this angle where closed functionality cannot be enlarged."""
CAP_SHARE = 0.668
"""Cap height of Atkinson Hyperlegible Next as a share of its font size."""


def smallest_text_px(px_per_mm: float, distance_mm: float) -> float:
    """The smallest font size in pixels that may be used on such a screen."""
    cap_mm = 2 * distance_mm * math.tan(math.radians(CAP_DEGREES / 2))
    return cap_mm / CAP_SHARE * px_per_mm
