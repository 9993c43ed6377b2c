import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr, stdtrit

from footfall_coaching.student_t import quantile, tail

FREEDOMS = st.floats(0.5, 2000.0)


@given(t=st.floats(0.0, 500.0), freedom=FREEDOMS)
def test_the_tail_is_scipy_s(t: float, freedom: float) -> None:
    assert tail(t, freedom) == pytest.approx(float(stdtr(freedom, -t)), rel=1e-9, abs=1e-250)


@given(freedom=FREEDOMS, share=st.floats(1e-6, 0.5))
def test_the_quantile_is_scipy_s(freedom: float, share: float) -> None:
    assert quantile(share, freedom) == pytest.approx(float(stdtrit(freedom, 1.0 - share)), rel=1e-7, abs=1e-9)


def test_the_quantiles_of_tables() -> None:
    for freedom, wanted in ((1.0, 12.706), (2.0, 4.303), (10.0, 2.228), (30.0, 2.042), (1e6, 1.960)):
        assert round(quantile(0.025, freedom), 3) == wanted


def test_the_ends() -> None:
    assert tail(0.0, 5.0) == 0.5
    assert tail(math.inf, 5.0) == 0.0
    assert tail(1e200, 5.0) == 0.0
