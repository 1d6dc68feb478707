"""Errors of predictions that outgrow all numbers: infinite, and remembered by every median."""

import numpy as np
import pytest

from cosmograd.duality import norm_ratio, relative_error, relative_error_over_time
from cosmograd.measurement.member_statistics import band, median, quantile

OUTPUTS = np.ones((3, 2))


@pytest.mark.parametrize("worst", [np.inf, -np.inf, np.nan, 1e200])
def test_a_prediction_that_overflows_is_infinitely_far_off(worst):
    prediction = OUTPUTS.copy()
    prediction[2, 1] = worst
    assert relative_error(OUTPUTS, prediction, np.zeros(2)) == np.inf
    over_time = relative_error_over_time(OUTPUTS, prediction, np.zeros(2))
    np.testing.assert_array_equal(over_time, [0, 0, np.inf])


def test_errors_that_do_not_exist_are_no_numbers():
    training = OUTPUTS.copy()
    training[2, 0] = np.inf
    assert np.isnan(relative_error(training, OUTPUTS, np.zeros(2)))
    np.testing.assert_array_equal(relative_error_over_time(training, OUTPUTS, np.zeros(2)), [0, 0, np.nan])
    assert np.isnan(norm_ratio(OUTPUTS, np.zeros((3, 2))))  # nothing to learn
    assert np.isnan(norm_ratio(np.zeros((3, 0)), np.zeros((3, 0))))


def test_medians_count_infinite_errors_and_leave_out_those_that_do_not_exist():
    errors = np.array([0.3, np.inf, 0.1, np.nan, np.inf, 0.2])
    assert median(errors) == 0.3
    assert median(np.array([0.1, np.inf, np.inf])) == np.inf
    assert np.isnan(median(np.array([np.nan, np.nan])))
    assert quantile(errors, 1.0) == np.inf
    low, high = band(np.array([[0.1], [np.inf]]))
    assert (low[0], high[0]) == (0.1, np.inf)
