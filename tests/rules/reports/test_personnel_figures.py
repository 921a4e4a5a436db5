"""A manager's months as one: sums before shares, drawn toward the company's, and little said to be little."""

from decimal import Decimal

from app.reports.personnel.figures import Counted, show_month, show_together

D = Decimal


def month(name="2026-10", **figures):
    facts = {"points": D(80), "successes": D(3), "matured": D(20), "expected": D(2), "ratio": D(1), "prior": D(5)}
    facts |= {"truthful_weight": D(18), "judged_weight": D(20), "effective_judged": D(20), "cases": 1, "upheld": 0}
    return Counted(name, "G11", **(facts | figures))


def test_the_index_of_a_month_is_that_of_the_formula():
    assert show_month(month()).index.value == D("1.1429")  # (3 + 5) / (2 + 5)


def test_months_are_summed_before_they_are_divided():
    found = show_together([month(), month("2026-11", successes=D(1), matured=D(4), expected=D(4), points=D(60))])
    assert (found.months, found.points, found.matured) == (2, D(70), D(24))
    assert found.index.value == D("0.8182")  # (4 + 5) / (6 + 5)


def test_more_months_say_it_more_surely():
    one, year = show_month(month()), show_together([month(f"2026-{n:02d}") for n in range(1, 13)])
    assert year.index.high - year.index.low < one.index.high - one.index.low
    assert year.accuracy.high - year.accuracy.low < one.accuracy.high - one.accuracy.low
    assert one.accuracy.value == year.accuracy.value == D("0.9000")


def test_what_rests_on_little_says_so_and_what_on_nothing_has_no_figure():
    little = show_month(month(matured=D(9), effective_judged=D("4.9")))
    assert (little.index.few, little.accuracy.few) == (True, True)
    assert (show_month(month()).index.few, show_month(month()).accuracy.few) == (False, False)
    none = show_month(month(matured=D(0), successes=D(0), judged_weight=D(0), truthful_weight=D(0), effective_judged=D(0)))
    assert (none.index.value, none.accuracy.value, none.accuracy.few) == (None, None, True)
    assert show_together([]) is None
