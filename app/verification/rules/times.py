"""How long contacts last, how they follow each other, and when in the month they come, against one's own and others' (pure)."""

import polars as pl

from app.verification.rules.reports import BORNE_OUT, robust_scores
from app.verification.rules.rule import HINT, TIMES, Asked, Rule, asked

LOW = -3.0  # robust standard deviations below the peers' median, logarithms of seconds
LOW_FOR_ONESELF, LOW_AMONG_PEERS = -4.0, -1.5  # or far below one's own and somewhat below theirs
OWN_REPORTS = 12  # below so many there is no median of one's own
LEAST_SCALE = 0.3
OVERLAP = 60.0  # seconds by which one contact must run into the next
CLOSING_DAYS = 3
MANY = 3.0  # times one's own usual day

_ASKED = pl.col("spoke") & ~BORNE_OUT & ~pl.col("doubtful")


def _ask_length(reports: pl.DataFrame) -> Asked:
    judged = _scored(reports.filter(_ASKED & (pl.col("lasted") >= 0)), pl.col("lasted"))
    return asked(
        judged, pl.lit(value=True), _is_low(), seconds=pl.col("lasted").round(0), below_peers=pl.col("peer_score").round(1)
    )


def _ask_gap(reports: pl.DataFrame) -> Asked:
    gaps = reports.with_columns(
        gap=pl.col("started").shift(-1).over("staff") - pl.col("started"),
        same=pl.col("day").shift(-1).over("staff") == pl.col("day"),
    )
    judged = _scored(gaps.filter(_ASKED & pl.col("same")), pl.col("gap"))
    overlaps = pl.col("gap") < pl.col("lasted") - OVERLAP
    facts = {"seconds_to_next": pl.col("gap").round(0), "seconds": pl.col("lasted").round(0)}
    return asked(judged, pl.lit(value=True), _is_low() | overlaps.fill_null(value=False), **facts)


def _scored(judged: pl.DataFrame, seconds: pl.Expr) -> pl.DataFrame:
    length = (seconds + 1).log()
    return judged.with_columns(
        peer_score=robust_scores(length, ["peers", "channel"], least_scale=LEAST_SCALE),
        own_score=robust_scores(length, ["staff", "channel"], least_scale=LEAST_SCALE),
        own=pl.len().over("staff", "channel"),
    )


def _is_low() -> pl.Expr:
    own = (pl.col("own") >= OWN_REPORTS) & (pl.col("own_score") < LOW_FOR_ONESELF) & (pl.col("peer_score") < LOW_AMONG_PEERS)
    return (pl.col("peer_score") < LOW) | own


def _ask_burst(reports: pl.DataFrame) -> Asked:
    days = reports.group_by("staff", "day").agg(count=pl.len(), days_left=pl.col("days_left").first())
    earlier = pl.col("count").filter(pl.col("days_left") >= CLOSING_DAYS)
    usual = days.group_by("staff").agg(usual=earlier.median(), known=earlier.len())
    judged = reports.join(days.select("staff", "day", "count"), on=["staff", "day"]).join(usual, on="staff")
    may = (pl.col("known") >= 5) & ~BORNE_OUT
    found = (pl.col("days_left") < CLOSING_DAYS) & (pl.col("count") > MANY * pl.col("usual")) & (pl.col("count") >= 6)
    return asked(judged, may, found, reports_that_day=pl.col("count"), usual=pl.col("usual"))


RULES = (
    Rule(
        "contact_quick",
        1,
        HINT,
        TIMES,
        "交谈比同类网格的同事和自己平时短得多",
        "a talk far shorter than the peers' and one's own",
        "不能证明没有交谈：有人动作快，有人事后补录",
        "that there was no talk: some are quick, some write it down later",
        _ask_length,
        f"低于同行 {-LOW:g} 个标准差；或低于自己 {-LOW_FOR_ONESELF:g}、同行 {-LOW_AMONG_PEERS:g}",
        f"{-LOW:g} deviations below peers; or {-LOW_FOR_ONESELF:g} below one's own and {-LOW_AMONG_PEERS:g} below peers",
    ),
    Rule(
        "contact_gap",
        1,
        HINT,
        TIMES,
        "两次接触间隔异常短，或互相重叠",
        "the next contact begins unusually soon, or before this one ended",
        "不能证明哪一次不实：可能集中补录",
        "which of the two is wrong: they may have been written down together",
        _ask_gap,
        f"同上；或与下一次重叠超过 {OVERLAP:g} 秒",
        f"as short for a gap; or runs {OVERLAP:g} s into the next",
        habit=True,
    ),
    Rule(
        "month_end_burst",
        1,
        HINT,
        TIMES,
        "月末突击：远多于自己平时的一天",
        "in the month's last days far more than on one's usual day",
        "不能证明不实：月末任务本来就多",
        "that they are untrue: there is more to do at the month's end",
        _ask_burst,
        f"最后 {CLOSING_DAYS} 天，超过自己平时的 {MANY:g} 倍",
        f"in the last {CLOSING_DAYS} days, over {MANY:g} times one's usual day",
        expected=0.01,
        alike=0.05,
    ),
)
