"""What may be asked of a handover."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.core.errors import Invalid
from app.territory.terms import Terms, check_terms, is_between_grids

TODAY = date(2026, 10, 12)
LEAVE = Terms("leave", TODAY, "ill", return_on=TODAY + timedelta(days=5), staff_no="ANA")
SPLIT = Terms("grid_split", TODAY, "grown", grid_code="G11", to_grid_code="G13", others=("BO",))


@pytest.mark.parametrize(
    "terms",
    [
        LEAVE,
        replace(LEAVE, orders_only=True, keep_promised=True, others=("BO",)),
        Terms("exit", TODAY, "gone", staff_no="ANA"),
        Terms("transfer", TODAY, "asked", staff_no="ANA", to_grid_code="G12", keep_promised=True),
        Terms("new_manager", TODAY + timedelta(days=366), "more", staff_no="ANA"),
        SPLIT,
        Terms("grid_merge", TODAY, "small", grid_code="G11", to_grid_code="G12"),
    ],
)
def test_what_makes_sense_is_taken(terms):
    check_terms(terms, today=TODAY)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(LEAVE, kind="holiday"), "kind"),
        (replace(LEAVE, effective_on=TODAY - timedelta(days=1)), "effective_on"),
        (replace(LEAVE, effective_on=TODAY + timedelta(days=367)), "effective_on"),
        (replace(LEAVE, return_on=None), "return_on"),
        (replace(LEAVE, return_on=TODAY), "return_on"),
        (replace(SPLIT, return_on=TODAY + timedelta(days=1)), "return_on"),
        (replace(LEAVE, staff_no=None), "staff_no"),
        (replace(SPLIT, staff_no="ANA"), "staff_no"),
        (replace(SPLIT, grid_code=None), "grid_code"),
        (replace(SPLIT, to_grid_code=None), "to_grid_code"),
        (replace(LEAVE, to_grid_code="G12"), "to_grid_code"),
        (replace(SPLIT, others=()), "others"),
        (replace(SPLIT, kind="grid_merge"), "others"),
        (replace(LEAVE, others=("ANA",)), "others"),
        (replace(LEAVE, others=tuple(map(str, range(201)))), "others"),
        (Terms("exit", TODAY, "gone", staff_no="ANA", orders_only=True), "orders_only"),
        (Terms("exit", TODAY, "gone", staff_no="ANA", keep_promised=True), "keep_promised"),
        (replace(LEAVE, reason=" "), "reason"),
    ],
)
def test_what_makes_none_is_refused_by_the_name_of_the_field(terms, field):
    with pytest.raises(Invalid) as caught:
        check_terms(terms, today=TODAY)
    assert caught.value.field == field


def test_between_grids_it_takes_more_than_the_word_of_one_grid():
    assert [
        kind for kind in ("leave", "exit", "transfer", "new_manager", "grid_split", "grid_merge") if is_between_grids(kind)
    ] == [
        "transfer",
        "grid_split",
        "grid_merge",
    ]
