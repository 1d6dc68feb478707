"""Predictions of trainings from a file: the numbers of `cosmograd predict`, sweeps, the figure, and bad input."""

import json

import numpy as np
import pytest

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.experiments import experiment, experiment_of
from cosmograd.experiments.prediction.learning_curve import InitialModes, learning_curve
from cosmograd.figures import Guide, Line
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, tabulated
from cosmograd.results import Result
from cosmograd.runs import StudyFile, StudyFolder, run_study, sources_from

PREDICTION = experiment("prediction")
CONTENTS = {
    "data": {"kind": "circle", "points": 6},
    "network": {"width": 16},
    "optimiser": {"eta_lambda_max": 0.5, "momentum": 0.5},
    "members": 2,
    "updates": 40,
}


def with_optimiser(**settings):
    return CONTENTS | {"optimiser": settings}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("prediction")
    random = np.random.default_rng(0)
    x = random.normal(size=(8, 2))
    rows = [f"{a:.6f},{b:.6f},n{i},{np.tanh(a - b):.6f}" for i, (a, b) in enumerate(x)]
    (found / "table.csv").write_text("\n".join(["a,b,label,y", *rows]) + "\n")
    return found


@pytest.fixture(scope="module")
def result(folder) -> Result:
    done: list[float] = []
    found = PREDICTION.run(PREDICTION.parse(CONTENTS), sources_from(folder), done.append)
    assert sum(done) == pytest.approx(1.0)
    return found


def test_a_file_gives_the_numbers_of_the_command(folder, capfd):
    main(["predict", "--data", str(folder / "table.csv"), "--target", "y", "--learning-rate", "0.1", "--momentum",
          "0.5", "--width", "16", "--updates", "40", "--members", "2", "--json"])  # fmt: skip
    captured = capfd.readouterr()
    printed = json.loads(captured.out)
    contents = with_optimiser(learning_rate=0.1, momentum=0.5) | {
        "data": {"kind": "table", "file": "table.csv", "target": "y"},
        "seed": 0,
    }
    specification, sources = PREDICTION.parse(contents), sources_from(folder)
    result = PREDICTION.run(specification, sources)
    own = PREDICTION.summary(result)
    assert list(own) == list(printed)
    assert own == printed
    assert (own["target"], own["inputs"], own["columns_left_out"]) == ("y", ["a", "b"], ["label"])
    (note,) = PREDICTION.notes(specification, sources)
    assert note in captured.err
    assert own["notes"] == [note]
    assert "label" in str(PREDICTION.page(result).notices)


def test_one_run_says_what_a_sweep_says(folder, capfd):
    (folder / "prediction.toml").write_text(
        'experiment = "prediction"\nmembers = 1\nupdates = 4\n[data]\nkind = "table"\nfile = "table.csv"\n'
        'target = "y"\n[network]\nwidth = 16\n[optimiser]\nlearning_rate = 0.1\n'
    )
    main(["run", str(folder / "prediction.toml"), "--json"])
    captured = capfd.readouterr()
    assert "Not numeric, so not among the inputs: 'label'." in captured.err
    assert json.loads(captured.out)["updates"][-1] == 4


def test_numbers_and_figure_agree(result):
    assert result.eta_lambda_max == pytest.approx(0.5)
    assert result.largest_stable_eta_lambda == pytest.approx(3.0)
    assert (result.initial_loss, result.final_loss) == (result.loss[0], result.loss[-1])
    assert result.initial_share.sum() == pytest.approx(1)
    assert result.learned_share == pytest.approx(result.initial_share[result.updates_to_learn <= 40].sum())
    figure = PREDICTION.figures[0](result)
    assert figure is not None
    curve, times = figure.panels
    np.testing.assert_array_equal(curve.marks[0].y, result.loss)
    guides = [mark.at for mark in times.marks if isinstance(mark, Guide)]
    assert guides == pytest.approx([(1 - 0.5**0.5) ** 2, (1 + 0.5**0.5) ** 2, 3.0])
    line, *dots = (mark for mark in times.marks if isinstance(mark, Line))
    assert sum(len(mark.x) for mark in dots) == result.sizes["mode"]
    for mark in dots:  # every mode lies on the line of any ηλ, but for whole updates
        on_line = np.interp(np.log(mark.x), np.log(line.x), line.y)
        assert (abs(mark.y - on_line) <= 1 + 0.05 * mark.y).all()
    assert "stable" in str(PREDICTION.page(result).first)
    assert "experiment = " in str(PREDICTION.page(result).after[-1])


