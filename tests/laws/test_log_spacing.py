"""Log-spaced integers: as many as asked, all different, from end to end, and evenly spaced."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from cosmograd.solvers import log_spaced_integers


@given(last=st.integers(0, 10**7), count=st.integers(1, 400))
def test_distinct_integers_from_zero_to_last(last, count):
    numbers = log_spaced_integers(last, count)
    assert numbers.dtype == np.int64
    assert len(numbers) == min(count, last + 1)
    assert numbers[0] == 0
    assert count == 1 or numbers[-1] == last
    assert (np.diff(numbers) > 0).all()


@given(last=st.integers(0, 300), extra=st.integers(1, 50))
def test_every_integer_when_more_are_asked_than_there_are(last, extra):
    assert (log_spaced_integers(last, last + extra) == np.arange(last + 1)).all()


@given(last=st.integers(10**4, 10**9), count=st.integers(5, 60))
def test_even_spacing_in_the_logarithm(last, count):
    """Where the spacing exceeds one, the only error is the rounding to an integer."""
    numbers = log_spaced_integers(last, count)
    ideal = np.expm1(np.linspace(0, np.log1p(last), count))
    settled = np.arange(count) >= np.argmax(np.diff(ideal) > 1) + np.count_nonzero(np.diff(ideal) <= 1)
    assert (np.abs(numbers - ideal)[settled] <= 0.5 + 1e-15 * last * count).all()


@pytest.mark.parametrize(("last", "count"), [(-1, 3), (5, 0), (5, -2)])
def test_nonsense_is_refused(last, count):
    with pytest.raises(ValueError, match="need last ≥ 0 and count ≥ 1"):
        log_spaced_integers(last, count)
