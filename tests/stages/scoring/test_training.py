"""Training through the database: what counts as an example, what may be known, and what is kept of it."""

import hashlib
import uuid
from datetime import date, timedelta

import polars as pl
import pytest
from sqlalchemy import func, select, text

from app.core.clock import Month
from app.core.errors import Invalid
from app.models.campaign import Product
from app.models.customer import Arm, PastContact
from app.models.feedback import Channel, ContactFeedback, Verdict, Verification, VerificationKind
from app.models.score import RankerVersion
from app.scoring import frames
from app.scoring.example_frames import read_contacts
from app.scoring.learning.labels import OneOutcomeOnly, TrainingDataMissing
from app.scoring.queries import UnknownProduct
from app.scoring.store import load_ranker
from app.scoring.training import train_ranker
from tests.factories import NOW, TODAY, customer, get, make_campaign, make_work_order
from tests.stages.scoring.market import SNAPSHOT_DAY, add_snapshot, make_market

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def report(session, order, at, *, corrects=None, received=None):
    feedback = ContactFeedback(
        id=uuid.uuid4(),
        work_order_id=order.id,
        customer_id=order.customer_id,
        staff_id=order.staff_id,
        grid_id=order.grid_id,
        corrects_id=corrects.id if corrects else None,
        channel=Channel.CALL,
        outcome="interested",
        phone_started_at=at,
        contacted_at=at,
        clock_offset_seconds=0,
        clock_doubtful=False,
        received_at=received or at,
        month=Month.of(received or at),
        content_hash=b"",
    )
    session.add(feedback)
    session.flush()
    return feedback


def judge(session, feedback, *verdicts):
    session.add_all(
        Verification(
            feedback_id=feedback.id,
            number=number,
            staff_id=feedback.staff_id,
            grid_id=feedback.grid_id,
            kind=VerificationKind.AUTOMATIC,
            verdict=verdict,
            rule="rule",
            evidence={},
            judging_probability=1.0,
            decided_at=feedback.received_at + HOUR,
        )
        for number, verdict in enumerate(verdicts, start=1)
    )
    session.flush()


def contacts(session, product_code="FTTH1", known_at=NOW):
    product = get(session, Product, product_code=product_code)
    found = read_contacts(session, product_id=product.id, known_at=known_at).filter("treated").drop_nulls("contacted_at")
    return sorted(zip(found["customer_id"], found["contacted_at"], strict=True))


def test_a_trained_ranker_is_a_candidate_and_the_same_data_and_seed_give_the_same_bytes(session):
    make_market(session)
    first = train_ranker(session, product_code="FTTH1", seed=3, allow=["usage"], now=NOW)
    again = train_ranker(session, product_code="FTTH1", seed=3, allow=["usage"], now=NOW + HOUR)
    assert [(version.number, version.status) for version in (first, again)] == [(1, "candidate"), (2, "candidate")]
    assert first.checksum == again.checksum == hashlib.sha256(first.artifact).hexdigest()
    assert (first.example_count, first.as_of, first.label_window_days) == (300, TODAY, 30)
    assert SNAPSHOT_DAY < first.data_from < first.data_to < TODAY - 30 * DAY
    assert first.metrics["auc"] > 0.8
    assert {"calibration_error", "average_precision", "precision_at_list", "log_loss"} <= first.metrics["plain"].keys()
    assert first.parameters["seed"] == 3
    assert first.parameters["columns"][:2] == ["plan", "usage"]
    assert load_ranker(first).rows == 300


def test_a_contact_is_what_an_earlier_system_made_and_did_not_keep_as_control(session):
    order = make_work_order(session)
    for number, arm in enumerate((None, Arm.TREATED, Arm.CONTROL)):
        at = NOW - number * DAY
        session.add(
            PastContact(
                contact_no=f"{number}", customer_id=order.customer_id, product_id=order.product_id, contacted_at=at, arm=arm
            )
        )
    assert contacts(session) == [(order.customer_id, NOW - DAY), (order.customer_id, NOW)]
    assert contacts(session, "TV1") == []


