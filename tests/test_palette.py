"""Colours that can be seen on both themes and told apart."""

import itertools

import numpy as np

from crnwidgets.palette import color

COLORS = list(dict.fromkeys(color(i) for i in range(100)))
# What is left of linear RGB for people without L or M cones (Viénot, Brettel and Mollon 1999).
NO_RED = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
NO_GREEN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(text):
    values = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(text):
    return linear(text) @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.clip(xyz, 1e-6, None) / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_every_colour_shows_on_light_and_on_dark():
    assert len(COLORS) == 8
    for text in COLORS:
        assert contrast(text, "#ffffff") >= 3
        assert contrast(text, "#111111") >= 3


def test_colours_differ_also_without_red_or_green_cones():
    for sight in (np.eye(3), NO_RED, NO_GREEN):
        seen = [lab(np.clip(sight @ linear(text), 0, 1)) for text in COLORS]
        for a, b in itertools.combinations(seen, 2):
            assert np.linalg.norm(a - b) > 20


def test_the_palette_repeats():
    assert color(3) == color(11)
