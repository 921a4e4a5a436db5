"""`gridwork evaluate-campaign`: evaluated once, shown again, and written as a file."""

from datetime import timedelta

import pytest

from app.core import clock
from tests.stages.evaluation.town import MATURE, make_closed_campaign


@pytest.fixture
def tried(company):
    """TRIED of the programme AUTUMN, closed."""
    make_closed_campaign(company, "TRIED", programme="AUTUMN")
    company.commit()


def test_a_closed_campaign_is_evaluated_once_and_written_as_a_file(tried, gridwork, tmp_path):
    assert "mature on" in gridwork("evaluate-campaign", "TRIED")[1]
    code, said = gridwork("evaluate-campaign", "TRIED", "--early")
    assert (code, "final" in said) == (0, True)
    with clock.shifted_to(MATURE + timedelta(hours=1)):
        code, said = gridwork("evaluate-campaign", "TRIED", "--out", "report.html")
        assert (code, "nothing can be said" in said) == (0, True), said
        assert gridwork("evaluate-campaign", "TRIED")[0] == 0
        assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        code, said = gridwork("evaluate-campaign", "TRIED", "--out", "nowhere/report.html")
        assert (code, "a file that can be written" in said) == (1, True)
        code, listed = gridwork("evaluations")
        assert (code, "TRIED" in listed) == (0, True)
        assert " 2 " in listed  # the early one and the final one; looking at it again made none
        assert gridwork("evaluate-campaign", "TRIED", "--again")[0] == 0
        assert " 3 " in gridwork("evaluations")[1]


def test_a_programme_is_summed_up_and_written_as_a_file(tried, gridwork, tmp_path):
    assert "no campaign of a programme AUTUMN was evaluated" in gridwork("evaluate-programme", "AUTUMN")[1]
    gridwork("evaluate-campaign", "TRIED", "--early")
    code, said = gridwork("evaluate-programme", "AUTUMN", "--out", "programme.html")
    assert (code, "4 of 10 work orders" in said) == (0, True), said
    assert "AUTUMN" in (tmp_path / "programme.html").read_text(encoding="utf-8")


def test_a_campaign_that_goes_on_is_not_looked_at(company, gridwork):
    make_closed_campaign(company, "GOES_ON", customers=0, closed=False)
    company.commit()
    assert "expected closed or evaluated" in gridwork("evaluate-campaign", "GOES_ON", "--again")[1]
