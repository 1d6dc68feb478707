"""Figures of universes on networks as data: made results, of which every mark is known."""

import json

import numpy as np
import pytest

from cosmograd.experiments import experiment
from cosmograd.experiments.network_universe.figures.shown import box_of
from cosmograd.experiments.network_universe.model import build_box
from cosmograd.experiments.network_universe.specification import parse
from cosmograd.figures import Guide, Intervals, Line, Map
from cosmograd.results import Result

OF = experiment("network_universe")
RULES = {rule.name: rule for rule in (*OF.figures, *OF.animations)}
UPDATES = 9


def made(dimension, fields, **more):
    """Waves that fall as 1/(1 + n), on a network that shows them exactly."""
    contents = {"box": {"dimension": dimension, "largest_number": 1, "points_per_side": 4}, "training": {"updates": 8}}
    specification = parse(contents)
    modes = [wave.name for wave in build_box(specification).waves]
    size = np.arange(1.0, 1 + len(modes) * fields).reshape(len(modes), fields)
    paths = size / (1.0 + np.arange(UPDATES))[:, None, None]
    along = ("update", "mode", "component")
    arrays = {
        "mode": (("mode",), modes),
        "component": (("component",), np.arange(1, 1 + fields)),
        "time": (("update",), np.linspace(0, 1, UPDATES)),
        "e_folds": (("update",), np.linspace(0, 1, UPDATES)),
        "network_fields": (along, paths),
        "direct_fields": (along, paths),
        "error_of_modes": (("update", "mode"), np.full((UPDATES, len(modes)), 1e-4)),
    }
    attributes = {"name": "made", "specification": json.dumps(specification.model_dump())}
    return Result.of("network_universe", OF.quantities, arrays | more, attributes)


def spectra(fields):
    """Powers of 1, 2 and 3, 10 % above the exact ones, of four networks."""
    power = np.tile([1.0, 2.0, 3.0], (fields, 1))
    of_spectrum, of_field = ("component", "wavenumber"), ("component",)
    history = np.repeat(power[:, None], 3, axis=1)
    return {
        "member": (("member",), np.arange(4)),
        "wavenumber": (("wavenumber",), [1.0, 2.0, 3.0]),
        "power": (of_spectrum, power),
        "standard_error": (of_spectrum, 0.1 * power),
        "direct_power": (of_spectrum, power),
        "exact_power": (of_spectrum, power / 1.1),
        "tilt": (of_field, np.ones(fields)),
        "tilt_error": (of_field, np.full(fields, 0.1)),
        "hubble_over_two_pi_squared": ((), 0.025),
        "history_update": (("history_update",), [0, 4, 8]),
        "power_history": (("component", "history_update", "wavenumber"), history),
    }


@pytest.mark.parametrize(("dimension", "fields"), [(1, 2), (2, 1), (3, 1)])
def test_every_figure_names_what_it_shows(dimension, fields):
    single, many = made(dimension, fields), made(dimension, fields, **spectra(fields))
    shown = {name: figure for name, rule in RULES.items() if (figure := rule(many))}
    assert set(shown) == set(RULES) - {"error-scaling"}
    for name, figure in shown.items():
        assert figure.name == name
        assert all(variable in many for variable in figure.variables)
    without = {name for name, rule in RULES.items() if rule(single) is None}
    assert without == {"error-scaling", "spectrum", "power-history"}


def test_markers_of_an_exact_network_lie_on_the_lines_of_the_solution():
    result = made(1, 2)
    x = np.asarray(box_of(result).coordinates)[:, 0]
    for panel in RULES["field-in-space"](result).panels:
        lines, markers = panel.marks[::2], panel.marks[1::2]
        for line, marker in zip(lines, markers, strict=True):
            assert line.colour == marker.colour
            np.testing.assert_allclose(marker.x[:-1], x)
            places = np.searchsorted(line.x, marker.x - 1e-9)  # the line's places include those of the lattice
            np.testing.assert_allclose(line.y[places], marker.y, atol=1e-12)
            assert marker.y[-1] == marker.y[0], "the box is periodic"
    for panel in RULES["modes"](result).panels:
        line, markers = panel.marks
        np.testing.assert_array_equal(markers.y, line.y[np.searchsorted(line.x, markers.x)])


def test_an_ensemble_beside_the_exact_power():
    panels = RULES["spectrum"](made(1, 2, **spectra(2))).panels
    assert [panel.title for panel in panels] == [
        "power of φ_1", "over the exact power of φ_1", "power of φ_2", "over the exact power of φ_2",
    ]  # fmt: skip
    for power, ratio in (panels[:2], panels[2:]):
        assert [mark.at for mark in power.marks if isinstance(mark, Guide)] == [0.025]
        (intervals,) = (mark for mark in ratio.marks if isinstance(mark, Intervals))
        np.testing.assert_allclose(
            [intervals.low, intervals.value, intervals.high], [[0.99] * 3, [1.1] * 3, [1.21] * 3]
        )


def test_powers_of_the_errors_are_found():
    x = {"step": [0.1, 0.2, 0.4], "amplitude": [1e-6, 1e-5, 1e-4], "width": [16, 32, 64]}
    powers, more = {"step": 2, "amplitude": 1, "width": -1}, {}
    for kind, values in x.items():
        along, errors = (f"scaled_{kind}",), 1e-3 * np.array(values, dtype=float) ** powers[kind]
        more |= {f"scaled_{kind}": (along, values), f"{kind}_error": (along, errors)}
        if kind == "width":
            more |= {"width_error_low": (along, errors / 2), "width_error_high": (along, 2 * errors)}
    figure = RULES["error-scaling"](made(1, 1, **more))
    assert [panel.title for panel in figure.panels] == [
        "time step δ, slope 2", "amplitude ε, slope 1", "width, slope −1",
    ]  # fmt: skip
    for panel in figure.panels:
        line, markers = (mark for mark in panel.marks if isinstance(mark, Line))
        np.testing.assert_allclose(line.y, markers.y)
    assert [panel.x.ticks is None for panel in figure.panels] == [False, True, False]


def test_frames_share_one_scale():
    """So that fields that fall are seen to fall."""
    animation = RULES["field"](made(2, 1))
    assert len(animation.frames) == len(animation.milliseconds) == UPDATES
    maps = [mark for frame in animation.frames for panel in frame.panels for mark in panel.marks]
    assert all(isinstance(mark, Map) for mark in maps)
    assert {mark.high for mark in maps} == {np.abs(maps[0].values).max()}
    heights = [panel.y.high for frame in RULES["field"](made(1, 1)).frames for panel in frame.panels]
    assert len(set(heights)) == 1
    assert animation.frames[-1].heading == "update 8:  N = 1.00"