def test_a_contact_is_the_first_report_of_a_work_order_that_stands(session):
    campaign = make_campaign(session)
    orders = [make_work_order(session, campaign=campaign, customer_no=f"C{i:02d}") for i in range(1, 6)]
    at = NOW - 5 * DAY
    contradicted = report(session, orders[0], at)
    judge(session, contradicted, Verdict.CONFIRMED, Verdict.CONTRADICTED)
    cleared = report(session, orders[1], at)
    judge(session, cleared, Verdict.CONTRADICTED, Verdict.UNVERIFIABLE)
    wrong = report(session, orders[2], at)
    judge(session, wrong, Verdict.CONFIRMED)
    judge(session, report(session, orders[2], at + HOUR, corrects=wrong, received=at + DAY), Verdict.CONFIRMED)
    judge(session, report(session, orders[3], at + 2 * HOUR), Verdict.CONFIRMED)
    judge(session, report(session, orders[3], at + HOUR), Verdict.UNVERIFIABLE)
    judge(session, report(session, orders[4], at, received=NOW), Verdict.CONFIRMED)
    found = {orders[1].customer_id: at, orders[2].customer_id: at + HOUR, orders[3].customer_id: at + HOUR}
    assert contacts(session) == sorted(found.items())
    early = contacts(session, known_at=at + 12 * HOUR)
    assert (orders[2].customer_id, at) in early
    assert (orders[2].customer_id, at + HOUR) not in early


def test_of_each_customer_the_latest_snapshot_before_the_day_is_read_and_no_later_one(session):
    one, two, none = (customer(session, code).id for code in ("C01", "C02", "C03"))
    for day, usage in ((1, 1), (5, 5), (9, 9)):
        add_snapshot(session, one, date(2026, 8, day), f'{{"usage": {usage}}}')
        add_snapshot(session, two, date(2026, 8, day), f'{{"usage": {usage}, "plan": "x"}}')
    asked = [(one, 5), (one, 6), (two, 9), (two, 31), (none, 31)]
    frames.choose(
        session,
        pl.DataFrame([(id_, date(2026, 8, day)) for id_, day in asked], schema=["customer_id", "as_of"], orient="row"),
    )
    found = frames.read_snapshots(session).sort("customer_id", "snapshot_date")
    assert found.select("customer_id", pl.col("snapshot_date").dt.day(), "usage", "plan").rows() == [
        (one, 1, 1, None),
        (one, 5, 5, None),
        (two, 5, 5, "x"),
        (two, 9, 9, "x"),
    ]


def test_a_figure_that_is_text_in_one_branch_is_text_everywhere(session):
    one, two = (customer(session, code).id for code in ("C01", "C15"))
    add_snapshot(session, one, SNAPSHOT_DAY, '{"usage": 1.0}')
    add_snapshot(session, two, SNAPSHOT_DAY, '{"usage": "much"}')
    frames.choose(session, pl.DataFrame({"customer_id": [one, two], "as_of": [TODAY, TODAY]}))
    assert frames.read_snapshots(session).sort("customer_id")["usage"].to_list() == ["1", "much"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"as_of": TODAY + DAY}, "as_of: expected a day from 1971-01-01 to 2026-10-12, today, got 2026-10-13"),
        ({"as_of": date(1970, 12, 31)}, "as_of: expected a day from 1971-01-01"),
        ({"as_of": date(2099, 1, 1)}, "as_of: expected a day from 1971-01-01"),
        ({"label_window_days": 0}, "label_window: expected a whole number from 1 to 365, got 0"),
        ({"label_window_days": 10**12}, "label_window: expected"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 1000000, got -1"),
    ],
)
def test_a_wrong_option_is_named_with_what_was_expected(session, options, said):
    with pytest.raises(Invalid) as refused:
        train_ranker(session, product_code="FTTH1", **options, now=NOW)
    assert refused.value.detail.startswith(said)


def test_what_cannot_teach_is_said_and_nothing_is_kept(session):
    with pytest.raises(UnknownProduct, match=r"^product: there is no product NONE$"):
        train_ranker(session, product_code="NONE", now=NOW)
    with pytest.raises(TrainingDataMissing, match=r"^contacts: expected contacts whose label window has ended"):
        train_ranker(session, product_code="FTTH1", now=NOW)
    make_market(session, count=30)
    with pytest.raises(TrainingDataMissing):
        train_ranker(session, product_code="FTTH1", as_of=SNAPSHOT_DAY + 30 * DAY, now=NOW)
    with pytest.raises(
        OneOutcomeOnly, match=r"^orders: expected at least 10 contacts with an order in the window and 10 without"
    ):
        train_ranker(session, product_code="FTTH1", now=NOW)
    assert session.scalar(select(func.count()).select_from(RankerVersion)) == 0


def test_contacts_without_an_earlier_snapshot_cannot_teach(session):
    make_market(session)
    session.execute(text("UPDATE feature_files SET snapshot_date = :day"), {"day": TODAY})
    with pytest.raises(TrainingDataMissing):
        train_ranker(session, product_code="FTTH1", now=NOW)
