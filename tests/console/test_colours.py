"""Every pair of colours that the style sheets put on each other can be read: WCAG 2.2 AA, by day and by night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import console

STATIC = Path(console.__file__).parent / "static"
SHEETS = ("colours.css", "console.css", "reading.css")
SURFACES = ("card", "ground")
LETTERS, SHAPES = 4.5, 3.0
DECORATION = {"star-off", "line"}


def scheme(name):
    text = (STATIC / "colours.css").read_text(encoding="utf-8")
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light))
    return colours if name == "light" else colours | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", dark))


def rules():
    for sheet in SHEETS[1:]:
        text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from re.findall(r"([^{}]+)\{([^{}]*)\}", text)


def used(body, name):
    found = re.search(rf"(?:^|[;\s]){name}: [^;]*?var\(--([\w-]+)\)", body)
    return found[1] if found else None


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs():
    """Foreground, background and the least ratio, as the rules say; a rule without a background stands on surfaces."""
    for selector, body in rules():
        letters, ground = used(body, "color"), used(body, "background")
        if letters and letters not in DECORATION:
            for surface in [ground] if ground else SURFACES:
                yield letters, surface, LETTERS
        if ground and ground not in SURFACES and not letters:
            inherited = "soft" if "::before" in selector else "ink"
            yield (ground, "card", SHAPES) if inherited == "soft" else (inherited, ground, LETTERS)
        for name in ("fill", "stroke", "border", "border-color", "outline", "border-left"):
            shape = used(body, name)
            if shape and shape not in DECORATION:
                for surface in SURFACES:
                    yield shape, surface, LETTERS if selector.strip().endswith("text") else SHAPES


PAIRS = sorted(set(pairs()))


def test_the_rules_are_understood():
    assert ("ink", "ground", LETTERS) in PAIRS
    assert ("accent-ink", "accent", LETTERS) in PAIRS
    assert ("bad", "bad-wash", LETTERS) in PAIRS
    assert ("bar", "card", SHAPES) in PAIRS
    assert round(contrast("#000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#fff"), 2) == 4.48


@pytest.mark.parametrize("name", ["light", "dark"])
def test_colours_stand_out_from_what_is_behind_them(name):
    colours = scheme(name)
    weak = {
        f"{letters} on {ground}": round(contrast(colours[letters], colours[ground]), 2)
        for letters, ground, least in PAIRS
        if contrast(colours[letters], colours[ground]) < least
    }
    assert not weak


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_parts_of_a_bar_differ(name):
    colours = scheme(name)
    assert contrast(colours["bar"], colours["bar-bad"]) >= 1.5


def test_no_colour_is_written_outside_its_sheet():
    for sheet in SHEETS[1:]:
        text = (STATIC / sheet).read_text(encoding="utf-8")
        assert set(re.findall(r"#[0-9a-f]{3,6}\b", text)) <= {"#fff"}


def test_every_colour_is_defined_by_day_and_by_night():
    wanted = set(re.findall(r"var\(--([\w-]+)\)", "".join(body for _, body in rules())))
    wanted -= {"sans", "mono", "radius"}
    light = (STATIC / "colours.css").read_text(encoding="utf-8").split("@media")
    for part in light[:2]:
        assert wanted <= set(re.findall(r"--([\w-]+):", part))
