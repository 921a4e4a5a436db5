"""What the operator types about figures."""

import re

from app.core.db import set_scope
from tests.factories import make_work_order
from tests.truth import make_feedback


def test_figures_are_added_up_and_a_rebuild_of_right_ones_changes_nothing(company, gridwork):
    make_feedback(company, make_work_order(company))
    company.commit()
    assert gridwork("rebuild-figures")[0] == 0
    set_scope(company, scope="all")
    make_feedback(company, make_work_order(company, customer_no="C02"))
    company.commit()
    for command, campaigns, rows in (("keep-figures", 1, 5), ("keep-figures", 0, 0), ("rebuild-figures", 2, 0)):
        code, said = gridwork(command)
        assert (code, [int(n) for n in re.findall(r"│\s+(\d+) │", said)]) == (0, [campaigns, rows]), said
