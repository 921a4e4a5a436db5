"""What becomes of live work when the customers feed gives a customer another grid or owner: the table of decisions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.territory.following import Fate, FeedContact, FeedOrder, contacts_of, decide_fate

DAY = date(2026, 10, 12)
HOME, OTHER = 1, 2
ANA, BO, CY, GONE = 11, 12, 13, 14
WORKS_IN = {ANA: HOME, BO: HOME, CY: OTHER}


def order(number=1, *, state="open", staff=ANA, customer_grid=OTHER, owner=CY, before=ANA, pooled=False, contact=None, last=7):
    since = datetime(2026, 10, 1, tzinfo=UTC) if pooled else None
    last_day = DAY + timedelta(days=last)
    return FeedOrder(number, 1, state, staff, HOME, DAY, last_day, 0, since, contact, customer_grid, owner, before)


# (state, pooled, the customer's grid now, who owns the customer now) of an order of Ana's, who owned the customer before.
OF_ANOTHER_GRID = {
    ("planned", False, OTHER, CY): Fate.TO_OWNER,
    ("open", False, OTHER, CY): Fate.TO_OWNER,
    ("in_progress", False, OTHER, CY): Fate.KEPT,
    ("planned", False, OTHER, None): Fate.TO_POOL,
    ("open", False, OTHER, None): Fate.TO_POOL,
    ("open", False, OTHER, BO): Fate.TO_POOL,  # who owns the customer does not work there
    ("open", False, OTHER, GONE): Fate.TO_POOL,
    ("in_progress", False, OTHER, None): Fate.KEPT,
    ("planned", True, OTHER, CY): Fate.TO_POOL,
    ("planned", True, OTHER, None): Fate.TO_POOL,
}
OF_ANOTHER_OWNER = {
    ("planned", False, HOME, BO): Fate.TO_OWNER_IF_ROOM,
    ("open", False, HOME, BO): Fate.STAYS,
    ("in_progress", False, HOME, BO): Fate.STAYS,
    ("planned", True, HOME, BO): Fate.STAYS,
    ("planned", False, HOME, ANA): Fate.STAYS,
    ("planned", False, HOME, None): Fate.STAYS,
    ("planned", False, HOME, CY): Fate.STAYS,
    ("planned", False, HOME, GONE): Fate.STAYS,
}


@pytest.mark.parametrize(("given", "fate"), (OF_ANOTHER_GRID | OF_ANOTHER_OWNER).items())
def test_work_follows_its_customer_by_the_table(given, fate):
    state, pooled, customer_grid, owner = given
    contact = FeedContact((order(state=state, pooled=pooled, customer_grid=customer_grid, owner=owner),))
    assert decide_fate(contact, WORKS_IN) is fate


@pytest.mark.parametrize("state", ["planned", "open", "in_progress"])
def test_what_its_manager_can_do_in_the_new_grid_stays_with_the_manager_who_went_along(state):
    contact = FeedContact((order(state=state, staff=ANA, owner=ANA),))
    assert decide_fate(contact, WORKS_IN | {ANA: OTHER}) is Fate.ALONG


@pytest.mark.parametrize("before", [BO, None])
def test_what_somebody_else_than_the_owner_was_given_stays_when_the_owner_changes(before):
    contact = FeedContact((order(state="planned", customer_grid=HOME, owner=BO, before=before),))
    assert decide_fate(contact, WORKS_IN) is Fate.STAYS


def test_of_one_contact_all_share_what_one_of_them_is():
    contacts = contacts_of([order(3), order(1, contact=1, last=9), order(2, contact=1, state="in_progress")])
    assert [[one.work_order_id for one in contact.orders] for contact in contacts] == [[1, 2], [3]]
    assert [contact.first.work_order_id for contact in contacts] == [2, 3]
    assert [decide_fate(contact, WORKS_IN) for contact in contacts] == [Fate.KEPT, Fate.TO_OWNER]
