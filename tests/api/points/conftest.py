"""What tests of points and disputes begin with."""

import pytest

from app.core import clock
from app.core.db import set_scope
from app.points.closing.close import close_month
from tests.truth import CLOSING, OCTOBER, make_anas_october


@pytest.fixture
def orders(company):
    """Ana's October, closed."""
    orders = make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")
    with clock.shifted_to(CLOSING):
        yield orders
