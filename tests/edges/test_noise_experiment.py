"""The noise of minibatches from a file: its numbers, figures and page, and bad input."""

import numpy as np
import pytest

from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.experiments.noise.findings import findings, why_not_measured
from cosmograd.experiments.noise.run import noise_study
from cosmograd.figures import Intervals, Line
from cosmograd.learning.datasets import circle
from cosmograd.learning.networks import Perceptron
from cosmograd.results import Result
from cosmograd.runs import ResultFolder, sources_from

NOISE = experiment("noise")
CONTENTS = {
    "data": {"kind": "circle", "points": 8},
    "network": {"hidden_layers": 0},
    "batch_sizes": [2],
    "momenta": [0.0],
    "samplings": ["with-replacement"],
    "modes": 1,
    "members": 40,
    "updates": 100,
}
SAMPLINGS, MOMENTA, SIZES = ["with-replacement", "shuffled-epochs"], [0.0, 0.9], [2, 8]
SHUFFLED = 0.3


def made(ratio=1.02, stationary=True):
    """T = 0.1/B of two modes, measured `ratio` times as large with an error of 1 %; shuffled epochs are colder."""
    by_run = ("sampling", "momentum", "batch_size")
    predicted = np.broadcast_to(0.1 / np.array(SIZES), (2, 2, 2))
    ratios = np.stack([np.full((2, 2), ratio), np.full((2, 2), SHUFFLED)])
    expected = np.stack([np.full((2, 2), np.nan), np.full((2, 2), SHUFFLED)])
    of_runs = {
        "mean_temperature": ratios * predicted,
        "mean_temperature_error": 0.01 * predicted,
        "mean_predicted_temperature": predicted,
        "temperature_ratio": ratios,
        "temperature_ratio_error": np.full((2, 2, 2), 0.01),
        "velocity_ratio": ratios,
        "velocity_ratio_error": np.full((2, 2, 2), 0.01),
        "shuffled_ratio": expected,
        "stationary": np.full((2, 2, 2), stationary),
        "verdict": np.full((2, 2, 2), "stationary" if stationary else "3 of 64 runs diverged"),
    }
    by_mode = {name: np.stack([of_runs[f"mean_{name}"]] * 2, axis=-1) for name in ("temperature",)}
    arrays = {
        "sampling": (("sampling",), SAMPLINGS),
        "momentum": (("momentum",), MOMENTA),
        "batch_size": (("batch_size",), SIZES),
        "mode": (("mode",), [1, 2]),
        "eigenvalue": (("mode",), [1.0, 0.5]),
        "learning_rate": (("momentum",), [0.1, 0.01]),
        **{name: (by_run, values) for name, values in of_runs.items()},
        **{name: ((*by_run, "mode"), values) for name, values in by_mode.items()},
        "predicted_temperature": ((*by_run, "mode"), np.stack([predicted] * 2, axis=-1)),
        "overall_ratio": ((), ratio),
        "overall_ratio_error": ((), 0.005),
        "largest_deviation": ((), abs(ratio - 1) / 0.01),
    }
    said = {"data": "made", "training_points": 16, "members": 64, "updates": 1000, "drift": 0.1}
    return Result.of("noise", NOISE.quantities, arrays, said)


def marks_of(panel, kind):
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def test_bars_stand_about_the_prediction_in_panels_by_sampling():
    temperature, ratio = (rule(made()) for rule in NOISE.figures)
    assert [panel.title for panel in temperature.panels] == ["drawn with replacement", "shuffled epochs"]
    independent, shuffled = temperature.panels
    bars, lines = marks_of(independent, Intervals), marks_of(independent, Line)
    assert (len(bars), len(lines)) == (2, 2)
    for bar, line in zip(bars, lines, strict=True):
        assert bar.colour == line.colour
        np.testing.assert_array_equal(line.x, SIZES)
        np.testing.assert_allclose(bar.value / line.y, 1.02)
        np.testing.assert_allclose((bar.high - bar.low) / line.y, 0.02)
    dotted = marks_of(shuffled, Line)[1::2]
    np.testing.assert_allclose(dotted[0].y, SHUFFLED * 0.1 / np.array(SIZES))
    assert "dotted" in temperature.caption
    assert [panel.title for panel in ratio.panels] == [
        f"{way}, β = {β}" for way in ("drawn with replacement", "shuffled epochs") for β in ("0", "0.9")
    ]
    positions = [bar for bar in marks_of(ratio.panels[0], Intervals) if bar.marker == "o"]
    np.testing.assert_allclose(positions[0].value, 1.02)
    assert ratio.panels[0].y.low < 0.95 < 1.05 < ratio.panels[0].y.high
    assert [entry.name for entry in ratio.legend] == ["positions", "velocities", "theory of shuffled epochs"]


