"""Files of single points, and all points in one dataset: every kind of variable, other shapes, points that failed."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, strategies as st
from training_sweeps import all_points

from cosmograd.errors import UserError
from cosmograd.runs.point_files import (
    failure_of,
    failure_path,
    read_point,
    write_failure,
    write_point,
)


def point(updates=4, members=3, seed=0, **attributes):
    """A dataset with every kind of variable that points have."""
    draws = np.random.default_rng(seed)
    losses = draws.normal(size=(members, updates))
    losses[0, -1] = np.nan
    return xr.Dataset(
        {
            "loss": (("member", "record"), losses),
            "output": (("member", "record"), draws.normal(size=(members, updates)).astype(np.float32)),
            "diverged_at": ("member", np.arange(members) - 1),
            "regime": ("record", np.array(["überdämpft", "", "x", "oscillating", "y"][:updates], dtype=object)),
            "method": ((), np.array("heavy-ball", dtype=object)),
            "reference_update": ((), 7),
        },
        {
            "record": np.arange(updates) ** 2,
            "member": np.arange(members),
            "is_probe": ("record", np.arange(updates) > 2),
        },
        {"precision": "float32", "loss_divisor": 4.0, "training_points": 5, **attributes},
    )


def test_what_is_written_is_read_back(tmp_path):
    path, given = tmp_path / "points" / "a.nc", point()
    write_point(path, given)
    for read in (read_point(path), xr.open_dataset(path).load()):
        assert dict(read.attrs) == given.attrs
        xr.testing.assert_equal(read, given)
    read = read_point(path)
    assert {str(n): v.dtype for n, v in read.variables.items()} == {str(n): v.dtype for n, v in given.variables.items()}


@given(cut=st.floats(0, 0.999))
def test_a_damaged_point_is_named(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "a.nc"
    write_point(path, point())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * (len(whole) - 4))])
    with pytest.raises(UserError, match="damaged"):
        read_point(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_point(path.with_name("b.nc"))


def noted(path):
    return json.loads(failure_path(path).read_text(encoding="utf-8"))


def test_a_note_on_a_failure_goes_with_the_point(tmp_path):
    path = tmp_path / "points" / "a.nc"
    write_failure(path, failure_of(UserError("the kernel vanishes.")))
    assert noted(path) == {"reason": "the kernel vanishes.", "expected": True, "trace": ""}
    write_failure(path, failure_of(ZeroDivisionError("division by zero")))
    failure = noted(path)
    assert (failure["reason"], failure["expected"]) == ("ZeroDivisionError: division by zero", False)
    assert "ZeroDivisionError" in failure["trace"]
    write_point(path, point())
    assert not failure_path(path).exists()


@pytest.mark.parametrize(
    "points",
    [
        [point(), point(seed=1)],
        [point(), point(5, seed=1)],
        [point(5), point(2, members=4, seed=1).drop_vars("output"), point(seed=2)],
    ],
    ids=["alike", "longer", "without a variable"],
)
def test_points_are_put_together_as_xarray_would(points):
    combined = all_points(points, [{"seed": number} for number in range(len(points))])
    padded = any(dict(one.sizes) != dict(points[0].sizes) for one in points)
    numbers = [
        one.assign({n: v.astype(float) for n, v in one.data_vars.items() if v.dtype.kind == "i"}) if padded else one
        for one in points
    ]
    fill = {str(n): {"O": "", "b": False}.get(v.dtype.kind, np.nan) for n, v in points[0].variables.items()}
    expected = xr.concat(
        numbers, "study_point", data_vars="all", coords="different", compat="equals", join="outer", fill_value=fill
    )
    for name, variable in expected.variables.items():
        found = combined[name].values
        same = found.astype(str) == variable.values.astype(str) if variable.dtype.kind == "O" else None
        if same is None:
            np.testing.assert_array_equal(found, variable.values)
        assert combined[name].dims == variable.dims
        assert same is None or same.all()
    assert combined["failure"].values.tolist() == [""] * len(points)


def test_a_failed_point_is_empty_and_named():
    combined = all_points([None, point(), point(seed=1, precision="float64")], [{"seed": n} for n in range(3)],
                              ["it broke", "", ""])  # fmt: skip
    assert combined["failure"].values.tolist() == ["it broke", "", ""]
    assert combined["seed"].values.tolist() == [0, 1, 2]
    for name in ("loss", "diverged_at", "reference_update"):
        assert np.isnan(combined[name].values[0]).all()
        assert not np.isnan(combined[name].values[1]).all()
    assert (combined["regime"].values[0] == "").all()
    assert combined["precision"].values.tolist() == ["", "float32", "float64"]
    assert combined.attrs == {"loss_divisor": 4.0, "training_points": 5}
    with pytest.raises(ValueError, match="no points"):
        all_points([None], [{}], ["it broke"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None], [1.0, np.nan]),
        ([0.5, 2], [0.5, 2.0]),
        (["relu", None], ["relu", ""]),
        ([True, None], ["True", ""]),
        (["all", None], ["all", ""]),
        ([[4, 4], None], ["[4, 4]", ""]),
        ([None, None], [np.nan, np.nan]),
    ],
)
def test_swept_values_that_a_point_lacks_are_gaps(values, expected):
    swept = all_points([point(), point(seed=1)], [{"swept": value} for value in values])["swept"].values
    np.testing.assert_array_equal(swept, expected)
    assert swept.dtype.kind == np.array(expected).dtype.kind
