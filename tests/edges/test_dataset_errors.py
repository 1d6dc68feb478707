"""Bad data is refused with what was given, what is allowed, and how to mend it."""

import numpy as np
import pytest

from cosmograd.learning import check_network_fits
from cosmograd.learning.datasets import circle, digits, make_dataset, table_dataset
from cosmograd.learning.networks import Perceptron

pytestmark = pytest.mark.usefixtures("without_type_checks")


class TestArrays:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([[1.0], [np.nan]], [1.0, 2.0]), "training inputs hold 1 NaN or infinite values, the first in row 1"),
            (([[1.0], [2.0]], [np.inf, 2.0]), "training targets hold 1 NaN or infinite values, the first in row 0"),
            (([[1.0]], [1.0], [[np.nan]], [1.0]), "probe inputs hold 1 NaN"),
            (([[1.0]], [1.0], [[1.0]], [np.nan]), "probe targets hold 1 NaN"),
            ((np.zeros((0, 2)), np.zeros(0)), r"nothing to train on: inputs of shape \(0, 2\)"),
            ((np.zeros((3, 0)), np.zeros(3)), r"nothing to train on: inputs of shape \(3, 0\)"),
            ((np.zeros((3, 1)), np.zeros((3, 0))), r"nothing to train on.*targets of shape \(3, 0\)"),
            (([[1.0], [2.0]], [1.0]), "2 training inputs but 1 targets"),
            (([[1.0]], [1.0], [[1.0], [2.0]], [1.0]), "2 probe inputs but 1 targets"),
            (([1.0, 2.0], [1.0, 2.0]), r"inputs must have shape \(points, features\), got \(2,\)"),
            (([[1.0]], np.zeros((1, 2, 3))), r"targets must have shape \(points, outputs\), got \(1, 2, 3\)"),
            (([[1.0]], [1.0], [[1.0]]), "give both probe inputs and probe targets, or neither"),
            (([[1.0, 2.0]], [1.0], [[1.0]], [1.0]), r"training points have shape \(2,\), probe points \(1,\)"),
            (([[1.0]], [[1.0, 2.0]], [[1.0]], [1.0]), "2 targets per training point, but 1 per probe point"),
            (([["red"]], [1.0]), "inputs must be numbers"),
            (([[1.0]], ["high"]), "targets must be numbers"),
            (([[1.0], [2.0, 3.0]], [1.0, 2.0]), "inputs must be numbers"),
        ],
    )
    def test_refused(self, arguments, message):
        padded = (*arguments, *[None] * (4 - len(arguments)))
        with pytest.raises(ValueError, match=f"^stars: .*{message}"):
            make_dataset(*padded, name="stars")