def test_the_page_says_how_far_from_the_prediction():
    texts = findings(made())
    assert "by 2 ± 0.5 %" in texts[0]
    assert "2 standard errors" in texts[0]
    assert "0.3 to 0.3 times" in texts[-1]
    assert any("more than chance" in text for text in findings(made(1.1)))
    page = NOISE.page(made())
    assert len(page.first.contents[1].rows) == 8
    assert not page.notices


def test_runs_that_are_not_stationary_are_named_with_their_reason():
    (reason,) = why_not_measured(made(stationary=False))
    assert reason.endswith("3 of 64 runs diverged")
    assert "B = 8, β = 0.9, with-replacement" in reason
    assert NOISE.page(made(stationary=False)).notices


def test_where_nothing_is_measured_no_figure_is_drawn(tmp_path):
    """Every update sees all eight points: there is no noise."""
    contents = CONTENTS | {"batch_sizes": [8], "samplings": ["without-replacement"], "members": 2, "updates": 50}
    result = NOISE.run(NOISE.parse(contents), sources_from(tmp_path))
    assert all(rule(result) is None for rule in NOISE.figures)
    assert "sees all 8 points" in why_not_measured(result)[0]
    assert np.isnan(result.overall_ratio)
    folder = ResultFolder(tmp_path / "out")
    folder.write_results(result)
    read = folder.read_results()
    assert NOISE.summary(read)["runs"][0]["verdict"] == result.verdict[0, 0, 0]
    assert read.specification["batch_sizes"] == [8]


@pytest.mark.slow
def test_a_file_gives_the_numbers_of_the_function(tmp_path):
    result = NOISE.run(NOISE.parse(CONTENTS), sources_from(tmp_path))
    same = noise_study(
        Perceptron((2, 1)), circle(8), None, None, [2], [0.0], ["with-replacement"], modes=1, members=40, updates=100
    )
    for name in ("temperature", "predicted_temperature", "temperature_ratio", "learning_rate"):
        np.testing.assert_array_equal(result[name].values, same[name].values)
    z = (result.temperature_ratio - 1) / result.temperature_ratio_error
    assert (abs(z) < 5).all()
    assert result.overall_ratio == pytest.approx(result.temperature_ratio.item())
    assert result.largest_deviation == pytest.approx(abs(z).max())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": [2]}, "batch_size.*no such key.*'batch_sizes'"),
        ({"batch_sizes": []}, "batch_sizes.*at least 1 item"),
        ({"batch_sizes": [0]}, "batch_sizes.*greater than or equal to 1"),
        ({"batch_sizes": [2, 2]}, "batch_sizes: 2 appears twice"),
        ({"momenta": [1.0]}, "momenta.*1.0.*less than 1"),
        ({"samplings": ["bootstrap"]}, "samplings.*'bootstrap'.*with-replacement"),
        ({"drift": 2.0}, "drift.*2.0.*less than 2"),
        ({"updates": 10}, "updates.*10.*greater than or equal to 50"),
        ({"loss": {"kind": "pseudo-huber"}}, 'loss.kind.*"squared"'),
    ],
)
def test_what_is_wrong_with_the_file_is_named(change, words):
    with pytest.raises(UserError, match=words):
        NOISE.parse(CONTENTS | change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_sizes": [9], "samplings": ["shuffled-epochs"]}, "batch size is 9, but there are 8 points"),
        ({"network": {"width": 1250}}, "up to 4096.*narrower"),
        ({"data": {"kind": "table", "file": "none.csv", "target": "y"}}, "no file .*none.csv"),
    ],
)
def test_what_does_not_fit_the_data_is_refused_before_anything_is_computed(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        NOISE.check(NOISE.parse(CONTENTS | change), sources_from(tmp_path))
