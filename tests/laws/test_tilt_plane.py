"""The plane of n_s and r: families against their slow-roll laws, the user's own family, figures, and bad input."""

from pathlib import Path

import numpy as np
import pytest

from cosmograd.cosmology.background import Model
from cosmograd.cosmology.potentials import MonomialPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, primordial_spectra
from cosmograd.errors import UserError
from cosmograd.experiments import experiment, experiment_of
from cosmograd.experiments.tilt_plane.findings import failures, findings
from cosmograd.figures import Line, Map, Span
from cosmograd.runs import ResultFolder, StudyFile, StudyFolder, run_study, sources_from

PLANE = experiment("tilt_plane")
E_FOLDS = [30.0, 60.0, 120.0]
MONOMIALS = {
    "potential": {"name": "monomial"},
    "start": {"field": 28.5},
    "parameter": {"name": "power", "values": [1.0, 2.0, 3.0]},
    "e_folds": E_FOLDS,
}


def computed(contents, folder=Path()):
    return PLANE.run(PLANE.parse(contents), sources_from(folder))


@pytest.fixture(scope="module")
def monomials(tmp_path_factory):
    done: list[float] = []
    result = PLANE.run(PLANE.parse(MONOMIALS), sources_from(tmp_path_factory.mktemp("plane")), progress=done.append)
    assert sum(done) == pytest.approx(1.0)
    return result


@pytest.mark.slow
def test_monomials_obey_their_laws_to_the_next_order(monomials):
    r"""φ^p: n_s = 1 − (p + 2)/2N′ and r = 4p/N′, for φ² 1 − 2/N′ and 8/N′, with N′ = N − (ln N)/6 + constant.

    The logarithm is that of $N = \int d\varphi/\sqrt{2\epsilon_1}$ with $\epsilon_1 = \epsilon_V(1 - 4\epsilon_V/3p)$,
    $\epsilon_V = p^2/2\varphi^2$, to the next order of slow roll.
    """
    p, N = np.array([[1.0], [2.0], [3.0]]), np.array([E_FOLDS])
    left = (monomials["scalar_tilt"].values - (1 - (p + 2) / (2 * N))) * N**2 + (p + 2) / 12 * np.log(N)
    assert (np.ptp(left, axis=1) < 0.02).all()
    assert (np.abs(left) < 1).all()
    left = (monomials["tensor_to_scalar_ratio"].values - 4 * p / N) * N**2 - 4 * p / 6 * np.log(N)
    assert (np.ptp(left / p, axis=1) < 0.05).all()


@pytest.mark.slow
def test_slow_roll_is_right_to_the_order_that_it_has(monomials):
    """n_s to second order is off by 1/N³, r to next-to-leading order by 1/N² relative to itself."""
    N = np.array([E_FOLDS])
    tilt = np.abs(monomials["scalar_tilt"].values - monomials["slow_roll_scalar_tilt"].values) * N**3
    rolling = monomials["slow_roll_tensor_to_scalar_ratio"].values
    ratio = np.abs(monomials["tensor_to_scalar_ratio"].values / rolling - 1) * N**2
    assert (np.maximum(tilt, ratio) < 2).all()
    np.testing.assert_allclose(ratio / ratio[:, :1], 1.0, rtol=0.05)


def test_every_point_is_that_of_its_own_spectrum(monomials):
    model, pivot = Model(MonomialPotential(power=2.0)), EFoldsBeforeEnd(60.0)
    spectrum = primordial_spectra(model, [28.5], wavenumbers=[1.0], pivot=pivot)
    at = {"parameter": 1, "e_folds": 1}
    assert float(monomials["scalar_tilt"].at(**at)) == float(spectrum.pivot.scalar_tilt)
    assert float(monomials["tensor_to_scalar_ratio"].at(**at)) == float(spectrum.pivot.tensor_to_scalar_ratio)
    assert (monomials["tilt_error"].values < 1e-5).all()
    assert monomials.specification["potential"] == {"name": "monomial", "scale": 3e-10}


def test_attractors_share_their_tilt_and_their_ratio_is_their_curvature():
    """n_s = 1 − 2/N and r = 12α/N² for small α (Kallosh, Linde & Roest 2013)."""
    result = computed(
        {
            "potential": {"name": "alpha-attractor-t"},
            "parameter": {"name": "alpha", "values": [0.01, 0.1]},
            "e_folds": [60.0],
        }
    )
    assert np.ptp(result["scalar_tilt"].values) < 2e-4
    np.testing.assert_allclose(result["scalar_tilt"].values, 1 - 2 / 60, atol=1e-3)
    np.testing.assert_allclose(
        result["tensor_to_scalar_ratio"].values[:, 0], 12 * np.array([0.01, 0.1]) / 60**2, rtol=0.05
    )
    assert result.compatible_share == 1.0


@pytest.mark.slow
def test_a_family_of_the_users_own_is_that_of_the_library(monomials, tmp_path):
    (tmp_path / "family.py").write_text(
        "def potential(field, power):\n    return 3e-10 * abs(field[0]) ** power\n"
        "def of_fields(field):\n    return field[0] ** 2\nnumber = 3\n"
    )
    own = MONOMIALS | {"potential": {"file": "family.py"}, "start": {"field": 28.2}}
    result = computed(own | {"parameter": {"name": "power", "values": [2.0, 3.0]}}, tmp_path)
    # From another start, on the same attractor.
    np.testing.assert_allclose(result["scalar_tilt"].values, monomials["scalar_tilt"].values[1:], atol=1e-6)
    assert "def potential(field, power)" in str(PLANE.page(result).after[-1])
    for function, words in (
        ("of_fields", "must take the vector of fields and the value of power"),
        ("number", "is no f"),
    ):
        with pytest.raises(UserError, match=words):
            PLANE.check(
                PLANE.parse(own | {"potential": {"file": "family.py", "function": function}}), sources_from(tmp_path)
            )
    with pytest.raises(UserError, match=r"no file .*none\.py"):
        computed(own | {"potential": {"file": "none.py"}}, tmp_path)


