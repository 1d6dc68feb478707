"""Measurements of recorded trainings from a file: the numbers of `cosmograd fit`, sweeps of them, and bad input."""

import json
import math

import numpy as np
import pytest
from recorded_modes import record

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.experiments import experiment, experiment_of
from cosmograd.experiments.sources import files_of
from cosmograd.experiments.swept_results import figures_of_sweep, page_of_sweep, summary_of_sweep
from cosmograd.figures import Intervals
from cosmograd.runs import StudyFile, StudyFolder, run_study, sources_from

FIT = experiment("fit")
MOMENTUM, ETA_LAMBDAS = 0.5, (0.4, 0.1)
CONTENTS = {"files": ["run.npz"], "learning_rate": 0.05, "momentum": MOMENTUM}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("fit")
    outputs, directions = record(np.random.default_rng(7), 5, 40, 6, MOMENTUM, ETA_LAMBDAS, noise=0.01)
    targets = np.linspace(-1, 1, 6)
    np.savez(found / "run.npz", outputs=outputs + targets, targets=targets)
    np.savez(found / "kernel.npz", kernel=directions @ np.diag(np.array(ETA_LAMBDAS) / 0.05) @ directions.T)
    return found


def measured(folder, **more):
    return FIT.run(FIT.parse(CONTENTS | more), sources_from(folder))


def swept(folder, out, **sweep):
    contents = CONTENTS | {"name": "schemes", "sweep": sweep}
    return run_study(StudyFile("", contents, folder), StudyFolder(out), chosen=FIT)


def test_a_file_gives_the_numbers_of_the_command(folder, capfd):
    main(["fit", str(folder / "run.npz"), "--learning-rate", "0.05", "--momentum", "0.5", "--kernel",
          str(folder / "kernel.npz"), "--json"])  # fmt: skip
    printed = json.loads(capfd.readouterr().out)
    result = measured(folder, kernel="kernel.npz")
    for name in ("momentum", "step", "hubble_rate", "e_folds_per_update"):
        assert printed[name]["value"] == result.estimate(name).value
        assert printed[name]["low"] == result.estimate(name).low
    assert set(printed) == set(FIT.summary(result)), "the specification is no number"
    assert result.specification["momentum"] == MOMENTUM
    assert result.title == "run.npz"
    assert measured(folder, files="run.npz", name="mine").title == "mine"
    assert "kernel.npz" in str(FIT.page(result).after[-1])


def test_all_its_files_decide(folder):
    several = FIT.parse(CONTENTS | {"files": ["a.npz", "b.npz"], "kernel": "k.npz"})
    assert files_of(several) == {"files.0": "a.npz", "files.1": "b.npz", "kernel": "k.npz"}
    assert files_of(FIT.parse(CONTENTS | {"files": "run.npz"})) == {"files": "run.npz"}


def test_the_file_need_not_say_which_experiment_it_is():
    assert experiment_of(CONTENTS)[0].name == "fit"


def test_schemes_are_swept_with_intervals(folder, tmp_path):
    result = swept(folder, tmp_path / "out", scheme=["leapfrog", "stroboscopic"])
    β = result["momentum"].values
    expected = [2 * (1 - β[0]) / 3 / (1 + β[0]), math.log(1 / β[1]) / 3]
    np.testing.assert_allclose(result["e_folds_per_update"].values, expected, rtol=1e-3)
    assert result.title == "schemes"
    assert [point["scheme"] for point in summary_of_sweep(result)["points"]] == ["leapfrog", "stroboscopic"]
    (figure,) = figures_of_sweep(result)
    assert list(figure.variables) == ["momentum", "hubble_rate", "cosmological_constant", "e_folds_per_update"]
    (bars,) = (mark for mark in figure.panels[1].marks if isinstance(mark, Intervals))
    np.testing.assert_array_equal(bars.low, result["hubble_rate_low"].values)
    assert figure.panels[1].x.ticks == ((0, "leapfrog"), (1, "stroboscopic"))
    assert len(page_of_sweep(result, "fit").first.contents[0].rows) == 2
    assert [estimate.identifiable for estimate in result.hubble_rate] == [True, True]
    assert len(result.eta_lambdas[1]) == 2
    assert "stroboscopic" not in repr(result).split("\n")[0]


def test_a_swept_key_with_the_name_of_a_quantity_stands_beside_it(folder, tmp_path):
    result = swept(folder, tmp_path / "out", momentum=[0.5, 0.9], estimator=["auto", "trajectory"])
    np.testing.assert_array_equal(result["specification.momentum"].values, [0.5, 0.5, 0.9, 0.9])
    np.testing.assert_allclose(result["momentum"].values, MOMENTUM, atol=0.01)
    assert json.loads(result.attrs["swept"]) == ["specification.momentum", "specification.estimator"]
    assert result.attrs["estimator"] == "trajectory", "auto took it"
    assert {"specification.momentum", "momentum"} <= set(summary_of_sweep(result)["points"][0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"momentun": 0.5}, "momentun.*no such key.*'momentum'"),
        ({"learning_rate": -0.1}, "learning_rate.*-0.1.*greater than 0"),
        ({"momentum": 1.0}, "momentum.*1.0.*less than 1"),
        ({"files": []}, "at least one file"),
        ({"blind": True, "kernel": "kernel.npz"}, "ignores kernels.*leave out"),
        ({"optimiser": "adamw"}, "optimiser.*'adamw'.*adam"),
        ({"momentum": None, "convention": "averaged"}, "averaged needs the `momentum`"),
        ({"estimator": "regression", "intervals": "bootstrap"}, "belong to the trajectory fit.*another `estimator`"),
        ({"scheme": "euler"}, "scheme.*'euler'.*leapfrog, stroboscopic"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(change, words):
    with pytest.raises(UserError, match=words):
        FIT.parse(CONTENTS | change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": ["none.npz"]}, "no file .*none.npz"),
        ({"files": ["run.txt"]}, "unknown kind of file '.txt'.*npz"),
        ({"kernel": "run.npz"}, "holds no `kernel`; it holds 'outputs', 'targets'"),
        ({"files": ["run.npz", "run.npz"]}, "same outputs"),
    ],
)
def test_what_is_wrong_with_the_record_is_named(folder, change, words):
    with pytest.raises(UserError, match=words):
        measured(folder, **change)


def test_a_sweep_names_a_missing_file_before_anything_is_computed(folder, tmp_path):
    with pytest.raises(UserError, match=r"none.npz cannot be read"):
        swept(folder, tmp_path / "out", files=["run.npz", "none.npz"])
    assert not (tmp_path / "out" / "points").exists()
