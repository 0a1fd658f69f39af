"""Curves of a training run: well-formed SVG, every split and metric named, the best epoch where it is."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.curves import POINTS, SPLITS, draw_curves, nice_ticks, thinned
from tinygnn.history import Epoch, History

SVG = "{http://www.w3.org/2000/svg}"


def history(numbers, *, monitor="val_loss", splits=("train", "val")):
    made = History(monitor)
    for k, number in enumerate(numbers):
        made.add(Epoch(k, number, {split: {"loss": number, "accuracy": 0.5} for split in splits}, 0.01))
    return made


def read(text):
    return ElementTree.fromstring(text)


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def coordinates(path):
    return [tuple(map(float, pair)) for pair in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def lines(root, split):
    """The curves of a split: those in its colour that are no sample of the legend."""
    paths = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == f"line {split}"]
    return [path for path in paths if "H" not in path]


def test_every_axis_split_and_the_best_epoch_is_named():
    root = read(draw_curves(history([3.0, 1.0, 2.0])))
    found = texts(root)
    assert found.count("epoch") == 2 and found.count("train") == found.count("val") == 2
    assert found.count("best epoch 1 by val_loss") == 2
    assert {"loss (mean per example)", "accuracy (share of examples)"} <= set(found)
    assert root.find(f"{SVG}title").text == "2 epochs of training; best epoch 1: val_loss 1"
    assert root.get("role") == "img"


def test_a_line_goes_through_the_numbers():
    """Epochs go right at equal steps; the larger number is the higher one."""
    root = read(draw_curves(history([3.0, 1.0, 2.0])))
    (x0, y0), (x1, y1), (x2, y2) = coordinates(lines(root, "val")[0])
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11) and x0 < x1
    assert y0 < y2 < y1 and (y1 - y0) == pytest.approx(2 * (y1 - y2), abs=0.21)


def test_a_dot_marks_each_split_at_the_best_epoch():
    root = read(draw_curves(history([3.0, 1.0, 2.0])))
    dots = [c for c in root.iter(f"{SVG}circle") if c.get("class") == "dot val"]
    at = coordinates(lines(root, "val")[0])[1]
    assert (float(dots[0].get("cx")), float(dots[0].get("cy"))) == at and len(dots) == 2


def test_without_a_monitor_nothing_is_marked():
    root = read(draw_curves(history([3.0, 1.0], monitor=None)))
    assert not list(root.iter(f"{SVG}circle")) and not [t for t in texts(root) if "best" in t]


def test_numbers_that_are_not_finite_leave_a_gap():
    root = read(draw_curves(history([3.0, math.nan, 2.0, math.inf, 1.0, 1e308])))
    [path] = lines(root, "train")[:1]
    assert path.count("M") == 3 and "nan" not in path and "inf" not in path


@pytest.mark.parametrize(
    "numbers",
    [[], [1.0], [math.nan], [0.0, 0.0], [1e-320, 0.0], [1e299, -1e299], [1e-9 + 1.0, 1.0], [-5.0, -5.0]],
    ids=str,
)
def test_any_history_is_drawn(numbers):
    root = read(draw_curves(history(numbers)))
    for split in ("train", "val"):
        for path in lines(root, split):
            assert all(0.0 <= x <= 720.0 and 0.0 <= y <= 300.0 for x, y in coordinates(path))


def test_names_are_escaped():
    root = read(draw_curves(history([1.0, 0.5], splits=("train", "val", "<b>&"))))
    assert "<b>&" in texts(root)


def test_colours_follow_light_and_dark_and_are_told_apart_without_colour():
    text = draw_curves(history([1.0]))
    assert "@media screen and (prefers-color-scheme:dark)" in text
    assert len({dashes for _, _, dashes in SPLITS.values()}) == len(SPLITS)


def luminance(colour):
    """WCAG 2's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_colours_stand_out_from_the_ground():
    """WCAG 2 asks for a contrast of 3 for what is drawn."""
    for light, dark, _ in SPLITS.values():
        assert 1.05 / (luminance(light) + 0.05) >= 3.0
        assert (luminance(dark) + 0.05) / (luminance("#16181d") + 0.05) >= 3.0


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=3000))
def test_a_long_curve_keeps_its_peaks(values):
    curve = list(enumerate(values))
    kept = thinned(curve)
    assert len(kept) <= 2 * POINTS and set(kept) <= set(curve) and kept == sorted(kept)
    assert max(values) in [y for _, y in kept] and min(values) in [y for _, y in kept]


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_cover_their_numbers_in_few_equal_steps(low, size):
    ticks = nice_ticks(low, low + size)
    step = ticks[1] - ticks[0]
    assert 2 <= len(ticks) <= 12
    assert ticks[0] <= low + 1e-6 * step and ticks[-1] >= low + size - 1e-6 * step
    rounding = 4 * math.ulp(max(map(abs, ticks)))  # of large numbers that lie close together
    steps = [b - a for a, b in zip(ticks, ticks[1:])]
    assert steps == pytest.approx([step] * len(steps), rel=1e-6, abs=rounding)
