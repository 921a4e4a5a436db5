"""Who has the success of a work order that changed hands."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.points.credit import Talk, split_credit

SOLD = datetime.fromisoformat("2026-10-20T12:00:00+08:00")
ANA, BO, CY, DEE, EVE = range(1, 6)
talks = st.lists(
    st.builds(lambda staff, hours: Talk(staff, SOLD - timedelta(hours=hours)), st.integers(1, 8), st.integers(-30, 300)),
    max_size=20,
)


def _spoke(*hours_before: tuple[int, int]) -> dict[int, Decimal]:
    found = split_credit([Talk(who, SOLD - timedelta(hours=hours)) for who, hours in hours_before], holder=EVE, until=SOLD)
    return {who: found[who] for who in sorted(found)}


def test_where_nobody_spoke_with_the_customer_it_is_of_who_has_the_work_order():
    assert _spoke() == {EVE: 1}


def test_who_alone_spoke_with_the_customer_has_it_whoever_has_the_work_order_now():
    assert _spoke((ANA, 5), (ANA, 50)) == {ANA: 1}


def test_who_spoke_last_before_the_sale_has_six_tenths_and_the_others_share_the_rest():
    assert _spoke((ANA, 50), (BO, 5)) == {ANA: Decimal("0.4"), BO: Decimal("0.6")}
    assert _spoke((ANA, 50), (CY, 70), (BO, 5)) == {ANA: Decimal("0.2"), BO: Decimal("0.6"), CY: Decimal("0.2")}


def test_what_does_not_divide_is_the_last_one_s():
    third = Decimal("0.13333333")
    assert _spoke((ANA, 50), (CY, 70), (DEE, 90), (BO, 5)) == {ANA: third, BO: Decimal("0.60000001"), CY: third, DEE: third}


def test_who_spoke_only_after_the_sale_has_no_part():
    assert _spoke((ANA, 50), (BO, -1)) == {ANA: 1}
    assert _spoke((BO, -1)) == {EVE: 1}


def test_of_two_at_the_same_instant_the_number_decides_and_not_the_order_of_reports():
    assert _spoke((BO, 5), (ANA, 5)) == _spoke((ANA, 5), (BO, 5)) == {ANA: Decimal("0.6"), BO: Decimal("0.4")}


@given(talks)
def test_the_parts_sum_to_exactly_one_and_the_last_one_s_is_the_largest(reports):
    parts = split_credit(reports, holder=EVE, until=SOLD)
    assert sum(parts.values()) == 1
    assert all(0 < part <= 1 and part == part.quantize(Decimal("1e-8")) for part in parts.values())
    last = max((talk for talk in reports if talk.contacted_at <= SOLD), key=lambda talk: talk.contacted_at, default=None)
    assert last is None or max(parts.values()) == parts[next(iter(parts))]
