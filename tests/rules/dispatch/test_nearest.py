"""What is nearest to where one is."""

from app.dispatch.days.walking import Leg, Stop, by_nearest

HERE = (39.0, 117.0)


def test_the_nearest_comes_first_with_its_distance_as_the_crow_flies():
    stops = [Stop(1, 39.02, 117.0), Stop(2, 39.0, 117.0), Stop(3, 39.0, 117.01)]
    legs = by_nearest(stops, HERE)
    assert [leg.key for leg in legs] == [2, 3, 1]
    assert legs[0].metres == 0
    assert abs(legs[2].metres - 2224) <= 1


def test_of_two_at_one_place_the_older_order_comes_first():
    assert by_nearest([Stop(9, *HERE), Stop(4, *HERE)], HERE) == [Leg(4, 0), Leg(9, 0)]


def test_with_nothing_to_do_nothing_is_near():
    assert by_nearest([], HERE) == []
