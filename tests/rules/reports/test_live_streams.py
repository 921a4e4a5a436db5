"""Who is told of what, how much is remembered for whom, and how many are told a second."""

import pytest

from app.reports.live.streams import MOST_OF_ACCOUNT, MOST_PENDING, Stopping, Streams, TooManyStreams, Watcher

G11, G12 = 11, 12


def watcher(*units, account=1, family=1, until=10_000.0):
    return Watcher(account, family, until, frozenset(units))


def followed(most=100, **more):
    streams = Streams(most, **more)
    streams.begin(1_000)
    return streams


def test_a_change_is_told_to_those_who_may_hear_of_its_unit_alone():
    streams = followed()
    mine, other = streams.join(watcher(G11), None), streams.join(watcher(G12, account=2), None)
    streams.see([(G11, "work"), (13, "work")], before=1_100, after=1_101)
    streams.release(0)
    assert streams.take(mine).changes == {(G11, "work")}
    assert streams.take(other) is None


def test_what_happened_often_is_told_once():
    streams = followed()
    mine = streams.join(watcher(G11), None)
    for nth in range(1_000):
        streams.see([(G11, "work")], before=1_100 + nth, after=1_101 + nth)
    told = streams.take(mine)
    assert (told.changes, told.position) == ({(G11, "work")}, 2_099)
    assert streams.take(mine) is None


def test_what_is_too_much_to_remember_is_told_as_to_read_everything():
    units = range(MOST_PENDING + 1)
    streams = followed()
    mine = streams.join(watcher(*units), None)
    streams.see([(unit, "work") for unit in units], before=1_100, after=1_101)
    assert streams.take(mine).reload
    assert len(mine.pending) == 0


def test_no_more_are_told_than_allowed_and_the_longest_waiting_first():
    streams = followed(rate=2.0, burst=1.0)
    first, second, third = (streams.join(watcher(G11, account=n), None) for n in range(3))
    for stream in (second, first, third):
        streams._waiting[stream] = None
    streams.release(100.0)
    assert [one.woken.is_set() for one in (first, second, third)] == [False, True, False]
    streams.release(100.4)
    assert not first.woken.is_set()
    streams.release(100.5)
    assert [one.woken.is_set() for one in (first, third)] == [True, False]
    assert streams.busy


def test_who_comes_back_is_told_what_was_missed_and_nothing_older():
    streams = followed()
    streams.see([(G11, "work")], before=1_100, after=1_105)
    streams.see([(G11, "cases"), (G12, "cases")], before=1_200, after=1_205)
    told = streams.take(streams.join(watcher(G11), 1_150))
    assert (told.changes, told.reload) == ({(G11, "cases")}, False)
    assert streams.take(streams.join(watcher(G11), 1_205)) is None


@pytest.mark.parametrize("last", [0, 999, 10_000])
def test_who_comes_back_from_a_time_that_is_not_known_here_reads_everything(last):
    streams = followed()
    streams.see([(G11, "work")], before=1_100, after=1_105)
    assert streams.take(streams.join(watcher(G11), last)).reload


def test_who_is_there_when_the_database_was_away_reads_everything():
    streams = followed()
    mine = streams.join(watcher(G11), None)
    streams.begin(5_000)
    assert streams.take(mine).reload
    assert streams.take(streams.join(watcher(G11), 4_000)).reload
    streams.lose()
    assert streams.take(streams.join(watcher(G11), 5_000)).reload


def test_one_account_and_one_process_have_only_so_many():
    streams = followed(most=MOST_OF_ACCOUNT + 1)
    mine = [streams.join(watcher(G11), None) for _ in range(MOST_OF_ACCOUNT)]
    with pytest.raises(TooManyStreams):
        streams.join(watcher(G11), None)
    streams.join(watcher(G11, account=2), None)
    with pytest.raises(TooManyStreams):
        streams.join(watcher(G11, account=3), None)
    streams.leave(mine[0])
    streams.join(watcher(G11, account=3), None)


def test_who_may_not_listen_any_more_or_has_other_units_ends():
    streams = followed()
    stays, disabled, moved, late = (
        streams.join(watcher(G11, account=n, until=until), None) for n, until in enumerate((10_000, 10_000, 10_000, 50))
    )
    standing = {(n, 1): frozenset([G11]) for n in (0, 3)} | {(2, 1): frozenset([G12])}
    streams.keep(standing, 100.0)
    assert [one.over for one in (stays, disabled, moved, late)] == [False, True, True, True]


def test_a_process_that_ends_takes_no_more_and_ends_all():
    streams = followed()
    mine = streams.join(watcher(G11), None)
    streams.stop()
    assert mine.over
    with pytest.raises(Stopping):
        streams.join(watcher(G11, account=2), None)
