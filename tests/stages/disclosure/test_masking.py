"""Of a phone number only the ends are shown."""

import pytest
from sqlalchemy import text


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812341234", "138****1234"),
        ("02212345678", "022****5678"),
        ("4001234567", "****67"),
        ("2345678", "****78"),
        ("110", "****"),
        ("", "****"),
        (None, None),
    ],
)
def test_enough_is_shown_to_recognise_a_number_by_and_too_little_to_call_it(session, phone, shown):
    assert session.scalar(text("SELECT masked_phone(:phone)"), {"phone": phone}) == shown


def test_the_mask_is_put_into_the_statement_and_costs_no_call(session):
    plan = "\n".join(session.scalars(text("EXPLAIN VERBOSE SELECT masked_phone(phone) FROM customers")))
    assert "masked_phone" not in plan
    assert "CASE WHEN" in plan
