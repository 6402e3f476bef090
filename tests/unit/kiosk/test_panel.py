"""A kiosk's text and keys are as large as the panel and the distance demand (EN 301 549 5.1.4)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.panel import Panel
from meroppet.texts.legible import CAP_SHARE


@given(st.integers(320, 4000), st.integers(320, 4000), st.floats(100, 1500), st.floats(250, 2000))
def test_a_capital_letter_is_seen_at_seven_tenths_of_a_degree(width, height, width_mm, distance):
    panel = Panel(width, height, width_mm, distance)

    cap_mm = panel.text_px * CAP_SHARE / panel.px_per_mm

    assert math.degrees(2 * math.atan(cap_mm / 2 / distance)) == pytest.approx(0.7)


@given(st.integers(320, 4000), st.floats(100, 1500))
def test_a_key_is_twenty_millimetres(width, width_mm):
    panel = Panel(width, 1000, width_mm, 600)

    assert panel.target_px / panel.px_per_mm == pytest.approx(20.0)


def test_the_upright_24_inch_panel_of_the_default_settings():
    panel = Panel(1080, 1920, 299.0, 600.0)

    assert panel.text_px == pytest.approx(39.6, abs=0.1)
    assert panel.target_px == pytest.approx(72.2, abs=0.1)


def test_the_stylesheet_is_exact_on_the_panel_and_in_proportion_elsewhere():
    css = Panel(1080, 1920, 299.0, 600.0).stylesheet()

    assert "min(3.670vw, 2.064vh)" in css
    assert "max(17px" in css
