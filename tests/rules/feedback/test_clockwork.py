"""Phone clocks off by anything."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.feedback.clockwork import place_contact

RECEIVED = datetime(2026, 10, 12, 2, tzinfo=UTC)
errors = st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400))
ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
delays = st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=100))


@given(error=errors, age=ages, delay=delays)
def test_a_clock_that_is_wrong_by_the_same_amount_throughout_is_corrected_to_the_delay_of_sending(error, age, delay):
    true_start, sent = RECEIVED - delay - age, RECEIVED - delay
    moment = place_contact(started_at=true_start + error, ended_at=None, sent_at=sent + error, received_at=RECEIVED)
    assert timedelta(0) <= moment.contacted_at - true_start <= timedelta(seconds=100)
    assert moment.contacted_at <= RECEIVED
    assert moment.doubtful == (abs(delay - error) > timedelta(seconds=120))


@given(started=errors, sent=errors)
def test_no_contact_is_ever_placed_after_it_was_received(started, sent):
    moment = place_contact(started_at=RECEIVED + started, ended_at=None, sent_at=RECEIVED + sent, received_at=RECEIVED)
    assert moment.contacted_at <= RECEIVED
    assert moment.doubtful or started <= sent


def test_a_clock_that_is_right_is_believed():
    moment = place_contact(
        started_at=RECEIVED - timedelta(hours=3), ended_at=RECEIVED - timedelta(hours=2), sent_at=RECEIVED, received_at=RECEIVED
    )
    assert (moment.contacted_at, moment.offset_seconds, moment.doubtful) == (RECEIVED - timedelta(hours=3), 0, False)


def test_a_clock_that_was_set_between_contact_and_sending_is_doubtful():
    after_sending = RECEIVED + timedelta(minutes=1)
    assert place_contact(started_at=after_sending, ended_at=None, sent_at=RECEIVED, received_at=RECEIVED).doubtful
    assert place_contact(started_at=RECEIVED, ended_at=after_sending, sent_at=RECEIVED, received_at=RECEIVED).doubtful


def test_a_contact_before_its_work_order_existed_is_doubtful():
    def placed(started_at):
        return place_contact(
            started_at=started_at,
            ended_at=None,
            sent_at=RECEIVED,
            received_at=RECEIVED,
            possible_from=RECEIVED - timedelta(days=1),
        )

    assert placed(RECEIVED - timedelta(days=2)).doubtful
    assert not placed(RECEIVED - timedelta(hours=2)).doubtful


def test_years_far_apart_do_not_break_the_arithmetic():
    first, last = datetime(1971, 1, 1, tzinfo=UTC), datetime(2098, 12, 31, tzinfo=UTC)
    assert place_contact(started_at=first, ended_at=None, sent_at=last, received_at=RECEIVED).doubtful
    assert place_contact(started_at=last, ended_at=None, sent_at=first, received_at=RECEIVED).contacted_at == RECEIVED
