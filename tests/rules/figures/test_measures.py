"""Every report is of one class, so that the classes sum to the reports."""

from app.feedback.outcomes import OUTCOMES
from app.figures.measures import CLASSES, KEYS, MEASURES
from app.models.figures import CampaignMonthFigures, DailyFigures, GridDayFigures, GridMonthFigures, MonthlyFigures


def test_each_outcome_is_in_one_class():
    assert sorted(code for codes in CLASSES.values() for code in codes) == sorted(OUTCOMES)
    assert CLASSES.keys() <= set(MEASURES)


def test_every_table_of_sums_has_its_keys_and_all_measures():
    for table in (DailyFigures, GridDayFigures, GridMonthFigures, MonthlyFigures, CampaignMonthFigures):
        names = {column.name for column in table.__table__.columns}
        assert names == {*MEASURES, *KEYS[table.__tablename__]}
        assert [column.name for column in table.__table__.primary_key] == list(KEYS[table.__tablename__])
