"""Text must be readable in both themes: WCAG AA for every pair of tokens that meets on a page."""

import re
from itertools import product
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "voronka/web/static/voronka/css/tokens.css"
COLOR = re.compile(r"--([\w-]+):\s*(?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
SURFACES = ("ground", "sunken", "surface", "raised", "hover")
TEXT = 4.5  # WCAG AA, ordinary text
SHAPE = 3.0  # WCAG AA, edges of controls and marks that carry meaning


def tokens(theme: str) -> dict[str, str]:
    found = {}
    for name, light, dark, plain in COLOR.findall(CSS.read_text()):
        found[name] = plain or (light if theme == "light" else dark)
    return found


def luminance(color: str) -> float:
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


INKS = ("ink", "ink-2", "ink-3", "accent", "accent-strong", "red", "amber", "green", "violet")
PAIRS = [
    *product(INKS, SURFACES),
    *((name, f"{name}-soft") for name in ("red", "amber", "green", "violet", "accent")),
    *(("ink", f"{name}-soft") for name in ("red", "amber", "green", "violet", "accent")),
    *(("ink-2", surface) for surface in ("pressed", "accent-soft")),
    ("on-accent", "accent-fill"),
    ("on-accent", "accent-fill-hover"),
    ("on-accent", "red-fill"),
    ("on-accent", "green-fill"),
]
SHAPES = [
    *product(("control-line", "focus"), ("surface", "raised", "ground")),
    *product(("red-mark", "violet-mark", "green-mark"), ("surface", "sunken")),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_under_it(theme):
    colors = tokens(theme)
    weak = {
        f"--{ink} on --{under}": round(ratio, 2)
        for ink, under in PAIRS
        if (ratio := contrast(colors[ink], colors[under])) < TEXT
    }
    assert not weak


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_and_marks_can_be_seen(theme):
    colors = tokens(theme)
    weak = {
        f"--{mark} on --{under}": round(ratio, 2)
        for mark, under in SHAPES
        if (ratio := contrast(colors[mark], colors[under])) < SHAPE
    }
    assert not weak
