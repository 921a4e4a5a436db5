"""Where the phone was, against where the customer lives and where it was before (pure). Only visits are asked."""

import polars as pl

from app.verification.rules.reports import IS_VISIT, metres
from app.verification.rules.rule import HINT, PLACES, Asked, Rule, asked

UNSAID_ACCURACY = 200.0  # metres, where a phone does not say
SURE = 2.0  # a phone's accuracy is one standard deviation or so; twice that holds 95 of 100
WALKING_ROUND = 100.0  # metres from the door to where a report is begun
FASTEST = 33.0  # metres a second, 120 km/h
CUSTOMERS_AT_ONE_PLACE = 4
ONE_PLACE = 4  # decimals of a degree, 11 metres

_LOCATED = IS_VISIT & pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null()
_ERROR = pl.col("accuracy").fill_null(UNSAID_ACCURACY) * SURE
_AWAY = metres(pl.col("latitude"), pl.col("longitude"), pl.col("home_latitude"), pl.col("home_longitude"))
_RADIUS = _ERROR + pl.col("home_error") + WALKING_ROUND


def _ask_distance(reports: pl.DataFrame) -> Asked:
    may = _LOCATED & pl.col("home_latitude").is_not_null() & pl.col("home_error").is_not_null()
    return asked(reports, may, _AWAY > _RADIUS, metres=_AWAY.round(0), error_metres=_RADIUS.round(0))


def _ask_shared(reports: pl.DataFrame) -> Asked:
    may = _LOCATED & pl.col("home_latitude").is_not_null() & pl.col("home_error").is_not_null()
    judged = reports.filter(may).with_columns(
        pl.col("latitude").round(ONE_PLACE).alias("at_latitude"), pl.col("longitude").round(ONE_PLACE).alias("at_longitude")
    )
    place = ["staff", "at_latitude", "at_longitude"]
    judged = judged.with_columns(
        customers=pl.col("customer").n_unique().over(place),
        typical=_AWAY.median().over(place),
        error=_RADIUS.median().over(place),
    )
    found = (pl.col("customers") >= CUSTOMERS_AT_ONE_PLACE) & (pl.col("typical") > pl.col("error"))
    facts = {"customers": pl.col("customers"), "metres": pl.col("typical").round(0), "error_metres": pl.col("error").round(0)}
    return asked(judged, pl.lit(value=True), found, **facts)


def _ask_mocked(reports: pl.DataFrame) -> Asked:
    return asked(reports, pl.col("mock").is_not_null(), pl.col("mock"), mock_location=pl.col("mock"))


def _ask_speed(reports: pl.DataFrame) -> Asked:
    return _too_fast(reports, "staff")


def _ask_phone(reports: pl.DataFrame) -> Asked:
    shared = pl.col("device").is_not_null() & (pl.col("staff").n_unique().over("device") > 1)
    return _too_fast(reports.filter(shared), "device")


def _too_fast(reports: pl.DataFrame, of: str) -> Asked:
    judged = _speeds(reports, of)
    facts = {"kmh": (pl.col("speed") * 3.6).round(0), "metres": pl.col("way").round(0), "seconds": pl.col("between").round(0)}
    return asked(judged, pl.lit(value=True), pl.col("speed") > FASTEST, **facts)


def _speeds(reports: pl.DataFrame, of: str) -> pl.DataFrame:
    """From each visit's place to the next of the same person or phone, at the least that both errors leave."""
    located = reports.filter(_LOCATED & ~pl.col("doubtful")).sort(of, "started")
    following = {name: pl.col(name).shift(-1).over(of) for name in ("latitude", "longitude", "started")}
    way = metres(pl.col("latitude"), pl.col("longitude"), following["latitude"], following["longitude"])
    error = _ERROR + _ERROR.shift(-1).over(of)
    moved = located.with_columns(way=(way - error).clip(0), between=(following["started"] - pl.col("started")).clip(1))
    known = moved.filter(pl.col("way").is_not_null())
    return known.select("row", "way", "between", speed=pl.col("way") / pl.col("between"))


RULES = (
    Rule(
        "visit_far",
        1,
        HINT,
        PLACES,
        "上门时手机离客户地址很远（已计入误差）",
        "at the visit the phone was further from the address than both errors allow",
        "不能证明没有上门：可能在别处见面，或事后补录",
        "that there was no visit: they may have met elsewhere, or it was written down later",
        _ask_distance,
        f"超出定位误差 × {SURE:g} + {WALKING_ROUND:g} 米",
        f"beyond {SURE:g} times the errors and {WALKING_ROUND:g} m",
        expected=0.01,
        alike=0.02,
    ),
    Rule(
        "place_shared",
        1,
        HINT,
        PLACES,
        "同一位置报告了多个住得远的客户",
        "visits to several customers who live elsewhere were reported from one spot",
        "不能证明没有上门：可能集中补录；同一栋楼不算",
        "that there were no visits: they may have been written down together; a tower block does not count",
        _ask_shared,
        f"同一处 {CUSTOMERS_AT_ONE_PLACE} 位客户及以上",
        f"{CUSTOMERS_AT_ONE_PLACE} customers or more at one spot",
    ),
    Rule(
        "place_mocked",
        1,
        HINT,
        PLACES,
        "手机说位置是模拟的",
        "the phone says that its position was made up by an app",
        "不能证明报告不实：也可能是其他软件所为",
        "that the report is untrue: another app may have done it",
        _ask_mocked,
        "手机自报",
        "as the phone says",
    ),
    Rule(
        "visit_too_fast",
        1,
        HINT,
        PLACES,
        "两次上门之间的速度不可能",
        "nobody gets from one visit to the next so fast",
        "不能证明哪一次不实：位置可能跳动",
        "which of the two is wrong: positions jump",
        _ask_speed,
        f"快于每小时 {FASTEST * 3.6:.0f} 公里",
        f"faster than {FASTEST * 3.6:.0f} km/h",
    ),
    Rule(
        "phone_too_fast",
        1,
        HINT,
        PLACES,
        "多人共用的手机不可能这么快到另一处",
        "a phone that several people use cannot have got to the next visit so fast",
        "不能证明谁的报告不实：账号可能先后登录",
        "whose report is wrong, nor that one is: who shares a phone may write things down later",
        _ask_phone,
        f"快于每小时 {FASTEST * 3.6:.0f} 公里",
        f"faster than {FASTEST * 3.6:.0f} km/h",
        counts=False,
    ),
)
