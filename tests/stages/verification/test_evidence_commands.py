"""Going through a month from the command line."""

from app.core.clock import local_date
from tests.factories import NOW, make_work_order
from tests.truth import declare_complete, make_feedback


def test_a_month_is_scanned_and_each_rule_tells_its_rate(gridwork, company):
    for number in range(1, 10):
        make_feedback(company, make_work_order(company, customer_no=f"C{number:02d}"), outcome="interested")
    declare_complete(company, "calls", local_date(NOW), local_date(NOW))
    company.commit()
    code, printed = gridwork("scan-evidence", "--month", "2026-10")
    assert (code, "cases" in printed) == (0, True)
    code, printed = gridwork("evidence-rules", "--month", "2026-10")
    assert code == 0
    (line,) = [line for line in printed.splitlines() if "call_missing" in line]
    assert "100.00%" in line
