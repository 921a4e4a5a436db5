"""The recommended order of a day, and the walk through its visits."""

import itertools
from datetime import date, datetime, timedelta, timezone

import numpy as np

from app.dispatch.days.today import Because, Task, recommend
from app.dispatch.days.walking import Stop, straight_lines, walk

TODAY = date(2026, 10, 12)
DAY = timedelta(days=1)


def call(hour, day=TODAY):
    at = datetime(day.year, day.month, day.day, hour, tzinfo=timezone(timedelta(hours=8)))
    return {"callback_at": at, "callback_day": day}


def test_callbacks_come_by_their_time_then_last_days_then_value_and_those_of_later_days_last():
    far = TODAY + 9 * DAY
    tasks = [
        Task(1, far, 5.0, 0.9),
        Task(2, far, 9.0, 0.1),
        Task(3, TODAY, 1.0, 0.1),
        Task(4, far, 0.1, 0.1, **call(15)),
        Task(5, far, 0.1, 0.1, **call(9)),
        Task(6, far, 99.0, 0.1, **call(9, TODAY + DAY)),
        Task(7, far, 9.0, 0.1),
        Task(8, far, 0.0, 0.1, **call(18, TODAY - DAY)),
    ]
    expected = [(8, Because.CALLBACK), (5, Because.CALLBACK), (4, Because.CALLBACK), (3, Because.LAST_DAY),
                (2, Because.VALUE), (7, Because.VALUE), (1, Because.VALUE), (6, Because.LATER)]  # fmt: skip
    for order in (tasks, tasks[::-1]):
        assert [(task.work_order_id, because) for task, because in recommend(order, today=TODAY)] == expected


def test_equal_values_come_by_score_and_what_has_no_price_comes_after_what_has_one():
    far = TODAY + 9 * DAY
    tasks = [Task(1, far, None, 0.99), Task(2, far, 0.5, 0.01), Task(3, far, 0.5, 0.02), Task(4, far, None, 0.3)]
    assert [task.work_order_id for task, _ in recommend(tasks, today=TODAY)] == [3, 2, 1, 4]


def test_a_kilometre_is_a_kilometre():
    metres = straight_lines(np.array([39.0, 39.0, 39.01]), np.array([117.0, 117.01157, 117.0]))
    assert metres[0].tolist() == [0, 1000, 1112]
    assert (metres == metres.T).all()


def test_a_walk_is_as_short_as_any_order_of_its_stops_and_always_the_same():
    draw = np.random.default_rng(3)
    stops = [Stop(key, 39 + draw.random() / 50, 117 + draw.random() / 50) for key in range(7)]
    start = (39.0, 117.0)
    legs = walk(stops, start)
    places = np.array([start, *((stop.latitude, stop.longitude) for stop in stops)])
    metres = straight_lines(places[:, 0], places[:, 1]).astype(int)
    shortest = min(sum(metres[a, b] for a, b in zip((0, *way), way, strict=False)) for way in itertools.permutations(range(1, 8)))
    assert sum(leg.metres for leg in legs) == shortest
    assert sorted(leg.key for leg in legs) == list(range(7))
    assert walk(stops, start) == legs


def test_a_walk_without_a_start_begins_at_the_first_visit_and_without_visits_there_is_none():
    assert walk([]) == []
    assert [leg.metres for leg in walk([Stop(1, 39.0, 117.0)])] == [0]
    assert walk([Stop(1, 39.0, 117.0), Stop(2, 39.01, 117.0)])[0].metres == 0