def test_a_run_that_diverges_says_below_which_rate_it_does_not(folder):
    contents = with_optimiser(eta_lambda_max=2.5)
    diverging = PREDICTION.run(PREDICTION.parse(contents), sources_from(folder))
    assert diverging.regime[0] == "unstable"
    (note,) = PREDICTION.summary(diverging)["notes"]
    assert f"below {2 * diverging.learning_rate / 2.5:.4g} is stable" in note
    figure = PREDICTION.figures[0](diverging)
    assert figure is not None
    assert "at the upper edge never" in figure.caption
    assert "diverges" in str(PREDICTION.page(diverging).first)


def test_what_is_learned_late_is_what_is_light():
    """ηλ = 0.01 without momentum: (1 − ηλ)ⁿ < 1/e from n = 100 on; with momentum β, light modes 1/(1 − β) sooner."""
    modes = InitialModes(np.array([1.0, 0.01]), np.array([1.0, 1.0]), 1.0)
    stops = np.arange(0, 201, 10)
    plain, heavy = (learning_curve(modes, o, stops) for o in (GradientDescent(1.0), HeavyBall(0.1, 0.9)))
    assert plain.updates_to_learn[1] == 100
    np.testing.assert_allclose(plain.loss[1:], 0.5 * 0.99 ** (2 * stops[1:]))
    assert heavy.updates_to_learn[1] == pytest.approx(100, rel=0.15)


def test_schedules_are_stable_where_all_their_updates_are():
    modes = InitialModes(np.array([1.0, 0.1]), np.array([1.0, 1.0]), 1.0)
    rates = tabulated(lambda n: 1.0 - 0.02 * n, 40)
    curve = learning_curve(modes, GradientDescent(rates), np.array([0, 40]))
    assert curve.learning_rate == pytest.approx(0.6)  # halfway
    assert curve.largest_stable_eta_lambda == pytest.approx(2 * 0.6)  # 2/λ at the first update, in units of halfway
    assert np.isfinite(curve.updates_to_learn).all()


def test_a_sweep_shares_the_initial_kernel(folder, tmp_path, monkeypatch):
    from cosmograd.experiments.prediction import run as module

    made = []
    initial = module.initial_modes
    monkeypatch.setattr(module, "initial_modes", lambda *given: made.append(given) or initial(*given))
    sweep = {"optimiser.momentum": [0.0, 0.5], "optimiser.eta_lambda_max": [0.5, 2.5]}
    swept = run_study(
        StudyFile("", CONTENTS | {"sweep": sweep}, folder), StudyFolder(tmp_path / "out"), chosen=PREDICTION
    )
    assert len(made) == 1
    np.testing.assert_allclose(swept["largest_stable_eta_lambda"].values, [2, 2, 3, 3])
    np.testing.assert_array_equal(swept["failure"].values, ["", "", "", ""])


def test_a_file_without_its_name_is_a_training():
    assert experiment_of({key: CONTENTS[key] for key in ("data", "network", "optimiser")})[0].name == "training"
    assert experiment_of({"experiment": "prediction"} | CONTENTS)[0].name == "prediction"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (CONTENTS | {"training": {"members": 2}}, "training.*no such key"),
        (CONTENTS | {"members": 0}, "members.*0.*greater than or equal to 1"),
        (CONTENTS | {"updates": 10**9}, "updates.*less than or equal to 100000000"),
        (CONTENTS | {"loss": {"kind": "pseudo-huber"}}, 'loss.kind.*allowed: "squared".*experiment = "training"'),
        (with_optimiser(momentum=0.5), "exactly one of `learning_rate` and `eta_lambda_max`"),
        (with_optimiser(learning_rate=-1.0), "optimiser.learning_rate.*-1.0.*greater than 0"),
        ({"optimiser": {"learning_rate": 0.1}}, "data: this key is needed"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(contents, words):
    with pytest.raises(UserError, match=words):
        PREDICTION.parse(contents)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"file": "none.csv", "target": "y"}, "no file .*none.csv"),
        ({"file": "table.csv", "target": "z"}, "no column 'z'.* the columns are: 'a', 'b', 'label', 'y'"),
        ({"file": "table.csv", "target": "label"}, "'label' is not numeric.*another target"),
    ],
)
def test_what_is_wrong_with_the_table_is_named(folder, data, words):
    specification = PREDICTION.parse(CONTENTS | {"data": {"kind": "table"} | data})
    with pytest.raises(UserError, match=words):
        PREDICTION.check(specification, sources_from(folder))


def test_networks_too_large_are_refused_before_anything_is_computed(folder):
    specification = PREDICTION.parse(CONTENTS | {"network": {"width": 10**6}})
    with pytest.raises(UserError, match="smaller network"):
        PREDICTION.check(specification, sources_from(folder))