class TestTables:
    columns = {  # noqa: RUF012
        "mass": np.array([1.0, 2.0, 3.0, 4.0]),
        "radius": np.array([1.0, np.nan, 2.0, np.inf]),
        "colour": np.array(["red", "blue", "red", "white"]),
        "luminosity": np.array([4.0, 3.0, 2.0, 1.0]),
        "same": np.array([2.0, 2.0, 2.0, 2.0]),
    }

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"target": "luminocity"}, "there is no column 'luminocity'; Did you mean 'luminosity'?.*'mass', 'radius'"),
            ({"target": "mass", "inputs": ["colur"]}, "no column 'colur'; Did you mean 'colour'"),
            ({"target": "mass", "inputs": ["zzz"]}, "no column 'zzz'; the columns are: 'mass'"),
            (
                {"target": "colour", "inputs": ["mass"]},
                "target column 'colour' is not numeric .it holds 'red'.; choose another target",
            ),
            ({"target": "mass", "inputs": ["colour"]}, "column 'colour' is not numeric"),
            ({"target": "mass", "inputs": ["radius"]}, "column 'radius' holds 2 .* the first in data row 2"),
            ({"target": "same", "inputs": ["mass"]}, "the target is the same in every row"),
            ({"target": "mass", "inputs": ["mass", "same"]}, "column 'mass' is both an input and a target"),
            ({"target": []}, "name at least one target column"),
            ({"target": ["mass", "mass"]}, "column 'mass' is named twice among the targets"),
            ({"target": "mass", "inputs": ["luminosity"] * 2}, "column 'luminosity' is named twice among the inputs"),
            ({"target": "mass", "inputs": []}, "`inputs` is empty"),
            ({"target": "mass", "inputs": ["luminosity"], "points": 1}, "a single row cannot be standardised"),
            ({"target": "mass", "inputs": ["luminosity"], "points": 5}, "5 training and 0 probe points asked, but 4"),
            ({"target": "mass", "inputs": ["luminosity"], "points": 3, "probe_points": 2}, "but 4 are available"),
            ({"target": "mass", "inputs": ["luminosity"], "probe_points": 4}, "0 training and 4 probe points asked"),
        ],
    )
    def test_refused(self, settings, message):
        with pytest.raises(ValueError, match=f"^catalogue: .*{message}"):
            table_dataset(self.columns, name="catalogue", **settings)

    def test_constant_inputs(self):
        with pytest.raises(ValueError, match="every input is the same"):
            table_dataset({"x": np.full(4, 2.5), "y": np.arange(4.0)}, "y")

    @pytest.mark.parametrize("size", [1e308, 1e-308])
    def test_numbers_whose_squares_do_not_exist_are_standardised_all_the_same(self, size):
        x, y = np.array([1.0, -0.5, 0.25, 0.75]), np.arange(4.0)
        usual, extreme = (table_dataset({"x": scale * x, "y": y}, "y").inputs for scale in (1.0, size))
        np.testing.assert_allclose(extreme, usual, rtol=1e-9)

    def test_no_numeric_inputs(self):
        columns = {"colour": self.columns["colour"], "mass": self.columns["mass"]}
        with pytest.raises(ValueError, match=r"beside the target, no column is numeric.*'colour', 'mass'"):
            table_dataset(columns, "mass")

    def test_columns_of_different_lengths(self):
        with pytest.raises(ValueError, match=r"the columns differ in length: \{'x': 3, 'y': 2\}"):
            table_dataset({"x": np.zeros(3), "y": np.zeros(2)}, "y")

    def test_no_rows(self):
        with pytest.raises(ValueError, match="the table holds no rows"):
            table_dataset({"x": np.zeros(0), "y": np.zeros(0)}, "y")

    def test_constant_target_may_be_learnt_when_not_standardised(self):
        assert (table_dataset(self.columns, "same", ["mass"], standardise=False).targets == 2).all()


class TestBuiltIn:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"points": 9}, "9 points are fewer than the 10 classes; raise `points` to at least 10"),
            ({"classes": (3, 3)}, r"different digits from 0 to 9, got \[3, 3\]"),
            ({"classes": ()}, r"different digits from 0 to 9, got \[\]"),
            ({"classes": (4, 12)}, r"different digits from 0 to 9, got \[4, 12\]"),
            ({"encoding": "onehot"}, "`encoding` is 'onehot'; allowed: one-hot, sign, value"),
            ({"scaling": "none"}, "`scaling` is 'none'; allowed: standardised, unit, sphere"),
            ({"encoding": "sign"}, "the encoding `sign` needs two classes"),
            ({"points": 1790, "probe_points": 8}, "1790 training and 8 probe points asked, but 1797"),
        ],
    )
    def test_digits(self, settings, message):
        with pytest.raises(ValueError, match=f"^digits: .*{message}"):
            digits(**settings)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"points": 0}, "need points ≥ 1 and probe_points ≥ 0, got 0 and 0"),
            ({"probe_points": -1}, "need points ≥ 1 and probe_points ≥ 0"),
            ({"cosine": (0.0, float("nan"))}, "the Fourier coefficients must be finite"),
        ],
    )
    def test_circle(self, settings, message):
        with pytest.raises(ValueError, match=f"^circle: {message}"):
            circle(**settings)


class TestNetworksThatDoNotFit:
    def test_inputs(self):
        with pytest.raises(ValueError, match=r"takes points of shape \(3,\), but those of circle have shape \(2,\)"):
            check_network_fits(Perceptron((3, 4, 1)), circle(4))

    def test_outputs(self):
        with pytest.raises(ValueError, match="has 2 outputs, but circle has 1 targets per point"):
            check_network_fits(Perceptron((2, 4, 2)), circle(4))
