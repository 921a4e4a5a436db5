"""Whom a list is about, found by id."""

import numpy as np
import pytest

from app.campaigns.listing import Positions

IDS = np.random.default_rng(3).permutation(1_000)


@pytest.mark.parametrize(
    "ids", [IDS, IDS + 7, IDS * 1_000_003, IDS[:1], IDS[:0]], ids=["dense", "from 7", "sparse", "one", "none"]
)
def test_customers_are_found_by_id_and_put_into_the_order_of_their_ids(ids):
    positions = Positions(ids)
    np.testing.assert_array_equal(positions.of(ids), np.arange(len(ids)))
    np.testing.assert_array_equal(positions.of(ids + 1_000_003 * 2_000), np.full(len(ids), -1))
    np.testing.assert_array_equal(positions.by_id(), np.argsort(ids, kind="stable"))
