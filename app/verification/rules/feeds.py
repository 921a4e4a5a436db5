"""What the calls and orders feeds say of a claim (pure)."""

import polars as pl

from app.verification.rules.reports import IS_CALL, SHORTEST_TALK, robust_scores
from app.verification.rules.rule import CONTRADICTION, FEEDS, HINT, TALKS, Asked, Rule, asked

LOW, LOW_FOR_ONESELF = -3.0, -2.0  # robust standard deviations below others' calls of the same outcome, and below one's own
LEAST_SCALE = 0.3  # of logarithms of seconds
REFUSED = "refused"  # a no takes no time
SHARE = 0.25  # of the claimed length; a call of less is far shorter than what is claimed
LONG_CLAIM = 60.0  # seconds; below it the two lengths say little of each other


def _ask_call(reports: pl.DataFrame) -> Asked:
    none = pl.col("call_seconds").is_null()
    silent = pl.col("spoke") & (pl.col("call_seconds") < 1)
    return asked(reports, IS_CALL & pl.col("calls_known"), none | silent, call_seconds=pl.col("call_seconds"))


def _ask_short(reports: pl.DataFrame) -> Asked:
    may = IS_CALL & pl.col("spoke") & pl.col("calls_known") & (pl.col("call_seconds") >= 1)
    length = pl.col("call_seconds").log()
    judged = reports.filter(may).with_columns(
        others=robust_scores(length, ["peers", "outcome"], least_scale=LEAST_SCALE),
    )
    judged = judged.with_columns(own=pl.col("others") - pl.col("others").median().over("staff"))
    no_talk = (pl.col("call_seconds") < SHORTEST_TALK) & (pl.col("outcome") != REFUSED)
    found = no_talk | ((pl.col("others") < LOW) & (pl.col("own") < LOW_FOR_ONESELF))
    facts = {
        "call_seconds": pl.col("call_seconds"),
        "below_others": pl.col("others").round(1),
        "below_own": pl.col("own").round(1),
    }
    return asked(judged, pl.lit(value=True), found, **facts)


def _ask_outlasted(reports: pl.DataFrame) -> Asked:
    may = IS_CALL & pl.col("spoke") & (pl.col("call_seconds") >= 1) & (pl.col("lasted") >= LONG_CLAIM)
    found = pl.col("call_seconds") < SHARE * pl.col("lasted")
    return asked(reports, may, found, call_seconds=pl.col("call_seconds"), claimed_seconds=pl.col("lasted").round(0))


def _ask_sale(reports: pl.DataFrame) -> Asked:
    return asked(reports, pl.col("sale") & pl.col("orders_known"), ~pl.col("order_found"), outcome=pl.col("outcome"))


RULES = (
    Rule(
        "call_missing",
        1,
        CONTRADICTION,
        FEEDS,
        "完整的话单里没有这次通话",
        "the calls feed, complete for the day, has no such call",
        "不能证明没有联系：可能用了私人电话",
        "that there was no contact: a private phone leaves no trace there",
        _ask_call,
        "当日话单完整；声称交谈的通话短于 1 秒也算",
        "calls complete for the day; of a talk also a call under 1 s",
    ),
    Rule(
        "call_short",
        1,
        HINT,
        TALKS,
        "声称交谈过，但通话比同类通话短得多",
        "a talk is claimed, and the call is far shorter than others' calls of this outcome",
        "不能证明没有交谈：有人说得很快",
        "that nothing was said: some talk fast, some hang up soon",
        _ask_short,
        f"短于 {SHORTEST_TALK} 秒；或低于同行 {-LOW:g}、低于自己 {-LOW_FOR_ONESELF:g} 个标准差",
        f"under {SHORTEST_TALK} s; or {-LOW:g} deviations below others and {-LOW_FOR_ONESELF:g} below one's own",
    ),
    Rule(
        "call_outlasted",
        1,
        HINT,
        TALKS,
        "声称的时长远超通话时长",
        "the contact is said to have lasted far longer than its call",
        "不能证明内容不实：可能没有及时结束记录",
        "that the report is wrong: the screen may have stayed open",
        _ask_outlasted,
        f"声称 ≥ {LONG_CLAIM:g} 秒，通话不到其 {SHARE:.0%}",
        f"{LONG_CLAIM:g} s or more are claimed, the call has less than {SHARE:.0%} of them",
        habit=True,
    ),
    Rule(
        "sale_missing",
        1,
        CONTRADICTION,
        FEEDS,
        "完整的订单里没有这笔办理",
        "the orders feed, complete until the grace was over, has no such order",
        "不能证明有意虚报：客户可能后来反悔",
        "that it was meant to deceive: the customer may have changed their mind",
        _ask_sale,
        "到宽限期结束订单完整",
        "orders complete until the grace is over",
    ),
)
