"""Which phones reports come from (pure)."""

import polars as pl

from app.verification.rules.rule import DEVICES, HINT, Asked, Rule, asked

DAYS_EXCHANGED = 2  # a phone lent for one day is no habit


def _ask_exchanged(reports: pl.DataFrame) -> Asked:
    judged = _with_owner(reports)
    lent = judged.filter(pl.col("owner") != pl.col("staff"))
    days = lent.group_by("staff", "owner").agg(days=pl.col("day").n_unique(), reports=pl.len())
    back = days.rename({"staff": "owner", "owner": "staff", "days": "days_back"}).select("owner", "staff", "days_back")
    pairs = days.join(back, on=["staff", "owner"]).filter(pl.min_horizontal("days", "days_back") >= DAYS_EXCHANGED)
    judged = judged.join(pairs.select("staff", "owner", "days", "days_back"), on=["staff", "owner"], how="left")
    facts = {"days": pl.col("days"), "days_back": pl.col("days_back")}
    return asked(judged, pl.lit(value=True), pl.col("days").is_not_null(), **facts)


def _ask_shared(reports: pl.DataFrame) -> Asked:
    judged = _with_owner(reports).with_columns(people=pl.col("staff").n_unique().over("device"))
    return asked(judged, pl.lit(value=True), pl.col("people") > 1, people=pl.col("people"))


def _with_owner(reports: pl.DataFrame) -> pl.DataFrame:
    """Whose a phone is: of those who report from it the one with the most reports, the lower number where two have as many."""
    known = reports.filter(pl.col("device").is_not_null())
    counts = known.group_by("device", "staff").agg(count=pl.len())
    ordered = counts.sort("count", "staff", descending=[True, False])
    owners = ordered.unique("device", keep="first", maintain_order=True).select("device", owner="staff")
    return known.join(owners, on="device", how="left")


RULES = (
    Rule(
        "device_exchanged",
        1,
        HINT,
        DEVICES,
        "两人多日互换手机上报",
        "two people reported from each other's phone on several days",
        "不能证明代人上报：可能互相借用",
        "that one reported for the other: they may have lent each other a phone",
        _ask_exchanged,
        f"双方各至少 {DAYS_EXCHANGED} 天",
        f"{DAYS_EXCHANGED} days or more each way",
    ),
    Rule(
        "device_shared",
        1,
        HINT,
        DEVICES,
        "多个账号用同一部手机",
        "several people report from one phone",
        "不能证明任何不实：没有手机的人会共用",
        "that anything is untrue: who has no phone shares one",
        _ask_shared,
        "同一手机 2 人及以上",
        "two people or more",
        counts=False,
    ),
)