def test_curves_and_maps_show_the_plane(monomials):
    plane, maps = (rule(monomials) for rule in PLANE.figures)
    curves = [mark for mark in plane.panels[0].marks if isinstance(mark, Line) and mark.dashes == "-"]
    np.testing.assert_array_equal([curve.x for curve in curves], monomials["scalar_tilt"].values)
    np.testing.assert_array_equal([curve.y for curve in curves], monomials["tensor_to_scalar_ratio"].values)
    assert [entry.name for entry in plane.legend] == ["power = 1", "power = 2", "power = 3"]
    (band,) = (mark for mark in plane.panels[0].marks if isinstance(mark, Span))
    assert (band.low, band.high) == pytest.approx((0.9565, 0.9733))
    (tilts,) = (mark for mark in maps.panels[0].marks if isinstance(mark, Map))
    np.testing.assert_array_equal(tilts.values, monomials["scalar_tilt"].values)
    np.testing.assert_allclose(tilts.y, [15.0, 45.0, 90.0, 150.0])
    assert "Slow roll differs" in findings(monomials)[1]
    assert len(PLANE.page(monomials).first.contents[1].rows) == 6


def test_points_without_numbers_say_why_and_leave_the_others(tmp_path):
    result = computed(
        {"potential": {"name": "quadratic"}, "parameter": {"name": "mass", "values": [6e-6]}, "e_folds": [60.0, 90.0]}
    )
    assert np.isfinite(result["scalar_tilt"].values[0]).tolist() == [True, False]
    (reason,) = failures(result)
    assert reason.startswith("1 point: the pivot")
    assert "Start earlier" in reason
    assert PLANE.page(result).notices
    assert [bool(point["reason"]) for point in PLANE.summary(result)["points"]] == [False, True]
    plane, maps = (rule(result) for rule in PLANE.figures)
    assert "filled, N = 60" in plane.caption
    assert maps is None
    folder = ResultFolder(tmp_path / "plane")
    folder.write_results(result)
    np.testing.assert_array_equal(folder.read_results().scalar_tilt, result.scalar_tilt)
    with pytest.raises(UserError, match="Start earlier"):
        computed(
            {"potential": {"name": "quadratic"}, "parameter": {"name": "mass", "values": [6e-6]}, "e_folds": [90.0]}
        )


def test_planes_are_swept_over_what_else_a_potential_has(tmp_path):
    contents = MONOMIALS | {
        "parameter": {"name": "power", "values": [2.0]},
        "sweep": {"potential.scale": [1e-10, 4e-10]},
    }
    swept = run_study(StudyFile("", contents, tmp_path), StudyFolder(tmp_path / "out"), chosen=PLANE)
    amplitude = swept["scalar_amplitude"].values[:, 0, 1]
    assert amplitude[1] / amplitude[0] == pytest.approx(4.0, rel=1e-4)  # the scale alone: n_s and r stay
    np.testing.assert_allclose(*swept["scalar_tilt"].values, atol=1e-6)


def test_the_file_need_not_say_which_experiment_it_is():
    assert experiment_of(MONOMIALS)[0].name == "tilt_plane"
    assert experiment_of({"potential": {"name": "quadratic"}})[0].name == "universe"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spectrum": {}}, "spectrum.*no such key"),
        ({"parameter": {"name": "power"}}, "parameter.values: this key is needed"),
        ({"parameter": {"name": "powr", "values": [1.0]}}, "monomial potential has no parameter 'powr'.*'power'"),
        ({"parameter": {"name": "power", "values": [2.0, 1.0]}}, "parameter.values: the values must increase"),
        ({"parameter": {"name": "power", "values": []}}, "parameter.values.*at least 1 item"),
        (
            {"parameter": {"name": "power", "values": {"first": 0.0, "last": 2.0, "count": 3, "spacing": "log"}}},
            "needs `first` above 0",
        ),
        ({"potential": {"name": "monomial", "power": 2.0}}, "potential.power: this parameter is varied"),
        ({"potential": {"name": "monomia"}}, "no potential 'monomia'.*'monomial'"),
        ({"e_folds": [-1.0]}, "e_folds.*-1.0.*greater than 0"),
        ({"e_folds": {"first": 1.0, "last": 60.0, "count": 1000}, "parameter": {"name": "power", "values":
          {"first": 1.0, "last": 2.0, "count": 11}}}, "11000 points; allowed: up to 10000"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_is_named(change, words):
    with pytest.raises(UserError, match=words):
        PLANE.parse(MONOMIALS | change)


def test_members_that_are_no_potentials_are_named_before_anything_is_computed():
    contents = MONOMIALS | {"parameter": {"name": "power", "values": [-1.0, 2.0]}}
    with pytest.raises(
        UserError, match=r"at power = -1.*`power` of the monomial potential must be a finite number > 0"
    ):
        PLANE.check(PLANE.parse(contents), sources_from(Path()))
