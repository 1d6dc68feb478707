"""Animations as data and as files."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from cosmograd.figures import Animation, Axis, Figure, LegendEntry, Map, Panel, points
from cosmograd.report.animations import gif

UNIT = Axis(low=0.0, high=1.0)


def frame(place, size=(1.5, 1.0)):
    """A point that moves, and an image, below a line of text."""
    dot = Panel([points(place, 0.5)], UNIT, UNIT, legend=[LegendEntry("dot")])
    image = Panel([Map((0, 1), (0, 1), np.full((2, 2), place), low=0.0, high=1.0, bar=None)])
    return Figure("dot", "A dot", [dot, image], "", "", size=size, heading=f"place {place}")


def test_every_frame_is_shown_as_long_as_it_says():
    places = (0.2, 0.5, 0.8)
    animation = Animation("dot", "A dot", [frame(place) for place in places], [50, 50, 700], "", "")
    contents = gif(animation)
    assert gif(animation) == contents
    with Image.open(io.BytesIO(contents)) as opened:
        assert opened.info["loop"] == 0
        shown = [(f.info["duration"], np.asarray(f.convert("L"), dtype=float)) for f in ImageSequence.Iterator(opened)]
    assert [duration for duration, _ in shown] == [50, 50, 700]
    assert {pixels.shape for _, pixels in shown} == {(110, 165)}
    assert all(np.abs(a - b).max() > 100 for (_, a), (_, b) in zip(shown[1:], shown, strict=False))


def test_frames_of_several_sizes_and_durations_that_are_missing_are_refused():
    for frames in ([frame(0.5), frame(0.5, (2.0, 1.0))], [frame(0.5), frame(0.5, None)]):
        with pytest.raises(ValueError, match="'dot' needs frames of one given size"):
            Animation("dot", "A dot", frames, [50, 50], "", "")
    with pytest.raises(ValueError, match="'dot' has 1 frames and 2 durations"):
        Animation("dot", "A dot", [frame(0.5)], [50, 50], "", "")
