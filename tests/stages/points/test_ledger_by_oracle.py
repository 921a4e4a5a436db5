"""Random operations on the ledger equal a small model of its rules, to the unit. `python -m soak ledger` does 100,000."""

import pytest

from soak.ledgering import SHARES, operate_on_ledger
from tests.postgres import empty_database


@pytest.mark.parametrize("seed", [1, 2])
def test_random_operations_equal_the_model(server, seed):
    with empty_database(server, "ledger_oracle") as url:
        found = operate_on_ledger(url, operations=500, seed=seed)
    assert found.wrong == []
    assert found.operations.keys() == SHARES.keys()
    assert found.refused.keys() == {"closed month", "reversal", "correction", "corrections"}
    assert found.lines > 400
