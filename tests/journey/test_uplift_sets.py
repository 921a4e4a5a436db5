"""A real three-arm test: one mail whose effect is not who comes anyway, and one where it nearly is."""

import json
from dataclasses import asdict
from functools import cache

import numpy as np
import polars as pl
import pytest

from app.scoring.uplift.evaluation import evaluate_treatment
from app.scoring.uplift.report import UpliftReport

OUTCOMES = ("visit", "conversion", "spend")  # all recorded after the mail


@cache
def report_of(path, arm):
    """What is found about an arm against no mail at all."""
    rows = pl.read_csv(path).filter(pl.col("segment").is_in([arm, "No E-Mail"]))
    features = rows.drop("row_no", "segment", *OUTCOMES)
    found = evaluate_treatment(features, rows["visit"].to_numpy().astype(np.int8), rows["segment"], seed=7)
    assert (found.control, found.guessed, found.notes) == ("No E-Mail", True, ())
    (only,) = found.arms
    return only.report


@pytest.fixture
def mails(shared_data):
    return shared_data / "hillstrom.csv"


def test_on_the_womens_mail_uplift_is_used(mails):
    report = report_of(mails, "Womens E-Mail")
    qini, gain = report.of("uplift").qini, report.of("uplift").qini_gain
    assert qini.estimate >= 0.60
    assert qini.low > 0
    assert gain.low > 0
    assert report.chosen == "uplift"
    assert report.effect.estimate == pytest.approx(report.treated_rate - report.control_rate)
    best, worst = report.of("uplift").deciles[0], report.of("uplift").deciles[-1]
    assert best > worst


def test_on_the_mens_mail_propensity_ranks_better_and_it_is_said(mails):
    report = report_of(mails, "Mens E-Mail")
    assert report.chosen == "propensity"
    assert report.of("uplift").qini.estimate < report.of("propensity").qini.estimate
    assert report.reason.startswith("Propensity ranks better than uplift, so propensity is used")


def test_the_arms_were_drawn_at_random(mails):
    for arm in ("Womens E-Mail", "Mens E-Mail"):
        report = report_of(mails, arm)
        assert report.known_shares
        assert report.treatment_auc == pytest.approx(0.5, abs=0.02)
        assert report.warnings == ()


def test_a_report_is_the_same_after_json(mails):
    report = report_of(mails, "Womens E-Mail")
    assert UpliftReport.from_dict(json.loads(json.dumps(asdict(report)))) == report
