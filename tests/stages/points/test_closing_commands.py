"""`gridwork close-month` as an operator types it."""

import re
from pathlib import Path

from app.core import clock
from tests.truth import CLOSING, make_anas_october


def test_the_checks_are_shown_and_a_month_is_closed_despite_one_only_by_a_named_administrator(gridwork, company):
    make_anas_october(company)
    company.commit()
    with clock.shifted_to(CLOSING):
        code, shown = gridwork("close-month", "2026-10", "--check")
        assert code == 0
        assert re.search(r"orders_incomplete +│ +BLOCKS", shown), shown
        assert "import the orders of these days" in shown
        code, said = gridwork("close-month", "2026-10")
        assert (code, "stays open: orders_incomplete" in said) == (1, True)
        despite = "close-month", "2026-10", "--despite", "orders_incomplete"
        assert "because: expected why" in gridwork(*despite, "--by", "ada")[1]
        assert "Only an administrator" in gridwork(*despite, "--because", "checked by hand")[1]
        assert "Only an administrator" in gridwork(*despite, "--because", "checked by hand", "--by", "bea")[1]
        assert gridwork(*despite, "--because", "checked by hand", "--by", "ada")[0] == 0
        shown = gridwork("close-month", "2026-10", "--check")[1]
    assert "closed despite orders_incomplete, by Ada at 2026-11-03 01:00: checked by hand" in shown


def test_people_close_only_by_the_way_that_looks_first():
    app = Path(__file__).resolve().parents[3] / "app"
    closing = [
        path.relative_to(app).as_posix()
        for path in sorted(app.rglob("*.py"))
        if re.search(r"import .*\bclose_month\b|close\.close_month", path.read_text())
    ]
    assert closing == ["points/closing/service.py"]
